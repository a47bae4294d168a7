"""Decodes a sound track to one channel of samples, placed by their timestamps."""

from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.decoding.containers import opened
from ave_keras.features.decoding.downmix import Mixer
from ave_keras.features.decoding.frames import Frames
from ave_keras.features.decoding.tracks import tracks_of
from ave_keras.runtime.packages import require

# Timestamps of sound are rounded and jitter. Only a gap of half a frame shifts the sound, as losing one leaves a whole
# one, or a gap of this many seconds.
GAP = 0.05
# Seconds to decode after the last one needed, for resampling.
TAIL = 0.1


def decode_sound(
    path: str | Path, rate: int, samples: int, decoder: str = "pyav", downmix: str = "mean"
) -> np.ndarray | None:
    """Decodes the default sound track to one channel and resamples it.

    Args:
        path: The file to read.
        rate: Samples per second of the result.
        samples: The number of samples needed; the result may stop after them.
        decoder: "pyav" or "tfio".
        downmix: See `downmix.Mixer`.

    Returns:
        `(n,)` float32, or None if the file has no sound track.

    Raises:
        AVEError: The file cannot be read, too much of it is damaged, or the decoder is unknown.

    Warns:
        UserWarning: A part is damaged, there are several sound tracks, or the channels cancel out.
    """
    if decoder == "tfio":
        from ave_keras.features.decoding import tfio

        return tfio.decode_sound(path, rate, downmix)
    if decoder != "pyav":
        raise AVEError("unknown decoder", key="decoder", expected="pyav or tfio", found=repr(decoder))
    with opened(path) as container:
        if "audio" not in tracks_of(container):
            return None
        frames, mixer = Frames(container, "audio"), Mixer(downmix)
        source = _place(frames, mixer, samples / rate)
        frames.report()
    sound = mixer.mixed(path)
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


def _place(frames, mixer, seconds):
    """Adds the sound from the container's start to a little after `seconds`, with silence in gaps; returns the rate."""
    av = require("av", "video")
    # The header of MPEG-TS has no rate.
    rate, length, converters = frames.stream.rate, 0, {}
    for time, frame in frames:
        if time > seconds + TAIL:
            break
        rate = rate or frame.sample_rate
        # Resamplers take frames of one kind; the layout stays, because FFmpeg's downmix would be louder than the mean.
        kind = frame.format.name, frame.layout.name, frame.sample_rate
        if kind not in converters:
            converters[kind] = av.AudioResampler(format="flt", rate=rate)
        start = round(time * rate)
        for converted in converters[kind].resample(frame):
            # Packed, because PyAV cannot read the planes of more than eight channels.
            sound = converted.to_ndarray().reshape(-1, converted.layout.nb_channels).T
            gap = start - length
            if not length or abs(gap) > min(GAP * rate, sound.shape[1] / 2):
                sound = np.pad(sound, ((0, 0), (gap, 0))) if gap > 0 else sound[:, -gap:]
            mixer.add(sound)
            length += sound.shape[1]
            start = length
    return rate
