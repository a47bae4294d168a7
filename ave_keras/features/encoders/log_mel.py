"""The log-mel front end of VGGish, of `keras.ops`, without a dependency on any sound library."""

import numpy as np
from keras import ops

RATE = 16000
FRAME, HOP, FFT = 400, 160, 512
BANDS, LOWEST, HIGHEST = 64, 125.0, 7500.0
#: Frames of a patch, what the network sees of a second.
PATCH = 96


def mel_weights(bands=BANDS, bins=FFT // 2 + 1, rate=RATE, lowest=LOWEST, highest=HIGHEST):
    """Triangular weights of HTK's mel scale, `mel = 1127 · ln(1 + f / 700)`.

    Args:
        bands: number of bands, whose edges lie evenly on the mel scale.
        bins: of the spectrum, from 0 Hz to half of `rate`.
        rate: samples per second.
        lowest: Hz, where the first band begins.
        highest: Hz, where the last one ends.

    Returns:
        `(bins, bands)` float32; the weights of 0 Hz are 0.
    """
    mels = _mel(np.linspace(0, rate / 2, bins))[:, None]
    edges = np.linspace(_mel(lowest), _mel(highest), bands + 2)
    rising = (mels - edges[:-2]) / (edges[1:-1] - edges[:-2])
    falling = (edges[2:] - mels) / (edges[2:] - edges[1:-1])
    weights = np.maximum(0, np.minimum(rising, falling))
    weights[0] = 0
    return np.float32(weights)


def spectrogram(waveform, frame=FRAME, hop=HOP, fft=FFT):
    """Magnitudes of the short-time Fourier transform with a periodic Hann window; the end is not padded.

    Args:
        waveform: `(…, samples)` float32.
        frame: samples of the window.
        hop: samples from one to the next.
        fft: points of the transform, the rest of which is zero.

    Returns:
        `(…, 1 + (samples - frame) // hop, fft // 2 + 1)` float32.
    """
    count = 1 + (waveform.shape[-1] - frame) // hop
    places = np.arange(count)[:, None] * hop + np.arange(frame)
    window = np.float32(0.5 - 0.5 * np.cos(2 * np.pi * np.arange(frame) / frame))
    windowed = ops.take(waveform, places, axis=-1) * ops.convert_to_tensor(window)
    real, imaginary = ops.rfft(windowed, fft)
    return ops.sqrt(ops.square(real) + ops.square(imaginary))


def log_mel(waveform, offset=0.01):
    """Logarithm of the mel spectrogram, `ln(|STFT| · mel + offset)`.

    Args:
        waveform: `(…, samples)` float32 at 16 kHz, in [-1, 1].
        offset: keeps silence finite; 0.01 for VGGish, 0.001 for YAMNet.

    Returns:
        `(…, frames, 64)` float32; 98 frames a second. Within 1e-4 of float64 on recorded sound; a loud pure tone over
        digital silence, where float32's transform itself gives out, within 1e-3.

    Example:

    >>> log_mel(np.zeros((10, 16000), "float32")).shape
    (10, 98, 64)

    Reference:
        Hershey et al., CNN Architectures for Large-Scale Audio Classification, ICASSP 2017, Sec. 3.
    """
    weights = ops.convert_to_tensor(mel_weights())
    return ops.log(ops.matmul(spectrogram(ops.cast(waveform, "float32")), weights) + offset)


def patches(waveform, offset=0.01):
    """The patch of each second, cut on its own as the AVE features were: the first 96 of its 98 frames.

    Args:
        waveform: `(T, 16000)` float32.
        offset: as in `log_mel`.

    Returns:
        `(T, 96, 64)` float32.
    """
    return log_mel(waveform, offset)[..., :PATCH, :]


def _mel(hertz):
    return 1127.0 * np.log1p(np.asarray(hertz) / 700.0)
