"""An alternative to PyAV with tensorflow-io: decoding wav and flac, resampling, and the mel front end.

The last release, 0.37.1, loads only with TensorFlow 2.16 and 2.17, so this module is optional.
"""

import math
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.features.decoding.downmix import Mixer
from ave_keras.features.encoders.log_mel import BANDS, FFT, FRAME, HIGHEST, HOP, LOWEST, RATE
from ave_keras.runtime.packages import require

SUFFIXES = (".wav", ".flac")


def available() -> bool:
    """Whether tensorflow-io is installed and loads."""
    try:
        return bool(_audio())
    except AVEError:
        return False


def decode_sound(path: str | Path, rate: int, downmix: str = "mean") -> np.ndarray:
    """Decodes a wav or flac file to one channel, `(n,)` float32 in [-1, 1].

    Args:
        path: The file to read.
        rate: Samples per second of the result.
        downmix: See `downmix.Mixer`.

    Raises:
        AVEError: Tensorflow-io does not load, or the file is of another kind or damaged.
    """
    import tensorflow as tf

    path, audio = Path(path), _audio()
    if not path.is_file():
        raise AVEError("file not found", file=path)
    if path.suffix.lower() not in SUFFIXES:
        raise AVEError(
            "tensorflow-io decodes only wav and flac",
            file=path,
            found=repr(path.suffix),
            fix="Use the decoder pyav, or a folder of pictures with a wav file",
        )
    try:
        loaded = audio.AudioIOTensor(str(path))
        samples, source = loaded.to_tensor(), int(loaded.rate)
    except (tf.errors.OpError, ValueError) as error:
        raise AVEError("unreadable sound file", file=path, found=first_line(error)) from error
    values = samples.numpy()
    # Integers keep their stored scale; 24-bit samples fill the upper bits of 32.
    full = float(2 ** (8 * values.dtype.itemsize - 1)) if values.dtype.kind == "i" else 1.0
    mixer = Mixer(downmix)
    mixer.add((values / full).astype("float32").T)
    mono = mixer.mixed(path)
    return mono if source == rate else resample(mono, source, rate)


def resample(sound: np.ndarray, source: int, rate: int) -> np.ndarray:
    """Resamples a sound `(n,)` float32 from `source` to `rate` samples per second, without delay.

    The filter delays the sound by half its length. Padding with silence makes the delay a whole number of output
    samples, which are dropped.
    """
    delay = _delay(source, rate)
    step = source // math.gcd(source, rate)
    before = -delay % step
    padded = np.pad(sound, (before, delay + step))
    resampled = _audio().resample(padded[:, None], source, rate).numpy()[:, 0]
    return resampled[(delay + before) * rate // source :][: round(len(sound) * rate / source)]


def log_mel(waveform: np.ndarray, offset: float = 0.01) -> np.ndarray:
    """`encoders.log_mel.log_mel` with tensorflow-io, `(samples,)` to `(frames, 64)` float32.

    Its spectrogram pads the end; the extra frames are dropped.
    """
    import tensorflow as tf

    audio = _audio()
    spectrum = audio.spectrogram(waveform, nfft=FFT, window=FRAME, stride=HOP)[: 1 + (len(waveform) - FRAME) // HOP]
    mel = audio.melscale(spectrum, rate=RATE, mels=BANDS, fmin=LOWEST, fmax=HIGHEST)
    return tf.math.log(mel + offset).numpy()


def _delay(source, rate):
    """The delay of the Speex resampling filter, of 64 points or more, in source samples."""
    points = 64 * max(source, rate) // rate
    return ((points - 1) // 8 * 8 + 8) // 2


def _audio():
    require("tensorflow", "tfio")
    return require("tensorflow_io", "tfio").audio
