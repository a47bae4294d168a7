"""Image backbones of keras-hub as visual encoders."""

import math
import warnings
from typing import Any

import keras
import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.features.encoders.weights import randomize
from ave_keras.runtime.packages import require

PREFIX = "hub:"


class HubBackbone:
    """The last map of an image backbone of keras-hub, a `VisualEncoder`.

    The tokens of a vision transformer become the cells of a grid, without the class token and registers before them.
    Pictures go through the preset's image converter. Needs keras-hub: `pip install "ave-keras[hub]"`.

    Args:
        preset: The name of a preset, such as "resnet_50_imagenet"; a handle such as "hf://USER/NAME"; or a folder that
            `save_to_preset` has written.
        weights: "preset", or "random".
        frames_per_second: The number of pictures per second to average.
        seed: The seed of random weights.

    Raises:
        AVEError: keras-hub is not installed, the preset is unknown or cannot be downloaded, or it is not an image
            backbone with a fixed picture size.

    Warns:
        UserWarning: The weights are random, or the preset has no image converter.

    Example:

    >>> HubBackbone("resnet_50_imagenet")(np.zeros((10, 1, 224, 224, 3), "uint8")).shape
    (10, 7, 7, 2048)
    """

    def __init__(self, preset: str, weights: str = "preset", *, frames_per_second: int = 1, seed: int = 0):
        hub = require("keras_hub", "hub")
        if weights not in ("preset", "random"):
            raise AVEError("invalid weights", key="weights", expected="preset or random", found=repr(weights))
        self.name, self.frames_per_second, self.weights = PREFIX + preset, frames_per_second, str(preset)
        self.network = self._load(hub.models.Backbone.from_preset, preset, load_weights=weights == "preset")
        if weights == "random":
            warnings.warn(f"{preset} has random weights: its features are meaningless", stacklevel=2)
            randomize(self.network, seed)
            self.weights = f"random, seed {seed}"
        self.size = self._size()
        self._convert = self._converter(hub, preset)
        self.shape = self._maps(np.zeros((1, *self.size, 3), "uint8")).shape[1:]

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, n, H, W, 3)` uint8 as `(T, h, w, c)` float32."""
        return np.stack([self._maps(second).mean(axis=0) for second in frames])

    def _load(self, function, preset, **options):
        try:
            return function(preset, **options)
        # keras-hub passes on the errors of the sites that it downloads from.
        except Exception as error:
            fix = "Check the name and the network, or pass a folder that save_to_preset has written"
            raise AVEError(f"cannot load the preset {preset!r}", found=first_line(error), fix=fix) from error

    def _size(self):
        shape = getattr(self.network, "image_shape", None)
        if shape is None or None in shape[:2]:
            shape = self.network.inputs[0].shape[1:]
        if len(shape) != 3 or None in shape[:2]:
            expected = "an image backbone with a fixed picture size"
            raise AVEError(f"{self.name!r} is no visual encoder", expected=expected, found=f"input {tuple(shape)}")
        return tuple(shape[:2])

    def _converter(self, hub, preset):
        try:
            converter = hub.layers.ImageConverter.from_preset(preset)
        except Exception as error:
            reason = first_line(error)
            warnings.warn(f"{preset} has no image converter, pixels are scaled to [0, 1]: {reason}", stacklevel=3)
            return lambda pictures: np.float32(pictures) / 255
        converter.image_size = self.size
        return converter

    def _maps(self, pictures):
        converted: Any = np.float32(keras.ops.convert_to_numpy(self._convert(pictures)))
        if isinstance(self.network.input, dict):
            converted = {next(iter(self.network.input)): converted}
        found = self.network.predict_on_batch(converted)
        found = None if isinstance(found, dict) else np.float32(keras.ops.convert_to_numpy(found))
        if found is not None and found.ndim == 3:
            found = self._grid(found)
        if found is None or found.ndim != 4:
            raise AVEError(
                f"{self.name!r} is no visual encoder", expected="a network with one map or one row of tokens"
            )
        return found

    def _grid(self, tokens):
        """`(B, N, c)` tokens as `(B, h, w, c)`: the last h·w of them, row by row."""
        patch = getattr(self.network, "patch_size", None)
        if patch is None:
            h = w = math.isqrt(tokens.shape[1])
        else:
            h, w = (n // p for n, p in zip(self.size, np.broadcast_to(patch, 2), strict=True))
        return tokens[:, tokens.shape[1] - h * w :].reshape(len(tokens), h, w, -1)
