"""C3D: the 16 frames of a second together, whose motion it sees."""

import warnings

import keras
import numpy as np
from keras import layers

from ave_keras.errors import AVEError
from ave_keras.features.encoders.weights import load_any, randomize

GROUPS = (("conv1",), ("conv2",), ("conv3a", "conv3b"), ("conv4a", "conv4b"), ("conv5a", "conv5b"))
FILTERS, UNITS = (64, 128, 256, 512, 512), 4096
FRAMES, SIDE = 16, 112
OUTPUTS = ("conv5b", "fc6", "fc7")


def c3d(output="conv5b", filters=FILTERS, units=UNITS):
    """The network: `(B, 16, 112, 112, 3)` RGB of 0 to 255 to features.

    Args:
        output: "conv5b", `(B, 7, 7, 512)`, the mean over its two points of time; "fc6" or "fc7", `(B, 1, 1, 4096)`.
        filters: of the five groups of convolutions.
        units: of the dense layers.

    Returns:
        A functional `keras.Model`.

    Raises:
        AVEError: no such output.

    Reference:
        Tran et al., Learning Spatiotemporal Features with 3D Convolutional Networks, ICCV 2015.
    """
    if output not in OUTPUTS:
        raise AVEError("no such layer of C3D", key="output", expected=f"one of {OUTPUTS}", found=repr(output))
    x = inputs = keras.Input((FRAMES, SIDE, SIDE, 3), name="frames")
    for group, (names, count) in enumerate(zip(GROUPS, filters, strict=True), 1):
        for name in names:
            x = layers.Conv3D(count, 3, padding="same", activation="relu", name=name)(x)
        if group < len(GROUPS):
            x = layers.MaxPooling3D((1, 2, 2) if group == 1 else 2, name=f"pool{group}")(x)
    if output == "conv5b":
        return keras.Model(inputs, keras.ops.mean(x, axis=1), name="c3d")
    # Zeros at the border are below everything after a ReLU, as PyTorch's padding of the maximum is.
    x = layers.ZeroPadding3D((0, 1, 1), name="pad5")(x)
    x = layers.MaxPooling3D(2, name="pool5")(x)
    x = layers.Flatten(name="flatten")(layers.Permute((4, 1, 2, 3), name="channels_first")(x))
    for name in OUTPUTS[1 : OUTPUTS.index(output) + 1]:
        x = layers.Dense(units, activation="relu", name=name)(x)
    return keras.Model(inputs, layers.Reshape((1, 1, units), name="cell")(x), name="c3d")


class C3D:
    """The paper's other picture encoder, a `VisualEncoder`.

    Args:
        weights: a file: PyTorch's (`c3d.pickle`, names `conv1.weight` to `fc7.bias`), a TensorFlow checkpoint (names
            `wc1` to `bc5b` in any scope, output "conv5b" only), or `.weights.h5`; or "random".
        output: see `c3d`.
        mean: `.npy` of `(16, 112, 112, 3)`, or three numbers, that is taken off the pictures; the TensorFlow release
            has `crop_mean.npy`, the PyTorch one none.
        seed: of random weights.
        network: a `c3d` of other sizes.

    Raises:
        AVEError: no weights, or a file that does not fit.

    Warns:
        UserWarning: the weights are random.

    Example:

    >>> C3D("c3d.pickle")(np.zeros((10, 16, 112, 112, 3), "uint8")).shape
    (10, 7, 7, 512)
    """

    name, size, frames_per_second = "c3d", (SIDE, SIDE), FRAMES

    def __init__(self, weights=None, *, output="conv5b", mean=None, seed=0, network=None):
        if weights is None:
            fix = "Give a file with weights='c3d.pickle', or weights='random' to try the chain"
            raise AVEError("C3D needs weights", key="weights", fix=fix)
        self.network, self.mean = network or c3d(output), _mean(mean)
        self.shape = tuple(self.network.output_shape[1:])
        if weights == "random":
            warnings.warn("C3D has random weights: its features mean nothing", stacklevel=2)
            randomize(self.network, seed)
            self.weights = f"random, seed {seed}"
        else:
            ours = [name for name in (*sum(GROUPS, ()), *OUTPUTS[1:]) if self._has(name)]
            tensorflow = {name: (f"w{_short(name)}", f"b{_short(name)}") for name in ours}
            # The dense layers of the two releases see the border of pool5 otherwise.
            load_any(
                self.network, weights, dict(zip(ours, ours, strict=True)), tensorflow if output == "conv5b" else None
            )
            self.weights = str(weights)

    def __call__(self, frames):
        """`(T, 16, 112, 112, 3)` uint8 to `(T, h, w, c)` float32."""
        return np.concatenate(
            [np.float32(self.network.predict_on_batch(np.float32(second)[None] - self.mean)) for second in frames]
        )

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
        raise AVEError("no mean picture", key="mean", file=mean, expected="(16, 112, 112, 3)", found=error) from error
    return value
