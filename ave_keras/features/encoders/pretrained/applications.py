"""Any network of `keras.applications` as a visual encoder."""

import sys
import warnings
from pathlib import Path

import keras
import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.features.encoders.weights import randomize

PREFIX = "applications:"
# The picture sizes of networks that were not trained on 224×224.
SIZES = {"Xception": 299, "InceptionV3": 299, "InceptionResNetV2": 299, "NASNetLarge": 331}
SIZES |= {f"EfficientNetB{n}": size for n, size in enumerate((224, 240, 260, 300, 380, 456, 528, 600))}
SIZES |= {f"EfficientNetV2{n}": size for n, size in zip(("B1", "B2", "B3"), (240, 260, 300), strict=True)}
SIZES |= {f"EfficientNetV2{n}": size for n, size in zip("SML", (384, 480, 480), strict=True)}


class Application:
    """The last map of a network of `keras.applications` before its pooling, a `VisualEncoder`.

    Pictures go through the network's own preprocessing.

    Args:
        network: The name of the function, such as "ConvNeXtTiny".
        weights: "imagenet", which Keras downloads and verifies; a weights file of the network without its top; or
            "random".
        size: The `(H, W)` of the pictures; by default that of the network's training.
        frames_per_second: The number of pictures per second to average.
        seed: The seed of random weights.

    Raises:
        AVEError: There is no such network, the size or the file does not fit, or the download fails.

    Warns:
        UserWarning: The weights are random.

    Example:

    >>> Application("MobileNetV2")(np.zeros((10, 1, 224, 224, 3), "uint8")).shape
    (10, 7, 7, 1280)
    """

    def __init__(
        self,
        network: str,
        weights: str | Path = "imagenet",
        *,
        size: tuple[int, int] | None = None,
        frames_per_second: int = 1,
        seed: int = 0,
    ):
        build = _function(network)
        self.name, self.frames_per_second = PREFIX + network, frames_per_second
        self.size = tuple(size or (SIZES.get(network, 224),) * 2)
        self.network = self._build(build, "imagenet" if weights == "imagenet" else None)
        self.shape = tuple(self.network.output_shape[1:])
        self.weights = f"random, seed {seed}" if weights == "random" else str(weights)
        self._preprocess = sys.modules[build.__module__].preprocess_input
        if weights == "random":
            warnings.warn(f"{network} has random weights: its features are meaningless", stacklevel=2)
            randomize(self.network, seed)
        elif weights != "imagenet":
            self._load(Path(weights))

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, n, H, W, 3)` uint8 as `(T, h, w, c)` float32."""
        return np.stack([self._second(np.float32(second)) for second in frames])

    def _second(self, pictures):
        return np.float32(self.network.predict_on_batch(self._preprocess(pictures))).mean(axis=0)

    def _build(self, build, weights):
        try:
            return build(include_top=False, weights=weights, input_shape=(*self.size, 3))
        except Exception as error:
            # Keras raises a plain Exception when the download fails.
            fix = "Pass a file as weights=… (command line: --visual-weights), or 'random' to test the pipeline"
            raise AVEError(f"cannot build {self.name!r}", found=first_line(error), fix=fix) from error

    def _load(self, path):
        if not path.is_file():
            raise AVEError("weights file not found", file=path)
        try:
            with warnings.catch_warnings():
                # Keras only warns, and keeps random weights, if part of the file is missing.
                warnings.simplefilter("error", UserWarning)
                self.network.load_weights(path)
        except (ValueError, OSError, KeyError, UserWarning) as error:
            expected = f"weights of {self.name.removeprefix(PREFIX)} without its top"
            raise AVEError(
                "cannot load these weights", file=path, expected=expected, found=first_line(error)
            ) from error


def networks() -> list[str]:
    """The names of all networks of `keras.applications`."""
    names = vars(keras.applications).items()
    return sorted(name for name, value in names if callable(value) and name[0].isupper())


def _function(name):
    if name not in networks():
        import difflib

        near = difflib.get_close_matches(name, networks(), 1)
        fix = f"Did you mean '{near[0]}'?" if near else None
        raise AVEError("unknown network", expected=f"one of {networks()}", found=repr(name), fix=fix)
    return getattr(keras.applications, name)
