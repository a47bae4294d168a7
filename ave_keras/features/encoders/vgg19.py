"""VGG-19 `block5_pool`, averaged over the frames of a second: the pictures of the AVE paper."""

import warnings

import keras
import numpy as np

from ave_keras.errors import AVEError
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
    """The picture encoder of the AVE paper, a `VisualEncoder`.

    Args:
        weights: "imagenet", which Keras downloads and checks; a file: Keras' `.h5` without the top, or torchvision's
            state dict; or "random".
        size: `(H, W)` of pictures; the feature has a cell for every 32 points.
        frames_per_second: whose features are averaged; 16 in the paper.
        preprocessing: "caffe", what Keras' weights are used to, or "torch", torchvision's; by the file, if not given.
        seed: of random weights.

    Raises:
        AVEError: a file that does not fit, or the download fails.

    Warns:
        UserWarning: the weights are random.

    Example:

    >>> VGG19()(np.zeros((10, 16, 224, 224, 3), "uint8")).shape
    (10, 7, 7, 512)

    Reference:
        Simonyan and Zisserman, Very Deep Convolutional Networks, ICLR 2015; Tian et al., ECCV 2018, Sec. 6.1.
    """

    name = "vgg19"

    def __init__(self, weights="imagenet", *, size=(224, 224), frames_per_second=16, preprocessing=None, seed=0):
        self.size, self.frames_per_second = tuple(size), frames_per_second
        self.network = _network(self.size, "imagenet" if weights == "imagenet" else None)
        self.shape = tuple(self.network.output_shape[1:])
        kind = "keras"
        if weights == "random":
            warnings.warn("VGG-19 has random weights: its features mean nothing", stacklevel=2)
            randomize(self.network, seed)
        elif weights != "imagenet":
            kind = load_any(self.network, weights, TORCH)
        self.weights = f"random, seed {seed}" if weights == "random" else str(weights)
        self.preprocessing = preprocessing or ("torch" if kind == "torch" else "caffe")

    def __call__(self, frames):
        """`(T, n, H, W, 3)` uint8 to `(T, h, w, 512)` float32."""
        found = []
        for second in frames:
            x = keras.applications.imagenet_utils.preprocess_input(
                np.float32(second), "channels_last", self.preprocessing
            )
            found.append(np.float32(self.network.predict_on_batch(x)).mean(axis=0))
        return np.stack(found)


def _network(size, weights):
    try:
        return keras.applications.VGG19(include_top=False, weights=weights, input_shape=(*size, 3))
    except Exception as error:
        # Keras wraps what the network says in a plain Exception.
        if weights is None:
            raise AVEError("no such size of pictures", key="size", expected="32 or more", found=size) from error
        raise AVEError(
            "the weights of VGG-19 cannot be downloaded",
            found=str(error).splitlines()[0],
            fix="Give a file with weights=…, on the command line --visual-weights, or 'random' to try the chain",
        ) from error
