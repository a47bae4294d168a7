"""Writes films: H.264 and AAC in MP4."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.films.made.sounds import RATE
from ave_keras.runtime.packages import require

# The same pictures give the same bytes with one thread, and without the macroblock tree of x264, whose result depends
# on what is in memory beside small pictures.
VIDEO = {"crf": "18", "preset": "veryfast", "threads": "1", "x264-params": "mbtree=0"}
# How the error for a full disk begins; worker processes return errors as text.
UNWRITABLE = "cannot write the film"
AUDIO, BITRATE = {"aac_coder": "fast"}, 128_000


def write_film(path: str | Path, frames: Iterable[np.ndarray], sound: np.ndarray, fps: int) -> None:
    """Writes a film, which appears under its name only when it is complete.

    Args:
        path: The file, `.mp4`.
        frames: `(height, width, 3)` uint8 each, with even sides.
        sound: `(samples,)` float32 in [-1, 1] at `RATE`.
        fps: Frames per second.

    Raises:
        AVEError: PyAV is not installed, or the file cannot be written.
    """
    require("av", "video")
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.mp4")
    try:
        _write(temporary, frames, sound, fps)
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise unwritable(path, error) from error
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def unwritable(path: Path, error: OSError) -> AVEError:
    """The error for a film that cannot be written, which ends the work on all of them."""
    fix = "Free some space, or choose another folder, and run the same command again; finished films are kept"
    return AVEError(UNWRITABLE, file=path, found=error.strerror or error, fix=fix)


def _write(path, frames, sound, fps):
    import av

    with av.open(str(path), "w", format="mp4", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=fps, options=VIDEO)
        audio = container.add_stream("aac", rate=RATE, layout="mono", options=AUDIO)
        audio.bit_rate = BITRATE
        for number, pixels in enumerate(frames):
            if not number:
                (video.height, video.width), video.pix_fmt = pixels.shape[:2], "yuv420p"
            container.mux(video.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(pixels), "rgb24")))
        container.mux(video.encode())
        block = av.AudioFrame.from_ndarray(sound[None].astype("float32"), "fltp", "mono")
        block.sample_rate = RATE
        container.mux(audio.encode(block))
        container.mux(audio.encode())
