"""VGGish: the log-mel patch of a second to 128 numbers."""

import warnings
from pathlib import Path

import keras
import numpy as np
from keras import layers

from ave_keras import checkpoints
from ave_keras.errors import AVEError
from ave_keras.features.encoders.log_mel import BANDS, PATCH, RATE, patches
from ave_keras.features.encoders.weights import load_any, randomize

FILTERS, UNITS, DIM = (64, 128, 256, 512), 4096, 128
CONVOLUTIONS = ("conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2")
DENSE = ("fc1_1", "fc1_2", "fc2")
TORCH = dict(zip(CONVOLUTIONS, (f"features.{n}" for n in (0, 3, 6, 8, 11, 13)), strict=True))
TORCH |= dict(zip(DENSE, (f"embeddings.{n}" for n in (0, 2, 4)), strict=True))
_SCOPES = ("conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1", "conv4/conv4_2")
_SCOPES += ("fc1/fc1_1", "fc1/fc1_2", "fc2")
TENSORFLOW = {
    layer: (f"vggish/{scope}/weights", f"vggish/{scope}/biases")
    for layer, scope in zip((*CONVOLUTIONS, *DENSE), _SCOPES, strict=True)
}
NO_WEIGHTS = (
    "Give weights='vggish-10086976.pth' of torchvggish or 'vggish_model.ckpt' of TensorFlow's release, or "
    "weights='random' to try the chain"
)


def vggish(filters=FILTERS, units=UNITS, dim=DIM, last_relu=True):
    """The network: `(B, 96, 64)` log-mel patches to `(B, 128)`.

    Args:
        filters: of the four groups of convolutions.
        units: of the two hidden dense layers.
        dim: of the output.
        last_relu: whether the output has a ReLU, as the release of 2018 that AVE's features came from; later ones
            give the value before it.

    Returns:
        A functional `keras.Model`.

    Reference:
        Hershey et al., CNN Architectures for Large-Scale Audio Classification, ICASSP 2017.
    """
    x = inputs = keras.Input((PATCH, BANDS), name="log_mel")
    x = layers.Reshape((PATCH, BANDS, 1), name="channel")(x)
    for group, count in enumerate(filters, 1):
        names = [name for name in CONVOLUTIONS if name.startswith(f"conv{group}")]
        for name in names:
            x = layers.Conv2D(count, 3, padding="same", activation="relu", name=name)(x)
        x = layers.MaxPooling2D(2, padding="same", name=f"pool{group}")(x)
    x = layers.Flatten(name="flatten")(x)
    for name in DENSE[:2]:
        x = layers.Dense(units, activation="relu", name=name)(x)
    outputs = layers.Dense(dim, activation="relu" if last_relu else None, name=DENSE[2])(x)
    return keras.Model(inputs, outputs, name="vggish")


def postprocess(embeddings, matrix, means):
    """PCA with whitening and 8 bits, as AudioSet's published features have it; AVE's have not.

    Args:
        embeddings: `(T, 128)`.
        matrix: `(128, 128)`, an eigenvector a row.
        means: `(128,)`.

    Returns:
        `(T, 128)` float32, whole numbers 0 to 255.
    """
    rotated = (np.asarray(embeddings) - np.ravel(means)) @ np.asarray(matrix).T
    return np.float32(np.round((np.clip(rotated, -2, 2) + 2) * (255 / 4)))


class VGGish:
    """The sound encoder of the AVE paper, an `AudioEncoder`.

    Args:
        weights: a file: the PyTorch release (torchvggish), TensorFlow's checkpoint, or `.weights.h5`; or "random". The
            project holds no checksum of a public address, so it downloads nothing.
        last_relu: see `vggish`.
        pca: `vggish_pca_params.npz`, or torchvggish's `.pth` of it, to post-process; not part of AVE's recipe.
        seed: of random weights.
        network: a `vggish` of other sizes.

    Raises:
        AVEError: no weights, or a file that does not fit.

    Warns:
        UserWarning: the weights are random.

    Example:

    >>> VGGish("vggish-10086976.pth")(np.zeros((10, 16000), "float32")).shape
    (10, 128)
    """

    name, rate = "vggish", RATE

    def __init__(self, weights=None, *, last_relu=True, pca=None, seed=0, network=None):
        if weights is None:
            raise AVEError("VGGish needs weights", key="weights", fix=NO_WEIGHTS)
        self.network = network or vggish(last_relu=last_relu)
        self.dim = self.network.output_shape[-1]
        if weights == "random":
            warnings.warn("VGGish has random weights: its features mean nothing", stacklevel=2)
            randomize(self.network, seed)
            self.weights = f"random, seed {seed}"
        else:
            load_any(self.network, weights, TORCH, TENSORFLOW)
            self.weights = str(weights)
        self.last_relu, self.pca = last_relu, pca
        self._pca = read_pca(pca, self.dim) if pca else None

    def __call__(self, waveform):
        """`(T, 16000)` float32 to `(T, 128)` float32."""
        mel = keras.ops.convert_to_numpy(patches(waveform))
        embeddings = np.float32(self.network.predict(mel, batch_size=16, verbose=0))
        return embeddings if self._pca is None else postprocess(embeddings, *self._pca)


def read_pca(path, dim=DIM):
    """`(matrix (d, d), means (d,))` of a `vggish_pca_params` file, `.npz` or PyTorch's.

    Raises:
        AVEError: no such file, or it holds something else.
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("no such file", file=path)
    try:
        held = checkpoints.read(path).arrays if checkpoints.is_checkpoint(path) else np.load(path)
        matrix, means = np.asarray(held["pca_eigen_vectors"]), np.ravel(held["pca_means"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        if isinstance(error, AVEError):
            raise
        raise AVEError(
            "not the PCA of VGGish", file=path, expected="'pca_eigen_vectors' and 'pca_means'", found=str(error)
        ) from error
    if matrix.shape != (dim, dim) or means.shape != (dim,):
        raise AVEError(
            "the PCA does not fit", file=path, expected=f"({dim}, {dim}), ({dim},)", found=(matrix.shape, means.shape)
        )
    return matrix, means
