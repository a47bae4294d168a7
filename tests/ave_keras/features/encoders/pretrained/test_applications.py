import keras
import numpy as np
import pytest

from ave_keras import AVEError
from ave_keras.features import VisualEncoder, visual_encoder
from ave_keras.features.encoders.pretrained.applications import SIZES, networks

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the networks are Keras' own")
# One of each kind; their smallest pictures take a test less than a second.
TRIED = {
    "ConvNeXtTiny": 64,
    "DenseNet121": 64,
    "EfficientNetB0": 64,
    "EfficientNetV2B0": 64,
    "InceptionV3": 96,
    "MobileNet": 64,
    "MobileNetV2": 64,
    "MobileNetV3Small": 64,
    "ResNet50": 64,
    "ResNet50V2": 64,
    "VGG16": 64,
    "Xception": 96,
}


@pytest.mark.parametrize(("network", "side"), TRIED.items())
@pytest.mark.filterwarnings("ignore:.*random weights")
def test_the_map_is_that_of_the_network_by_hand(network, side):
    encoder = visual_encoder(f"applications:{network}", weights="random", size=(side, side), frames_per_second=2)
    assert isinstance(encoder, VisualEncoder)
    frames = np.random.default_rng(0).integers(0, 256, (2, 2, side, side, 3), "uint8")
    found = encoder(frames)
    assert found.shape == (2, *encoder.shape) and len(encoder.shape) == 3 and found.dtype == np.float32
    module = getattr(keras.applications, MODULES.get(network, network.lower()))
    by_hand = getattr(keras.applications, network)(include_top=False, weights=None, input_shape=(side, side, 3))
    by_hand.set_weights(encoder.network.get_weights())
    maps = by_hand.predict(module.preprocess_input(np.float32(frames.reshape(4, side, side, 3))), verbose=0)
    np.testing.assert_allclose(found, maps.reshape(2, 2, *encoder.shape).mean(axis=1), atol=1e-5)
    assert found.std() > 0


MODULES = {
    "ConvNeXtTiny": "convnext",
    "DenseNet121": "densenet",
    "EfficientNetB0": "efficientnet",
    "EfficientNetV2B0": "efficientnet_v2",
    "InceptionV3": "inception_v3",
    "MobileNetV2": "mobilenet_v2",
    "MobileNetV3Small": "mobilenet_v3",
    "ResNet50V2": "resnet_v2",
}


def test_sizes_are_those_of_the_networks():
    """With its top, a network has the size that it was trained on."""
    for network in ("Xception", "EfficientNetB1", "EfficientNetV2B2", "MobileNetV3Large"):
        built = getattr(keras.applications, network)(weights=None)
        assert built.input_shape[1] in (SIZES.get(network, 224), None)
    assert {*SIZES} <= {*networks()} and len(networks()) > 30


@pytest.mark.filterwarnings("ignore:.*random weights")
def test_weights_from_a_file(tmp_path):
    options = {"size": (64, 64)}
    first = visual_encoder("applications:MobileNetV2", weights="random", seed=1, **options)
    first.network.save_weights(tmp_path / "mobile.weights.h5")
    second = visual_encoder("applications:MobileNetV2", weights=tmp_path / "mobile.weights.h5", **options)
    frames = np.random.default_rng(0).integers(0, 256, (1, 1, 64, 64, 3), "uint8")
    np.testing.assert_array_equal(first(frames), second(frames))
    assert second.weights.endswith("mobile.weights.h5") and second.name == "applications:MobileNetV2"
    with pytest.raises(AVEError, match=r"cannot load these weights.*mobile\.weights\.h5.*of MobileNet without its top"):
        visual_encoder("applications:MobileNet", weights=tmp_path / "mobile.weights.h5", **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("applications:ConvNextTiny", {}, r"unknown network.*'ConvNextTiny'.*Did you mean 'ConvNeXtTiny'"),
        ("applications:", {}, "unknown network"),
        ("applications:preprocess_input", {}, "unknown network"),
        ("applications:VGG16", {"weights": "none.h5"}, r"weights file not found.*none\.h5"),
        ("applications:VGG16", {"weights": "random", "size": (8, 8)}, r"cannot build 'applications:VGG16'"),
        ("applications:VGG16", {"sizes": 3}, r"cannot create encoder.*sizes"),
    ],
)
def test_bad_input(name, options, message):
    with pytest.raises(AVEError, match=message):
        visual_encoder(name, **options)
