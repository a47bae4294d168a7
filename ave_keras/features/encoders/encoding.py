"""Encodes a video as features, one per second of sound and pictures."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding import video

if TYPE_CHECKING:
    from ave_keras.features.encoders.protocols import AudioEncoder, VisualEncoder

# Seconds of frames in memory at a time; a second of 16 frames of 224×224 takes 2.4 MB.
BLOCK = 8


def encode(
    path: str | Path,
    audio_encoder: AudioEncoder | None,
    visual_encoder: VisualEncoder | None,
    segments: int | None = None,
    *,
    silent: bool = False,
    decoder: str = "pyav",
    downmix: str = "mean",
) -> dict[str, np.ndarray]:
    """Encodes one video.

    Args:
        path: The video file or folder of pictures.
        audio_encoder: The `AudioEncoder`, or None for no audio features.
        visual_encoder: The `VisualEncoder`, or None for no visual features.
        segments: T. By default the duration of the video in whole seconds. Longer videos are cut; shorter ones are
            padded with silence and the last picture.
        silent: Whether to use silence if there is no sound track, instead of an error.
        decoder: The sound decoder, "pyav" or "tfio".
        downmix: How several channels of sound become one, "mean", "left", "right" or "loudest", see `read_audio`.

    Returns:
        `{"audio": (T, d), "visual": (T, h, w, c)}` float32, without the key of an encoder that is None.

    Raises:
        AVEError: The video cannot be decoded, or an encoder returns the wrong shape, NaN or Inf.

    Example:

    >>> encode("dog.mp4", audio_encoder("vggish", weights="random"), visual_encoder("vgg19"))["visual"].shape
    (10, 7, 7, 512)
    """
    segments = segments or video.segments_of(video.probe(path))
    options = {"silent": silent, "decoder": decoder, "downmix": downmix}
    sound, blocks = read(path, audio_encoder, visual_encoder, segments, **options)
    return features(path, audio_encoder, visual_encoder, sound, blocks)


def read(
    path: str | Path,
    audio_encoder: AudioEncoder | None,
    visual_encoder: VisualEncoder | None,
    segments: int,
    **options: Any,
) -> tuple[np.ndarray | None, Iterable[np.ndarray]]:
    """Decodes the inputs of the encoders; uses only their `rate`, `size` and `frames_per_second`.

    Args:
        path: The video file or folder of pictures.
        audio_encoder: The `AudioEncoder`, or None.
        visual_encoder: The `VisualEncoder`, or None.
        segments: T.
        options: `silent`, `decoder` and `downmix` of `read_audio`.

    Returns:
        `(T, rate)` float32 or None, and an iterator of `(t, n, H, W, 3)` uint8, `BLOCK` seconds or fewer at a time.
    """
    sound = None
    if audio_encoder is not None:
        rate = audio_encoder.rate
        sound = video.read_audio(path, segments, rate, **options).reshape(segments, rate)
    return sound, _blocks(path, visual_encoder, segments) if visual_encoder is not None else ()


def features(
    path: str | Path,
    audio_encoder: AudioEncoder | None,
    visual_encoder: VisualEncoder | None,
    sound: np.ndarray | None,
    blocks: Iterable[np.ndarray],
) -> dict[str, np.ndarray]:
    """Encodes the result of `read`; returns the same as `encode`."""
    result = {}
    if audio_encoder is not None and sound is not None:
        result["audio"] = _checked(audio_encoder, audio_encoder(sound), (len(sound), audio_encoder.dim), path)
    if visual_encoder is not None:
        parts = [
            _checked(visual_encoder, visual_encoder(block), (len(block), *visual_encoder.shape), path)
            for block in blocks
        ]
        result["visual"] = np.concatenate(parts)
    return result


def _blocks(path, encoder, segments):
    n = encoder.frames_per_second
    frames = video.iter_frames(path, np.arange(segments * n) / n, encoder.size)
    for start in range(0, segments, BLOCK):
        length = min(BLOCK, segments - start)
        block = np.empty((length, n, *encoder.size, 3), "uint8")
        for row in block.reshape(length * n, *block.shape[2:]):
            row[...] = next(frames)
        yield block
    # After its last frame, the decoder says what was damaged.
    next(frames, None)


def _checked(encoder, features, shape, path):
    features = np.asarray(features, "float32")
    if features.shape != tuple(shape):
        raise AVEError(
            f"encoder {encoder.name!r} returned the wrong shape", file=path, expected=shape, found=features.shape
        )
    if not np.isfinite(features).all():
        raise AVEError(f"encoder {encoder.name!r} returned NaN or Inf", file=path, fix="Check its weights")
    return features
