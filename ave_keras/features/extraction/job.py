"""What has to be done to each video, wherever it is done."""

import traceback
from types import SimpleNamespace

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.encoders import encoding, registry


class Job:
    """What has to be done to each video; it travels to other processes, where the encoders are made.

    Args:
        audio: `(name, options)` of the audio encoder.
        visual: of the visual encoder.
        parts: the `Parts` to write.
        segments: T.
        dtype: of the features on disk.
        silent: see `encode`.
        decoder: see `encode`.
    """

    def __init__(self, audio, visual, parts, segments, dtype, silent, decoder):
        self.audio, self.visual, self.parts, self.segments = audio, visual, parts, segments
        self.dtype, self.silent, self.decoder = dtype, silent, decoder

    def start(self):
        """Makes the encoders."""
        name, options = self.audio
        self._audio = registry.audio_encoder(name, **options)
        name, options = self.visual
        self._visual = registry.visual_encoder(name, **options)
        return self

    def needs(self):
        """What `decode` must know of the two encoders: light, for processes that have none."""
        visual = SimpleNamespace(size=tuple(self._visual.size), frames_per_second=self._visual.frames_per_second)
        return SimpleNamespace(rate=self._audio.rate), visual

    def decode(self, path, audio, visual):
        """Sound and blocks of pictures, see `encoding.read`, for encoders or what `needs` gives."""
        return encoding.read(path, audio, visual, self.segments, silent=self.silent, decoder=self.decoder)

    def encode(self, path, sound, blocks):
        """`{"audio", "visual"}` of what `decode` gave, in the type of the disk."""
        made = encoding.features(path, self._audio, self._visual, sound, blocks)
        with np.errstate(over="ignore"):
            made = {key: value.astype(self.dtype) for key, value in made.items()}
        if not all(np.isfinite(value).all() for value in made.values()):
            raise AVEError("a feature does not fit float16", file=path, fix="Use --dtype float32")
        return made

    def __call__(self, path, digest):
        """Encodes a video into its part; returns None, or the reason why not."""

        def whole():
            self.parts.write(digest, self.encode(path, *self.decode(path, self._audio, self._visual)))

        return attempt(path, whole)[1]


def attempt(path, call):
    """What a call for a video gives, and None; or None, and the reason why it failed."""
    try:
        return call(), None
    except AVEError as error:
        return None, str(error)
    except Exception as error:
        return None, f"{path}: {''.join(traceback.format_exception_only(error)).strip()}"


def died(path):
    """The reason of a video that took its process down."""
    return f"{path}: the process that read it died"
