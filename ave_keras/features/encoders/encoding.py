"""Seconds of sound and picture to features."""

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding import video

# Seconds of frames that are held at a time: 16 frames of 224×224 a second are 2.4 MB.
BLOCK = 8


def encode(path, audio_encoder, visual_encoder, segments=None, *, silent=False, decoder="pyav"):
    """The features of one video.

    Args:
        path: of a video file or folder of pictures.
        audio_encoder: an `AudioEncoder`, or None to leave the sound out.
        visual_encoder: a `VisualEncoder`, or None to leave the picture out.
        segments: T; the whole seconds of the video, if not given. What is over is left out; what is missing is silence
            and the last picture.
        silent: takes silence where there is no sound track, instead of an error.
        decoder: of the sound, "pyav" or "tfio".

    Returns:
        `{"audio": (T, d), "visual": (T, h, w, c)}` float32, of the encoders that were given.

    Raises:
        AVEError: it cannot be decoded, or an encoder gives another shape than it says, NaN or Inf.

    Example:

    >>> encode("dog.mp4", audio_encoder("vggish", weights="random"), visual_encoder("vgg19"))["visual"].shape
    (10, 7, 7, 512)
    """
    segments = segments or video.segments_of(video.probe(path))
    sound, blocks = read(path, audio_encoder, visual_encoder, segments, silent=silent, decoder=decoder)
    return features(path, audio_encoder, visual_encoder, sound, blocks)


def read(path, audio_encoder, visual_encoder, segments, *, silent=False, decoder="pyav"):
    """What the encoders of `encode` are shown; only their `rate`, `size` and `frames_per_second` are looked at.

    Returns:
        `(T, rate)` float32 or None, and an iterator of `(t, n, H, W, 3)` uint8, `BLOCK` seconds or fewer at a time.
    """
    sound = None
    if audio_encoder is not None:
        rate = audio_encoder.rate
        sound = video.read_audio(path, segments, rate, silent=silent, decoder=decoder).reshape(segments, rate)
    return sound, _blocks(path, visual_encoder, segments) if visual_encoder is not None else ()


def features(path, audio_encoder, visual_encoder, sound, blocks):
    """The features that `encode` gives, of what `read` has read."""
    found = {}
    if audio_encoder is not None:
        found["audio"] = _checked(audio_encoder, audio_encoder(sound), (len(sound), audio_encoder.dim), path)
    if visual_encoder is not None:
        parts = [
            _checked(visual_encoder, visual_encoder(block), (len(block), *visual_encoder.shape), path)
            for block in blocks
        ]
        found["visual"] = np.concatenate(parts)
    return found


def _blocks(path, encoder, segments):
    n = encoder.frames_per_second
    frames = video.iter_frames(path, np.arange(segments * n) / n, encoder.size)
    for start in range(0, segments, BLOCK):
        length = min(BLOCK, segments - start)
        block = np.empty((length, n, *encoder.size, 3), "uint8")
        for row in block.reshape(length * n, *block.shape[2:]):
            row[...] = next(frames)
        yield block


def _checked(encoder, features, shape, path):
    features = np.asarray(features, "float32")
    if features.shape != tuple(shape):
        raise AVEError(f"encoder {encoder.name!r} broke its word", file=path, expected=shape, found=features.shape)
    if not np.isfinite(features).all():
        raise AVEError(f"encoder {encoder.name!r} gave NaN or Inf", file=path, fix="Look at its weights")
    return features
