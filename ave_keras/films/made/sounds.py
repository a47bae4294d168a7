"""Synthesised sounds of the made classes, and the noise around them."""

import numpy as np

RATE = 32000
# Seconds between two strikes at most, so that every second has one.
LONGEST_PAUSE = 0.7


def sound(label: str, rng: np.random.Generator, seconds: int) -> np.ndarray:
    """Synthesises the sound of an object; every second has some.

    Args:
        label: The name of the class, a key of `SOUNDS`.
        rng: Pitch, rhythm and timbre.
        seconds: The length.

    Returns:
        `(seconds · RATE,)` float32 with the root mean square 1.
    """
    make, _ = SOUNDS[label]
    return scaled(make(rng, np.arange(seconds * RATE) / RATE))


def ambience(rng: np.random.Generator, seconds: int) -> np.ndarray:
    """Noise like wind, stronger at low frequencies; `(seconds · RATE,)` float32 with the root mean square 1."""
    count = seconds * RATE
    spectrum = np.fft.rfft(rng.normal(size=count))
    frequencies = np.maximum(np.fft.rfftfreq(count, 1 / RATE), 20)
    noise = np.fft.irfft(spectrum / frequencies ** rng.uniform(0.5, 1), count)
    swell = 1 + 0.3 * np.sin(2 * np.pi * (rng.uniform(0.1, 0.4) * np.arange(count) / RATE + rng.random()))
    return scaled(noise * swell)


def scaled(waveform: np.ndarray) -> np.ndarray:
    """The waveform with the root mean square 1, as float32."""
    return (waveform / max(np.sqrt(np.mean(np.square(waveform))), 1e-9)).astype("float32")


def _struck(rng, time, pause, decay, pitches, weights, noise=0.0):
    """Decaying tones at regular times with some jitter."""
    result = np.zeros(len(time))
    period = rng.uniform(*pause)
    for start in np.arange(rng.uniform(0, 0.1), time[-1], period):
        begin = round((start + rng.uniform(0, 0.1 * period)) * RATE)
        t = time[: max(0, len(time) - begin)][: round(RATE * min(2.0, 7 / decay))]
        tones = np.zeros(len(t))
        for partial, (pitch, weight) in enumerate(zip(pitches, weights, strict=True)):
            tones += weight * np.sin(2 * np.pi * pitch * t) * np.exp(-decay * (1 + partial / 2) * t)
        burst = noise * rng.normal(size=len(t)) * np.exp(-60 * t)
        result[begin : begin + len(t)] += tones + burst
    return result


def _bell(rng, time):
    pitch = rng.uniform(600, 900)
    return _struck(rng, time, (0.45, LONGEST_PAUSE), 4, pitch * np.array([1, 2, 2.4, 3, 4.2]), (1, 0.6, 0.5, 0.3, 0.2))


def _glass(rng, time):
    pitch = rng.uniform(1100, 1700)
    return _struck(rng, time, (0.4, LONGEST_PAUSE), 9, pitch * np.array([1, 2.32, 4.25]), (1, 0.7, 0.5))


def _drum(rng, time):
    pitch = rng.uniform(70, 110)
    return _struck(rng, time, (0.25, 0.5), 12, pitch * np.array([1, 1.6]), (1, 0.5), 0.15)


def _clock(rng, time):
    pitch = rng.uniform(2200, 3200)
    return _struck(rng, time, (0.25, 0.5), 180, pitch * np.array([1, 1.7]), (1, 0.6), 0.4)


def _siren(rng, time):
    low, high = rng.uniform(500, 700), rng.uniform(1000, 1300)
    pitch = low + (high - low) * (0.5 - 0.5 * np.cos(2 * np.pi * rng.uniform(0.8, 1.6) * time + rng.uniform(0, 6)))
    return _voice(pitch, (1, 0.35, 0.15))


def _whistle(rng, time):
    pitch = rng.uniform(900, 1500) * (1 + 0.03 * np.sin(2 * np.pi * rng.uniform(18, 30) * time))
    blows = 0.55 + 0.45 * np.sign(np.sin(2 * np.pi * rng.uniform(1.2, 2) * time))
    return _voice(pitch, (1, 0.15)) * _smoothed(blows)


def _truck(rng, time):
    pitch = rng.uniform(60, 95) * (1 + 0.04 * np.sin(2 * np.pi * rng.uniform(0.3, 0.8) * time))
    shake = 1 + 0.4 * np.sin(2 * np.pi * rng.uniform(8, 14) * time)
    return _voice(pitch, [1 / n for n in range(1, 16)]) * shake


def _bird(rng, time):
    rate = rng.uniform(3, 5)
    phase = rate * time % 1
    pitch = rng.uniform(2600, 3400) * (1 + rng.uniform(0.3, 0.5) * phase)
    return _voice(pitch, (1, 0.1)) * np.where(phase < 0.55, np.sin(np.pi * np.minimum(phase / 0.55, 1)), 0)


def _voice(pitch, weights):
    """A tone of changing pitch `(samples,)` in Hz, with harmonics."""
    phase = 2 * np.pi * np.cumsum(pitch) / RATE
    return sum(weight * np.sin(n * phase) for n, weight in enumerate(weights, 1))


def _smoothed(gate, seconds=0.01):
    kernel = np.ones(round(seconds * RATE))
    return np.convolve(gate, kernel / len(kernel), "same")


#: A class's sound, and the band in Hz where most of its energy lies. Bell and glass, siren and whistle are alike.
SOUNDS = {
    "Bell": (_bell, (500, 4000)),
    "Bird": (_bird, (2400, 5500)),
    "Clock": (_clock, (1800, 6000)),
    "Drum": (_drum, (50, 250)),
    "Glass": (_glass, (1000, 8000)),
    "Siren": (_siren, (450, 4000)),
    "Truck": (_truck, (50, 1500)),
    "Whistle": (_whistle, (800, 3200)),
}
