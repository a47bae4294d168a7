"""Turns the channels of a sound into one."""

import warnings
from pathlib import Path

import numpy as np

from ave_keras.errors import AVEError

DOWNMIXES = ("mean", "left", "right", "loudest")
# The sum of unrelated channels has the energy of all channels; below this part of it, they cancel out: in stereo, the
# correlation is below -0.9.
CANCELLED = 0.1


def check(downmix: str) -> None:
    """Raises an `AVEError` if there is no such downmix."""
    if downmix not in DOWNMIXES:
        raise AVEError("unknown downmix", key="downmix", expected=", ".join(DOWNMIXES), found=repr(downmix))


class Mixer:
    """Turns a sound that is added in parts into one channel.

    Args:
        downmix: "mean"; "left" or "right", the first or the second channel; or "loudest", the one with the most energy
            over the whole sound. A single channel stays as it is.
    """

    def __init__(self, downmix: str):
        self._downmix = downmix
        self._parts: list[np.ndarray] = []
        # The energy of each channel, and of their sum.
        self._energies, self._summed = np.zeros(1), 0.0

    def add(self, sound: np.ndarray) -> None:
        """Adds `(channels, n)` float32; the number of channels may change, as in television."""
        energies = np.square(sound, dtype="float64").sum(axis=1)
        self._energies = np.pad(self._energies, (0, max(0, len(energies) - len(self._energies))))
        self._energies[: len(energies)] += energies
        if self._downmix == "mean":
            self._summed += float(np.square(sound.sum(axis=0), dtype="float64").sum())
            sound = sound.mean(axis=0, keepdims=True, dtype="float32")
        elif self._downmix != "loudest":
            sound = _channel(sound, DOWNMIXES.index(self._downmix) - 1)
        self._parts.append(sound)

    def mixed(self, path: str | Path) -> np.ndarray:
        """All that has been added, `(n,)` float32.

        Warns:
            UserWarning: The channels cancel out in their mean.
        """
        share = self._summed / (self._energies.sum() or 1)
        if self._downmix == "mean" and share < CANCELLED and self._energies.any():
            warnings.warn(
                f"{path}: the channels cancel out: their sum has {share:.1%} of their energy, as if some were inverted "
                'copies; choose one with downmix="left" (command line: --downmix left), "right" or "loudest"',
                stacklevel=2,
            )
        loudest = int(self._energies.argmax())
        return np.concatenate([_channel(part, loudest)[0] for part in self._parts] or [np.zeros(0, "float32")])


def _channel(sound, number):
    """The channel of that number, `(1, n)`, or the last one of a sound with fewer."""
    number = min(number, len(sound) - 1)
    return sound[number : number + 1]
