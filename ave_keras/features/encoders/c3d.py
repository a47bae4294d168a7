"""C3D: encodes the 16 frames of a second together, including their motion."""

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import layers

from ave_keras.errors import AVEError
from ave_keras.features.encoders.weights import load_any, randomize

GROUPS = (("conv1",), ("conv2",), ("conv3a", "conv3b"), ("conv4a", "conv4b"), ("conv5a", "conv5b"))
FILTERS, UNITS = (64, 128, 256, 512, 512), 4096
FRAMES, SIDE = 16, 112
OUTPUTS = ("conv5b", "fc6", "fc7")


def c3d(output: str = "conv5b", filters: Sequence[int] = FILTERS, units: int = UNITS) -> keras.Model:
    """Builds the network, from `(B, 16, 112, 112, 3)` RGB in [0, 255] to features.

    Args:
        output: The output layer: "conv5b", `(B, 7, 7, 512)`, the mean over its two time steps; or "fc6" or "fc7",
            `(B, 1, 1, 4096)`.
        filters: The filters of the five groups of convolutions.
        units: The units of the dense layers.

    Returns:
        A functional `keras.Model`.

    Raises:
        AVEError: The output layer is unknown.

    Reference:
        Tran et al., Learning Spatiotemporal Features with 3D Convolutional Networks, ICCV 2015.
    """
    if output not in OUTPUTS:
        raise AVEError("unknown C3D layer", key="output", expected=f"one of {OUTPUTS}", found=repr(output))
    x = inputs = keras.Input((FRAMES, SIDE, SIDE, 3), name="frames")
    for group, (names, count) in enumerate(zip(GROUPS, filters, strict=True), 1):
        for name in names:
            x = layers.Conv3D(count, 3, padding="same", activation="relu", name=name)(x)
        if group < len(GROUPS):
            x = layers.MaxPooling3D((1, 2, 2) if group == 1 else 2, name=f"pool{group}")(x)
    if output == "conv5b":
        return keras.Model(inputs, keras.ops.mean(x, axis=1), name="c3d")
    # After a ReLU, zero padding does not change the maximum, so it equals PyTorch's padding.
    x = layers.ZeroPadding3D((0, 1, 1), name="pad5")(x)
    x = layers.MaxPooling3D(2, name="pool5")(x)
    x = layers.Flatten(name="flatten")(layers.Permute((4, 1, 2, 3), name="channels_first")(x))
    for name in OUTPUTS[1 : OUTPUTS.index(output) + 1]:
        x = layers.Dense(units, activation="relu", name=name)(x)
    return keras.Model(inputs, layers.Reshape((1, 1, units), name="cell")(x), name="c3d")


class C3D:
    """The other visual encoder of the paper, a `VisualEncoder`.

    Args:
        weights: A file, or "random". The file is from PyTorch (`c3d.pickle`, names `conv1.weight` to `fc7.bias`), a
            TensorFlow checkpoint (names `wc1` to `bc5b` in any scope, only for output "conv5b"), or `.weights.h5`.
        output: See `c3d`.
        mean: The mean to subtract from the pictures: three numbers or the `.npy` file of a `(16, 112, 112, 3)` array.
            The TensorFlow release has `crop_mean.npy`; the PyTorch release has none.
        seed: The seed of random weights.
        network: A `c3d` of other sizes.

    Raises:
        AVEError: There are no weights, or the file does not fit.

    Warns:
        UserWarning: The weights are random.

    Example:

    >>> C3D("c3d.pickle")(np.zeros((10, 16, 112, 112, 3), "uint8")).shape
    (10, 7, 7, 512)
    """

    name, size, frames_per_second = "c3d", (SIDE, SIDE), FRAMES

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        output: str = "conv5b",
        mean: Any = None,
        seed: int = 0,
        network: keras.Model | None = None,
    ):
        if weights is None:
            fix = "Pass weights='c3d.pickle', or weights='random' to test the pipeline"
            raise AVEError("C3D needs weights", key="weights", fix=fix)
        self.network, self.mean = network or c3d(output), _mean(mean)
        self.shape = tuple(self.network.output_shape[1:])
        if weights == "random":
            warnings.warn("C3D has random weights: its features are meaningless", stacklevel=2)
            randomize(self.network, seed)
            self.weights = f"random, seed {seed}"
        else:
            names = [name for name in (*sum(GROUPS, ()), *OUTPUTS[1:]) if self._has(name)]
            tensorflow = {name: (f"w{_short(name)}", f"b{_short(name)}") for name in names}
            # The two releases pad pool5 differently, which changes the inputs of the dense layers.
            load_any(
                self.network, weights, dict(zip(names, names, strict=True)), tensorflow if output == "conv5b" else None
            )
            self.weights = str(weights)

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, 16, 112, 112, 3)` uint8 as `(T, h, w, c)` float32."""
        batches = (np.asarray(second, "float32")[None] - self.mean for second in frames)
        return np.concatenate([np.asarray(self.network.predict_on_batch(batch), "float32") for batch in batches])

    def _has(self, name):
        return any(layer.name == name for layer in self.network.layers)


def _short(name):
    return name.replace("conv", "c")


def _mean(mean):
    if mean is None:
        return np.float32(0)
    try:
        value = np.float32(np.load(mean) if isinstance(mean, (str, bytes)) or hasattr(mean, "open") else mean)
        np.broadcast_to(value, (FRAMES, SIDE, SIDE, 3))
    except (OSError, ValueError) as error:
        raise AVEError(
            "invalid mean picture", key="mean", file=mean, expected="(16, 112, 112, 3)", found=error
        ) from error
    return value
