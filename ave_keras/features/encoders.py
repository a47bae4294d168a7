"""What turns seconds of sound and picture into features: two small protocols, the encoders by name, any other one."""

import importlib
import inspect
from typing import Protocol, runtime_checkable

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features import decode

AUDIO = {"vggish": "ave_keras.features.vggish:VGGish"}
VISUAL = {"vgg19": "ave_keras.features.vgg19:VGG19", "c3d": "ave_keras.features.c3d:C3D"}
# Seconds of frames that are held at a time: 16 frames of 224×224 a second are 2.4 MB.
BLOCK = 8


@runtime_checkable
class AudioEncoder(Protocol):
    """Sound to features. Any object with these attributes will do.

    Attributes:
        name: for people and the manifest.
        dim: d, the size of a feature.
        rate: samples per second that it hears.
        weights: where its weights come from, a sentence.
    """

    name: str
    dim: int
    rate: int
    weights: str

    def __call__(self, waveform):
        """`(T, rate)` float32 in [-1, 1], a row per second, to `(T, dim)` float32."""


@runtime_checkable
class VisualEncoder(Protocol):
    """Pictures to features. Any object with these attributes will do.

    Attributes:
        name: for people and the manifest.
        shape: `(h, w, c)` of a feature.
        size: `(H, W)` that pictures are resized to.
        frames_per_second: n, pictures of a second, at its beginning and every 1/n after.
        weights: where its weights come from, a sentence.
    """

    name: str
    shape: tuple
    size: tuple
    frames_per_second: int
    weights: str

    def __call__(self, frames):
        """`(T, n, H, W, 3)` uint8, RGB, to `(T, h, w, c)` float32."""


def audio_encoder(name, **options):
    """An audio encoder.

    Args:
        name: "vggish", or `module:attribute` of your own: an encoder, or what makes one when called with `options`.
        options: such as `weights="vggish-10086976.pth"`, or `weights="random"`.

    Raises:
        AVEError: no such encoder or option, or it lacks an attribute of `AudioEncoder`.

    Example:

    >>> audio_encoder("vggish", weights="vggish-10086976.pth").dim
    128
    """
    return _made(name, AUDIO, AudioEncoder, options)


def visual_encoder(name, **options):
    """A visual encoder: "vgg19", "c3d", or `module:attribute` of your own; see `audio_encoder`."""
    return _made(name, VISUAL, VisualEncoder, options)


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
    segments = segments or decode.segments_of(decode.probe(path))
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
        sound = decode.read_audio(path, segments, rate, silent=silent, decoder=decoder).reshape(segments, rate)
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
    frames = decode.iter_frames(path, np.arange(segments * n) / n, encoder.size)
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


def _made(name, known, protocol, options):
    attribute = _attribute(known.get(name, name), name, known)
    if inspect.isclass(attribute) or not isinstance(attribute, protocol):
        try:
            inspect.signature(attribute).bind(**options)
        except TypeError as error:
            raise AVEError(f"encoder {name!r} cannot be made", found=f"{error}, of {options}") from error
        attribute = attribute(**options)
    elif options:
        raise AVEError(f"encoder {name!r} is made already", expected="no options", found=options)
    lacking = [key for key in protocol.__annotations__ if not hasattr(attribute, key)]
    if lacking or not callable(attribute):
        raise AVEError(f"not an encoder: {name!r}", expected=protocol.__name__, found=f"no {', '.join(lacking)}")
    return attribute


def _attribute(target, name, known):
    module, _, attribute = target.partition(":")
    if not attribute:
        raise AVEError(
            "unknown encoder", expected=f"one of {list(known)}, or module:attribute of your own", found=repr(name)
        )
    try:
        return getattr(importlib.import_module(module), attribute)
    except ModuleNotFoundError as error:
        raise AVEError(
            f"encoder {name!r} not found", found=str(error), fix="Run where Python finds the module, or set PYTHONPATH"
        ) from error
    except AttributeError as error:
        raise AVEError(f"encoder {name!r} not found", found=str(error)) from error
