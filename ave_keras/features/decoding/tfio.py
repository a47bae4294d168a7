"""tensorflow-io in the place of PyAV: sound from wav and flac, resampling, and the mel front end.

Its last release, 0.37.1, loads with TensorFlow 2.16 and 2.17 only, so all of it is optional and nothing else needs it.
"""

import math
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.features.encoders.log_mel import BANDS, FFT, FRAME, HIGHEST, HOP, LOWEST, RATE
from ave_keras.runtime.packages import require

SUFFIXES = (".wav", ".flac")


def available():
    """Whether tensorflow-io is installed and its library loads."""
    try:
        return bool(_audio())
    except AVEError:
        return False


def decode_sound(path, rate):
    """The sound of a wav or flac file, mixed to one channel by the mean, `(n,)` float32 in [-1, 1].

    Args:
        path: the file.
        rate: samples per second of the result.

    Raises:
        AVEError: tensorflow-io does not load, another kind of file, or a damaged one.
    """
    import tensorflow as tf

    path, audio = Path(path), _audio()
    if not path.is_file():
        raise AVEError("no such file", file=path)
    if path.suffix.lower() not in SUFFIXES:
        raise AVEError(
            "tensorflow-io decodes wav and flac only",
            file=path,
            found=repr(path.suffix),
            fix="Leave the decoder at pyav, or give a folder of pictures with a wav file",
        )
    try:
        loaded = audio.AudioIOTensor(str(path))
        samples, source = loaded.to_tensor(), int(loaded.rate)
    except (tf.errors.OpError, ValueError) as error:
        raise AVEError("not a sound that can be read", file=path, found=str(error).splitlines()[0]) from error
    values = samples.numpy()
    # Integers come as they are stored, 24 bits in the upper part of 32.
    full = float(2 ** (8 * values.dtype.itemsize - 1)) if values.dtype.kind == "i" else 1.0
    mono = np.float32(values / full).mean(axis=1)
    return mono if source == rate else resample(mono, source, rate)


def resample(sound, source, rate):
    """Changes the rate of a sound `(n,)` float32 from `source` to `rate` samples per second, without delay.

    Its filter comes late by half its length; silence before and behind the sound makes that a whole number of samples
    of the result, which are dropped.
    """
    late = _delay(source, rate)
    step = source // math.gcd(source, rate)
    before = -late % step
    padded = np.pad(sound, (before, late + step))
    found = _audio().resample(padded[:, None], source, rate).numpy()[:, 0]
    return found[(late + before) * rate // source :][: round(len(sound) * rate / source)]


def log_mel(waveform, offset=0.01):
    """`features.log_mel.log_mel` by tensorflow-io, `(samples,)` to `(frames, 64)` float32.

    Its spectrogram pads the end; the frames that this adds are cut off again.
    """
    import tensorflow as tf

    audio = _audio()
    spectrum = audio.spectrogram(waveform, nfft=FFT, window=FRAME, stride=HOP)[: 1 + (len(waveform) - FRAME) // HOP]
    mel = audio.melscale(spectrum, rate=RATE, mels=BANDS, fmin=LOWEST, fmax=HIGHEST)
    return tf.math.log(mel + offset).numpy()


def _delay(source, rate):
    """Samples of the source by which the filter of Speex, of 64 points or more, comes late."""
    points = 64 * max(source, rate) // rate
    return ((points - 1) // 8 * 8 + 8) // 2


def _audio():
    require("tensorflow", "tfio")
    return require("tensorflow_io", "tfio").audio
