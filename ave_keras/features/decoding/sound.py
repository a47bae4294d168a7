"""A sound track as one channel of samples, placed by its timestamps."""

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding.containers import frames, opened
from ave_keras.runtime.packages import require

# Timestamps of sound are rounded and drift by some samples; only a real gap, in seconds, moves what follows.
GAP = 0.05


def decode_sound(path, rate, samples, decoder="pyav"):
    """Decodes, mixes to one channel by the mean of all, and resamples.

    Args:
        path: the file.
        rate: samples per second of the result.
        samples: how many are needed; what lies behind them may be left out.
        decoder: "pyav" or "tfio".

    Returns:
        `(n,)` float32, or None where the file has no sound track.

    Raises:
        AVEError: it cannot be read, or no such decoder.
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


def resample(sound, source, rate):
    """Changes the rate of a sound `(n,)` float32 by FFmpeg's resampler, from `source` to `rate` samples per second."""
    if not len(sound):
        return sound
    av = require("av", "video")
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound[None], "float32"), format="fltp", layout="mono")
    frame.sample_rate = source
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=rate)
    parts = [*resampler.resample(frame), *resampler.resample(None)]
    return np.concatenate([part.to_ndarray()[0] for part in parts]) if parts else sound[:0]


def _mono(container, stream, seconds):
    """`((n,) float32, rate)` from the container's beginning to a little behind `seconds`."""
    av = require("av", "video")
    rate = stream.rate
    # FFmpeg's own mixing of two channels to one would make them louder; the layout stays and the mean is taken here.
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
