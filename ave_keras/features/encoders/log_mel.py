"""The log-mel front end of VGGish in `keras.ops`, without a sound library."""

from typing import Any

import numpy as np
from keras import ops

RATE = 16000
FRAME, HOP, FFT = 400, 160, 512
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
#: Frames of a patch, the network's input for each second.
PATCH = 96


def mel_weights(
    bands: int = BANDS, bins: int = FFT // 2 + 1, rate: int = RATE, lowest: float = LOWEST, highest: float = HIGHEST
) -> np.ndarray:
    """Triangular weights of HTK's mel scale, `mel = 1127 · ln(1 + f / 700)`.

    Args:
        bands: The number of bands; their edges are evenly spaced on the mel scale.
        bins: The number of bins of the spectrum, from 0 Hz to half of `rate`.
        rate: Samples per second.
        lowest: The lower edge of the first band, in Hz.
        highest: The upper edge of the last band, in Hz.

    Returns:
        `(bins, bands)` float32; the weights at 0 Hz are 0.
    """
    mels = _mel(np.linspace(0, rate / 2, bins))[:, None]
    edges = np.linspace(_mel(lowest), _mel(highest), bands + 2)
    rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    return weights.astype("float32")


def spectrogram(waveform: Any, frame: int = FRAME, hop: int = HOP, fft: int = FFT) -> Any:
    """Magnitudes of the short-time Fourier transform with a periodic Hann window; the end is not padded.

    Args:
        waveform: `(…, samples)` float32.
        frame: The length of the window in samples.
        hop: The samples from one window to the next.
        fft: The points of the transform; the windows are padded with zeros.

    Returns:
        `(…, 1 + (samples - frame) // hop, fft // 2 + 1)` float32.
    """
    count = 1 + (waveform.shape[-1] - frame) // hop
    places = np.arange(count)[:, None] * hop + np.arange(frame)
    window = np.float32(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame))
    windowed = ops.take(waveform, places, axis=-1) * ops.convert_to_tensor(window)
    real, imaginary = ops.rfft(windowed, fft)
    return ops.sqrt(ops.square(real) + ops.square(imaginary))


def log_mel(waveform: Any, offset: float = 0.01) -> Any:
    """Logarithm of the mel spectrogram, `ln(|STFT| · mel + offset)`.

    Args:
        waveform: `(…, samples)` float32 at 16 kHz, in [-1, 1].
        offset: The offset that keeps silence finite; 0.01 for VGGish, 0.001 for YAMNet.

    Returns:
        `(…, frames, 64)` float32, 98 frames per second. On recorded sound it is within 1e-4 of float64; for a loud pure
        tone over digital silence, where the float32 transform loses precision, within 1e-3.

    Example:

    >>> log_mel(np.zeros((10, 16000), "float32")).shape
    (10, 98, 64)

    Reference:
        Hershey et al., CNN Architectures for Large-Scale Audio Classification, ICASSP 2017, Sec. 3.
    """
    weights = ops.convert_to_tensor(mel_weights())
    return ops.log(ops.matmul(spectrogram(ops.cast(waveform, "float32")), weights) + offset)


def patches(waveform: Any, offset: float = 0.01) -> Any:
    """The patch of each second: the first 96 of its 98 frames, as in the AVE features.

    Args:
        waveform: `(T, 16000)` float32.
        offset: See `log_mel`.

    Returns:
        `(T, 96, 64)` float32.
    """
    return log_mel(waveform, offset)[..., :PATCH, :]


def _mel(hertz):
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)
