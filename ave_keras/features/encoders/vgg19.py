"""VGG-19 `block5_pool`, averaged over the frames of a second: the visual features of the AVE paper."""

import warnings
from pathlib import Path

import keras
import numpy as np

from ave_keras.errors import AVEError, first_line
from ave_keras.features.encoders.weights import load_any, randomize

CONVOLUTIONS = [f"block{b}_conv{n}" for b, count in enumerate((2, 2, 4, 4, 4), 1) for n in range(1, count + 1)]
TORCH = dict(
    zip(
        CONVOLUTIONS,
        (f"features.{n}" for n in (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)),
        strict=True,
    )
)


class VGG19:
    """The visual encoder of the AVE paper, a `VisualEncoder`.

    Args:
        weights: "imagenet", which Keras downloads and verifies; a file, either Keras' `.h5` without the top or
            torchvision's state dict; or "random".
        size: The `(H, W)` of the pictures; a feature has a cell for every 32 pixels.
        frames_per_second: The number of frames per second to average; 16 in the paper.
        preprocessing: "caffe" for Keras' weights, or "torch" for torchvision's. By default chosen by the file.
        seed: The seed of random weights.

    Raises:
        AVEError: The file does not fit, or the download fails.

    Warns:
        UserWarning: The weights are random.

    Example:

    >>> VGG19()(np.zeros((10, 16, 224, 224, 3), "uint8")).shape
    (10, 7, 7, 512)

    Reference:
        Simonyan and Zisserman, Very Deep Convolutional Networks, ICLR 2015; Tian et al., ECCV 2018, Sec. 6.1.
    """

    name = "vgg19"

    def __init__(
        self,
        weights: str | Path = "imagenet",
        *,
        size: tuple[int, int] = (224, 224),
        frames_per_second: int = 16,
        preprocessing: str | None = None,
        seed: int = 0,
    ):
        self.size, self.frames_per_second = tuple(size), frames_per_second
        self.network = _network(self.size, "imagenet" if weights == "imagenet" else None)
        self.shape = tuple(self.network.output_shape[1:])
        kind = "keras"
        if weights == "random":
            warnings.warn("VGG-19 has random weights: its features are meaningless", stacklevel=2)
            randomize(self.network, seed)
        elif weights != "imagenet":
            kind = load_any(self.network, weights, TORCH)
        self.weights = f"random, seed {seed}" if weights == "random" else str(weights)
        self.preprocessing = preprocessing or ("torch" if kind == "torch" else "caffe")

    def __call__(self, frames: np.ndarray) -> np.ndarray:
        """Encodes `(T, n, H, W, 3)` uint8 as `(T, h, w, 512)` float32."""
        features = []
        for second in frames:
            x = keras.applications.imagenet_utils.preprocess_input(
                np.float32(second), "channels_last", self.preprocessing
            )
            features.append(np.float32(self.network.predict_on_batch(x)).mean(axis=0))
        return np.stack(features)


def _network(size, weights):
    try:
        return keras.applications.VGG19(include_top=False, weights=weights, input_shape=(*size, 3))
    except Exception as error:
        # Keras raises a plain Exception when the download fails.
        if weights is None:
            raise AVEError("invalid picture size", key="size", expected="32 or more", found=size) from error
        raise AVEError(
            "cannot download the weights of VGG-19",
            found=first_line(error),
            fix="Pass a file as weights=… (command line: --visual-weights), or 'random' to test the pipeline",
        ) from error
