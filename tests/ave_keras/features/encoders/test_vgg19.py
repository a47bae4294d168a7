import keras
import numpy as np
import pytest
import torch

from ave_keras import AVEError
from ave_keras.features.encoders.vgg19 import VGG19
from tests.ave_keras.features import networks

# XLA compiles its 16 convolutions for a minute at the optimization level of the tests.
pytestmark = pytest.mark.skipif(keras.backend.backend() == "jax", reason="VGGish and C3D cover the shared code on JAX")

SMALL = {"size": (32, 64), "frames_per_second": 2}


@pytest.fixture
def frames(rng):
    return rng.integers(0, 256, (2, 2, 32, 64, 3), "uint8")


def test_equals_pytorch(tmp_path, frames):
    """Torchvision's weights use torchvision's normalization; Keras' weights use BGR minus a mean."""
    module = networks.random(networks.VGG19())
    path = networks.saved(module, tmp_path / "vgg19.pth")
    encoder = VGG19(path, **SMALL)
    assert (encoder.shape, encoder.preprocessing, encoder.weights) == ((1, 2, 512), "torch", str(path))
    x = (frames.reshape(4, 32, 64, 3) / 255 - [0.485, 0.456, 0.406]) / [0.229, 0.224, 0.225]
    np.testing.assert_allclose(encoder(frames), averaged(module, x), atol=1e-4)
    encoder.preprocessing = "caffe"
    x = frames.reshape(4, 32, 64, 3)[..., ::-1] - [103.939, 116.779, 123.68]
    expected = averaged(module, x)
    np.testing.assert_allclose(encoder(frames), expected, rtol=1e-4, atol=1e-4 * expected.max())


def averaged(module, x):
    with torch.no_grad():
        found = module(torch.tensor(np.float32(x)).permute(0, 3, 1, 2)).permute(0, 2, 3, 1).numpy()
    return found.reshape(2, 2, 1, 2, 512).mean(axis=1)


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")
def test_random_and_invalid_weights(tmp_path):
    with pytest.warns(UserWarning, match="random weights"):
        encoder = VGG19("random", **SMALL)
    assert (encoder.preprocessing, encoder.weights) == ("caffe", "random, seed 0")
    encoder.network.save_weights(tmp_path / "a.weights.h5")
    again = VGG19(tmp_path / "a.weights.h5", **SMALL)
    assert again.preprocessing == "caffe"
    kernels = [e.network.get_layer("block5_conv4").get_weights()[0] for e in (encoder, again)]
    np.testing.assert_array_equal(*kernels)
    (tmp_path / "b.h5").write_text("no weights")
    with pytest.raises(AVEError, match="not the weights of 'vgg19'"):
        VGG19(tmp_path / "b.h5", **SMALL)
    with pytest.raises(AVEError, match=r"invalid picture size .*found \(16, 16\)"):
        VGG19("random", size=(16, 16))
