"""VGGish: encodes the log-mel patch of a second as 128 numbers."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import keras
import numpy as np
from keras import layers

from ave_keras import checkpoints
from ave_keras.errors import AVEError
from ave_keras.features.encoders.log_mel import BANDS, PATCH, RATE, patches
from ave_keras.features.encoders.weights import downloaded, hub, load_any, randomize

FILTERS, UNITS, DIM = (64, 128, 256, 512), 4096, 128
CONVOLUTIONS = ("conv1", "conv2", "conv3_1", "conv3_2", "conv4_1", "conv4_2")
DENSE = ("fc1_1", "fc1_2", "fc2")
TORCH = dict(zip(CONVOLUTIONS, (f"features.{n}" for n in (0, 3, 6, 8, 11, 13)), strict=True))
TORCH |= dict(zip(DENSE, (f"embeddings.{n}" for n in (0, 2, 4)), strict=True))
_SCOPES = (
    *("conv1", "conv2", "conv3/conv3_1", "conv3/conv3_2", "conv4/conv4_1", "conv4/conv4_2"),
    *("fc1/fc1_1", "fc1/fc1_2", "fc2"),
)
TENSORFLOW = {
    layer: (f"vggish/{scope}/weights", f"vggish/{scope}/biases")
    for layer, scope in zip((*CONVOLUTIONS, *DENSE), _SCOPES, strict=True)
}
FILE = "vggish-10086976.pth"
NO_WEIGHTS = (
    f"Pass weights='{FILE}' of torchvggish (command line: --audio-weights), or put the file into this folder; or pass "
    "'vggish_model.ckpt' of the TensorFlow release, or 'random' to test the pipeline"
)


def vggish(filters: Sequence[int] = FILTERS, units: int = UNITS, dim: int = DIM, last_relu: bool = True) -> keras.Model:
    """Builds the network, from `(B, 96, 64)` log-mel patches to `(B, 128)`.

    Args:
        filters: The filters of the four groups of convolutions.
        units: The units of the two hidden dense layers.
        dim: The size of the output.
        last_relu: Whether the output has a ReLU. The 2018 release, which computed AVE's features, has it; later
            releases do not.

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


def postprocess(embeddings: np.ndarray, matrix: np.ndarray, means: np.ndarray) -> np.ndarray:
    """Applies PCA with whitening and 8-bit quantization, as for AudioSet's published features (not for AVE's).

    Args:
        embeddings: `(T, 128)`.
        matrix: `(128, 128)`, one eigenvector per row.
        means: `(128,)`.

    Returns:
        `(T, 128)` float32, whole numbers from 0 to 255.
    """
    rotated = (np.asarray(embeddings) - np.ravel(means)) @ np.asarray(matrix).T
    return np.round((np.clip(rotated, -2, 2) + 2) * (255 / 4)).astype("float32")


class VGGish:
    """The audio encoder of the AVE paper, an `AudioEncoder`.

    Args:
        weights: A file (the PyTorch release torchvggish, the TensorFlow checkpoint, or `.weights.h5`), or "random".
            By default `vggish-10086976.pth` in the folder that `torch.hub` downloads to, as torchvggish does. Nothing
            is downloaded here, because no checksum is published.
        last_relu: See `vggish`.
        pca: `vggish_pca_params.npz`, or its `.pth` version from torchvggish, to post-process the features. AVE's
            recipe does not use it.
        seed: The seed of random weights.
        network: A `vggish` of other sizes.

    Raises:
        AVEError: There are no weights, or the file does not fit.

    Warns:
        UserWarning: The weights are random.

    Example:

    >>> VGGish("vggish-10086976.pth")(np.zeros((10, 16000), "float32")).shape
    (10, 128)
    """

    name, rate = "vggish", RATE

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        last_relu: bool = True,
        pca: str | Path | None = None,
        seed: int = 0,
        network: keras.Model | None = None,
    ):
        weights = weights or downloaded(FILE)
        if weights is None:
            found = f"no {FILE} in {hub()}"
            raise AVEError("VGGish needs weights", key="weights", found=found, fix=NO_WEIGHTS)
        self.network = network or vggish(last_relu=last_relu)
        self.dim = self.network.output_shape[-1]
        if weights == "random":
            warnings.warn("VGGish has random weights: its features are meaningless", stacklevel=2)
            randomize(self.network, seed)
            self.weights = f"random, seed {seed}"
        else:
            load_any(self.network, weights, TORCH, TENSORFLOW)
            self.weights = str(weights)
        self.last_relu, self.pca = last_relu, pca
        self._pca = read_pca(pca, self.dim) if pca else None

    def __call__(self, waveform: np.ndarray) -> np.ndarray:
        """Encodes `(T, 16000)` float32 as `(T, 128)` float32."""
        mel = keras.ops.convert_to_numpy(patches(waveform))
        embeddings = np.asarray(self.network.predict(mel, batch_size=16, verbose=0), "float32")
        return embeddings if self._pca is None else postprocess(embeddings, *self._pca)


def read_pca(path: str | Path, dim: int = DIM) -> tuple[np.ndarray, np.ndarray]:
    """Reads `(matrix (d, d), means (d,))` from a `vggish_pca_params` file, `.npz` or PyTorch.

    Raises:
        AVEError: The file is missing or has other contents.
    """
    path = Path(path)
    if not path.is_file():
        raise AVEError("file not found", file=path)
    try:
        arrays = checkpoints.read(path).arrays if checkpoints.is_checkpoint(path) else np.load(path)
        matrix, means = np.asarray(arrays["pca_eigen_vectors"]), np.ravel(arrays["pca_means"])
    except (OSError, ValueError, KeyError, EOFError) as error:
        if isinstance(error, AVEError):
            raise
        raise AVEError(
            "not a VGGish PCA file", file=path, expected="'pca_eigen_vectors' and 'pca_means'", found=str(error)
        ) from error
    if matrix.shape != (dim, dim) or means.shape != (dim,):
        raise AVEError(
            "the PCA has the wrong shape",
            file=path,
            expected=f"({dim}, {dim}), ({dim},)",
            found=(matrix.shape, means.shape),
        )
    return matrix, means
