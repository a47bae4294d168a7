"""Decodes a sound track to one channel of samples, placed by their timestamps."""

from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding.containers import frames, opened
from ave_keras.runtime.packages import require

# Sound timestamps are rounded and drift by some samples; only gaps longer than this, in seconds, shift the sound.
GAP = 0.05


def decode_sound(path: str | Path, rate: int, samples: int, decoder: str = "pyav") -> np.ndarray | None:
    """Decodes a sound track, averages its channels and resamples it.

    Args:
        path: The file to read.
        rate: Samples per second of the result.
        samples: The number of samples needed; the result may stop after them.
        decoder: "pyav" or "tfio".

    Returns:
        `(n,)` float32, or None if the file has no sound track.

    Raises:
        AVEError: The file cannot be read, or the decoder is unknown.
    """
    if decoder == "tfio":
        from ave_keras.features.decoding import tfio

        return tfio.decode_sound(path, rate)
    if decoder != "pyav":
        raise AVEError("unknown decoder", key="decoder", expected="pyav or tfio", found=repr(decoder))
    with opened(path) as container:
        if not container.streams.audio:
            return None
        sound, source = _mono(container, container.streams.audio[0], samples / rate)
    return sound if source == rate else resample(sound, source, rate)


def resample(sound: np.ndarray, source: int, rate: int) -> np.ndarray:
    """Resamples a sound `(n,)` float32 from `source` to `rate` samples per second, with FFmpeg."""
    if not len(sound):
        return sound
    av = require("av", "video")
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None], "float32"), format="fltp", layout="mono")
    frame.sample_rate = source
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts]) if parts else sound[:0]


def _mono(container, stream, seconds):
    """`((n,) float32, rate)` from the start of the container to a little after `seconds`."""
    av = require("av", "video")
    rate = stream.rate
    # FFmpeg's downmix would be louder than the mean, so the layout stays and the mean is taken here.
    convert = av.AudioResampler(format="fltp", rate=rate)
    parts, length = [], 0
    for time, frame in frames(container, stream):
        start = round(time * rate)
        for converted in convert.resample(frame):
            mono = converted.to_ndarray().mean(axis=0, dtype="float32")
            if start - length > GAP * rate:
                mono = np.concatenate([np.zeros(start - length, "float32"), mono])
            elif length - start > GAP * rate:
                mono = mono[length - start :]
            parts.append(mono)
            length += len(mono)
            start = length
        if time > seconds + 1:
            break
    return np.concatenate(parts) if parts else np.zeros(0, "float32"), rate
