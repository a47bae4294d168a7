"""Backbones of keras-hub with random weights, saved as presets; nothing is downloaded."""

import sys

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features import VisualEncoder, visual_encoder
from ave_keras.runtime.packages import installed

needs_hub = pytest.mark.skipif(
    keras.backend.backend() != "torch" or not installed("keras_hub"), reason="keras-hub, on PyTorch"
)
FRAMES = np.random.default_rng(0).integers(0, 256, (2, 2, 32, 32, 3), "uint8")


@pytest.fixture
def presets(tmp_path):
    """A convolutional network with an image converter, and a vision transformer without."""
    import keras_hub

    resnet = keras_hub.models.ResNetBackbone(
        input_conv_filters=[64],
        input_conv_kernel_sizes=[7],
        stackwise_num_filters=[64, 64],
        stackwise_num_blocks=[1, 1],
        stackwise_num_strides=[1, 2],
        block_type="basic_block",
        image_shape=(32, 32, 3),
    )
    resnet.save_to_preset(str(tmp_path / "resnet"))
    converter = keras_hub.layers.ResNetImageConverter(image_size=(32, 32), scale=1 / 127.5, offset=-1.0)
    converter.save_to_preset(str(tmp_path / "resnet"))
    transformer = keras_hub.models.ViTBackbone(
        image_shape=(32, 32, 3), patch_size=8, num_layers=1, num_heads=2, hidden_dim=16, mlp_dim=16
    )
    transformer.save_to_preset(str(tmp_path / "vit"))
    return tmp_path, resnet, transformer


@needs_hub
def test_the_map_of_a_convolutional_network(presets):
    folder, resnet, _ = presets
    encoder = visual_encoder(f"hub:{folder / 'resnet'}", frames_per_second=2)
    assert isinstance(encoder, VisualEncoder) and encoder.size == (32, 32) and encoder.shape == (4, 4, 64)
    by_hand = resnet.predict_on_batch(np.float32(FRAMES[1]) / 127.5 - 1).mean(axis=0)
    np.testing.assert_allclose(encoder(FRAMES)[1], by_hand, atol=1e-5)


@needs_hub
@pytest.mark.filterwarnings("ignore:.*no image converter")
def test_tokens_become_a_grid(presets):
    folder, _, transformer = presets
    encoder = visual_encoder(f"hub:{folder / 'vit'}", frames_per_second=2)
    assert encoder.shape == (4, 4, 16)
    tokens = transformer.predict_on_batch(np.float32(FRAMES[0]) / 255).mean(axis=0)
    assert tokens.shape == (17, 16)  # The class token is the first.
    np.testing.assert_allclose(encoder(FRAMES)[0].reshape(16, 16), tokens[1:], atol=1e-5)


@needs_hub
def test_random_weights(presets):
    with pytest.warns(UserWarning, match="random weights"):
        encoder = visual_encoder(f"hub:{presets[0] / 'resnet'}", weights="random", seed=3)
    assert encoder.weights == "random, seed 3"


@needs_hub
@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("hub:no_such_preset", {}, r"cannot load the preset 'no_such_preset'.*Check the name"),
        ("hub:", {}, "cannot load the preset"),
        ("hub:x", {"weights": "imagenet"}, "preset or random, found 'imagenet'"),
    ],
)
def test_bad_input(name, options, message):
    with pytest.raises(AVEError, match=message):
        visual_encoder(name, **options)


def test_without_keras_hub(monkeypatch):
    monkeypatch.setitem(sys.modules, "keras_hub", None)
    with pytest.raises(AVEError, match=r'needs keras_hub.*pip install "ave-keras\[hub\]"'):
        visual_encoder("hub:resnet_50_imagenet")
