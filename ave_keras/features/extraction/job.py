"""The work for each video, independent of where it runs."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.encoders import encoding, registry

if TYPE_CHECKING:
    from ave_keras.features.extraction.parts import Parts


class Job:
    """Decodes and encodes videos. It is sent to other processes, which create the encoders.

    Args:
        audio: The `(name, options)` of the audio encoder.
        visual: The same for the visual encoder.
        parts: The `Parts` to write.
        segments: T.
        dtype: The dtype of the features on disk.
        sound: The options `silent`, `decoder` and `downmix` of `encode`.
    """

    def __init__(
        self,
        audio: tuple[str, dict],
        visual: tuple[str, dict],
        parts: Parts,
        segments: int,
        dtype: str,
        sound: dict[str, Any],
    ):
        self.audio, self.visual, self.parts, self.segments = audio, visual, parts, segments
        self.dtype, self.sound = dtype, sound

    def start(self) -> Job:
        """Creates the encoders."""
        name, options = self.audio
        self._audio = registry.audio_encoder(name, **options)
        name, options = self.visual
        self._visual = registry.visual_encoder(name, **options)
        return self

    def input_specs(self) -> tuple[SimpleNamespace, SimpleNamespace]:
        """Stand-ins for the two encoders with the attributes that `decode` reads, for processes without encoders."""
        visual = SimpleNamespace(size=tuple(self._visual.size), frames_per_second=self._visual.frames_per_second)
        return SimpleNamespace(rate=self._audio.rate), visual

    def decode(self, path: str | Path, audio: Any, visual: Any) -> tuple[np.ndarray | None, Iterable[np.ndarray]]:
        """Sound and blocks of pictures, see `encoding.read`; takes encoders or `input_specs`."""
        return encoding.read(path, audio, visual, self.segments, **self.sound)

    def encode(self, path: str | Path, sound: np.ndarray | None, blocks: Iterable[np.ndarray]) -> dict[str, np.ndarray]:
        """Encodes the result of `decode` to `{"audio", "visual"}`, in the dtype on disk."""
        features = encoding.features(path, self._audio, self._visual, sound, blocks)
        with np.errstate(over="ignore"):
            features = {key: value.astype(self.dtype) for key, value in features.items()}
        if not all(np.isfinite(value).all() for value in features.values()):
            raise AVEError("a feature overflows float16", file=path, fix="Use --dtype float32")
        return features

    def __call__(self, path: str | Path, digest: str) -> str | None:
        """Encodes a video and writes its part; returns None or the reason for failure."""

        def decode_and_encode():
            self.parts.write(digest, self.encode(path, *self.decode(path, self._audio, self._visual)))

        return attempt(path, decode_and_encode)[1]


def attempt(path: str | Path, call: Callable[[], Any]) -> tuple[Any, str | None]:
    """Runs a call for a video; returns `(result, None)` or `(None, reason for failure)`."""
    try:
        return call(), None
    except AVEError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{path}: {''.join(traceback.format_exception_only(error)).strip()}"


def crash_reason(path: str | Path) -> str:
    """The reason for failure of a video that crashed its process."""
    return f"{path}: its worker process crashed"
