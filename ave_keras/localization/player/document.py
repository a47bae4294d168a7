"""Renders video, predictions and the files of the player into one HTML page."""

from __future__ import annotations

import base64
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from matplotlib import colormaps, image

from ave_keras.features.decoding import sequence
from ave_keras.plots.colors import ATTENTION, class_colors

if TYPE_CHECKING:
    from ave_keras.localization.result import Localization

FILES = Path(__file__).parent
# Browsers go by the media type. They play most QuickTime files, but not under their own type.
KINDS = {".webm": "video/webm", ".mkv": "video/webm", ".ogv": "video/ogg", ".wav": "audio/wav", ".mp3": "audio/mpeg"}
KINDS |= {".flac": "audio/flac", ".ogg": "audio/ogg"}
# A larger video would make the page slow to open; the page then shows one picture per second instead.
LARGEST = 64 << 20


def page(found: Localization, frames: np.ndarray) -> str:
    """A page with the video, the timeline of events, the attention over the picture, and the confidence of each class.

    Args:
        found: The result to show.
        frames: `(T, H, W, 3)` uint8, one picture per second, shown if the video itself cannot be played.

    Returns:
        The HTML text. It is self-contained, and its content security policy forbids loading anything else.
    """
    media, notes = _media(found.video), list(found.notes)
    if media is None and found.video.is_file():
        notes.append(f"the video is larger than {LARGEST >> 20} MB; the page shows one picture per second instead")
    data = {
        **found.to_dict(),
        "notes": notes,
        "colors": class_colors([*(found.truth or ()), *found.classes, *found.class_names], found.class_names[-1]),
        "frames": [_uri("image/jpeg", _jpeg(frame)) for frame in frames],
        "size": [frames.shape[2], frames.shape[1]],
        "colormap": (colormaps[ATTENTION](range(256), bytes=True)[:, :3]).tolist(),
    }
    environment = Environment(loader=FileSystemLoader(FILES), autoescape=True, undefined=StrictUndefined)
    return environment.get_template("player.html").render(
        title=f"{found.video.name} · {found.model}",
        style=_own("player.css"),
        script=_own("player.js"),
        media=media,
        # A class name may contain "</script>".
        data=Markup(json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")),
    )


def _own(name):
    """A file of the player, included without escaping."""
    return Markup((FILES / name).read_text(encoding="utf-8"))


def _media(video):
    file = sequence.sound_of(video) if video.is_dir() else video
    if file is None or file.stat().st_size > LARGEST:
        return None
    return _uri(KINDS.get(file.suffix.lower(), "video/mp4"), file.read_bytes())


def _uri(kind, content):
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


def _jpeg(frame):
    text = io.BytesIO()
    image.imsave(text, frame, format="jpeg", pil_kwargs={"quality": 80})
    return text.getvalue()
