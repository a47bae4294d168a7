"""Statistics of the log-mel spectrogram: an audio encoder that needs no weights."""

import numpy as np

from ave_keras.features.encoders.log_mel import BANDS, FFT, FRAME, HOP, RATE, mel_weights

OFFSET = 0.01


class LogMelStatistics:
    """Mean and standard deviation of 64 log-mel bands over each second, an `AudioEncoder`.

    Nothing is learned: loudness and spectrum are there, but sounds that differ only in their order within the second
    are equal. Use it to try a pipeline, or as the reference that a pretrained encoder must beat.

    Example:

    >>> LogMelStatistics()(np.zeros((10, 16000), "float32")).shape
    (10, 128)
    """

    name, dim, rate, weights = "logmel", 2 * BANDS, RATE, "no weights needed"

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """Encodes `(T, 16000)` float32 as `(T, 128)` float32: 64 means, then 64 deviations of `ln(mel + 0.01)`."""
        frames = np.lib.stride_tricks.sliding_window_view(np.float64(waveform), FRAME, axis=-1)[:, ::HOP]
        window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(FRAME) / FRAME)
        bands = np.log(np.abs(np.fft.rfft(frames * window, FFT)) @ np.float64(mel_weights()) + OFFSET)
        return np.concatenate([bands.mean(axis=1), bands.std(axis=1)], axis=-1).astype("float32")
