import keras
import numpy as np
import pytest
import torch

from ave_keras import AVEError
from ave_keras.features.encoders.log_mel import patches
from ave_keras.features.encoders.registry import with_weights
from ave_keras.features.encoders.vggish import TENSORFLOW, VGGish, postprocess, read_pca, vggish
from tests.ave_keras.features import networks

SIZES = {"filters": (3, 4, 5, 6), "units": 7, "dim": 8}
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")


@pytest.fixture
def wave(rng):
    return np.float32(rng.uniform(-1, 1, (3, 16000)))


@pytest.fixture
def module():
    return networks.random(networks.VGGish(*SIZES.values()))


@pytest.mark.parametrize("last_relu", [True, False])
def test_equals_pytorch(tmp_path, wave, module, last_relu):
    path = networks.saved(module, tmp_path / "vggish.pth")
    encoder = VGGish(path, network=vggish(last_relu=last_relu, **SIZES))
    found = encoder(wave)
    mel = keras.ops.convert_to_numpy(patches(wave))
    with torch.no_grad():
        expected = module(torch.tensor(mel), last_relu).numpy()
    assert found.shape == (3, 8) and found.dtype == np.float32 and (expected.min() < 0) is not last_relu
    np.testing.assert_allclose(found, expected, atol=1e-4)
    assert (encoder.dim, encoder.rate, encoder.weights) == (8, 16000, str(path))


@tensorflow_only
@pytest.mark.parametrize("writer", ["Save", "SaveV2"])
def test_reads_tensorflows_checkpoint(tmp_path, wave, module, writer):
    tf = pytest.importorskip("tensorflow")
    names, values = [], []
    modules = [m for m in module.modules() if hasattr(m, "weight")]
    for (kernel, bias), layer in zip(TENSORFLOW.values(), modules, strict=True):
        weight = layer.weight.detach().numpy()
        names += [kernel, bias]
        values += [np.moveaxis(weight, (0, 1), (-1, -2)), layer.bias.detach().numpy()]
    path = str(tmp_path / "vggish_model.ckpt")
    if writer == "Save":
        tf.raw_ops.Save(filename=path, tensor_names=names, data=values)
    else:
        tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
    from_torch = VGGish(networks.saved(module, tmp_path / "a.pth"), network=vggish(**SIZES))
    from_tensorflow = VGGish(path, network=vggish(**SIZES))
    np.testing.assert_array_equal(from_tensorflow(wave), from_torch(wave))


@tensorflow_only
def test_the_released_size():
    assert vggish().count_params() == 72_141_184


def test_random_weights_warn_and_are_the_same_on_every_backend(wave):
    with pytest.warns(UserWarning, match="random weights"):
        encoder = VGGish("random", seed=3, network=vggish(**SIZES))
    assert encoder.weights == "random, seed 3"
    kernel = encoder.network.get_layer("conv1").get_weights()[0]
    first = (2 * np.random.default_rng(3).random((3, 3, 1, 3), "float32") - 1) * np.sqrt(6 / 9)
    np.testing.assert_allclose(kernel, first, rtol=1e-6)


def test_post_processing_by_hand(rng):
    x, matrix, means = rng.normal(size=(5, 4)), rng.normal(size=(4, 4)), rng.normal(size=4)
    expected = [[np.dot(row, v - means) for row in matrix] for v in x]
    expected = np.round((np.clip(expected, -2, 2) + 2) * 255 / 4)
    np.testing.assert_array_equal(postprocess(x, matrix, means[:, None]), expected)


def test_the_released_pca(shared, tmp_path, wave):
    path = shared / "ave" / "vggish_pca_params.npz"
    matrix, means = read_pca(path)
    assert matrix.shape == (128, 128) and means.shape == (128,)
    torch.save(
        {"pca_eigen_vectors": torch.tensor(matrix), "pca_means": torch.tensor(means[:, None])}, tmp_path / "p.pth"
    )
    again = read_pca(tmp_path / "p.pth")
    np.testing.assert_array_equal(again[0], matrix)
    np.testing.assert_array_equal(again[1], means)


def test_weights_that_torch_hub_has_downloaded(tmp_path, module, monkeypatch):
    monkeypatch.setenv("TORCH_HOME", str(tmp_path))
    with pytest.raises(AVEError, match=r"VGGish needs weights.*found no vggish-10086976\.pth in .*or 'random'"):
        VGGish()
    assert with_weights("vggish", {}) == ("vggish", {})
    (tmp_path / "hub/checkpoints").mkdir(parents=True)
    path = networks.saved(module, tmp_path / "hub/checkpoints/vggish-10086976.pth")
    assert VGGish(network=vggish(**SIZES)).weights == str(path)
    assert with_weights("vggish", {"last_relu": False}) == ("vggish", {"last_relu": False, "weights": path})
    assert with_weights("vggish", {"weights": "random"}) == ("vggish", {"weights": "random"})


def test_weights_that_do_not_fit(tmp_path, module):
    with pytest.raises(AVEError, match=r"weights file not found .*found no file"):
        VGGish(tmp_path / "no.ckpt", network=vggish(**SIZES))
    path = networks.saved(module, tmp_path / "vggish.pth")
    small = vggish(**{**SIZES, "units": 9})
    before = small.get_weights()
    with pytest.raises(AVEError, match=r"do not fit.*embeddings.0.weight.*expected floats \(144, 9\).*\(144, 7\)"):
        VGGish(path, network=small)
    assert all(np.array_equal(a, b) for a, b in zip(before, small.get_weights(), strict=True))
    state = module.state_dict()
    del state["features.6.bias"]
    torch.save(state, tmp_path / "part.pth")
    with pytest.raises(AVEError, match=r"not the weights of 'vggish'.*found no features.6.bias"):
        VGGish(tmp_path / "part.pth", network=vggish(**SIZES))
    np.savez(tmp_path / "pca.npz", something=1)
    with pytest.raises(AVEError, match="not a VGGish PCA file"):
        read_pca(tmp_path / "pca.npz")


@tensorflow_only
def test_a_text_file_instead_of_a_checkpoint(tmp_path):
    (tmp_path / "vggish_model.ckpt").write_text("no weights")
    with pytest.raises(AVEError, match="not a TensorFlow checkpoint"):
        VGGish(tmp_path / "vggish_model.ckpt", network=vggish(**SIZES))
