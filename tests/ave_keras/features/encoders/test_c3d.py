import keras
import numpy as np
import pytest
import torch

from ave_keras import AVEError
from ave_keras.features.encoders.c3d import C3D, c3d
from tests.ave_keras.features import networks

SIZES = {"filters": (2, 3, 4, 5, 6), "units": 7}
tensorflow_only = pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="the same on every backend")


@pytest.fixture
def frames(rng):
    return rng.integers(0, 256, (1, 16, 112, 112, 3), "uint8")


@pytest.mark.parametrize(("output", "shape"), [("conv5b", (7, 7, 6)), ("fc7", (1, 1, 7))])
def test_equals_pytorch(tmp_path, frames, output, shape):
    module = networks.random(networks.C3D(*SIZES.values()))
    encoder = C3D(networks.saved(module, tmp_path / "c3d.pickle"), output=output, network=c3d(output, **SIZES))
    assert encoder.shape == shape
    with torch.no_grad():
        expected = module(torch.tensor(np.float32(frames)), output).numpy()
    np.testing.assert_allclose(encoder(frames), expected, rtol=1e-4, atol=1e-4 * np.abs(expected).max())


@tensorflow_only
def test_reads_tensorflows_checkpoint_and_mean(tmp_path, frames, rng):
    tf = pytest.importorskip("tensorflow")
    module = networks.random(networks.C3D(*SIZES.values()))
    names, values = [], []
    for name in ("1", "2", "3a", "3b", "4a", "4b", "5a", "5b"):
        layer = getattr(module, f"conv{name}")
        names += [f"var_name/wc{name}", f"var_name/bc{name}"]
        values += [layer.weight.detach().permute(2, 3, 4, 1, 0).numpy(), layer.bias.detach().numpy()]
    path = str(tmp_path / "sports1m.model")
    tf.raw_ops.SaveV2(prefix=path, tensor_names=names, shape_and_slices=[""] * len(names), tensors=values)
    mean = np.float32(rng.uniform(0, 200, (16, 112, 112, 3)))
    np.save(tmp_path / "crop_mean.npy", mean)
    encoder = C3D(path, mean=tmp_path / "crop_mean.npy", network=c3d(**SIZES))
    with torch.no_grad():
        expected = module(torch.tensor(frames - mean), "conv5b").numpy()
    np.testing.assert_allclose(encoder(frames), expected, rtol=1e-4, atol=1e-4 * expected.max())


@tensorflow_only
def test_invalid_arguments(tmp_path):
    with pytest.raises(AVEError, match=r"C3D needs weights.*weights='random'"):
        C3D()
    with pytest.raises(AVEError, match=r"unknown C3D layer .*found 'fc9'"):
        C3D("random", output="fc9")
    torch.save({"conv1.weight": torch.zeros(1)}, tmp_path / "c3d.pt")
    with pytest.raises(AVEError, match=r"not the weights of 'c3d'.*found no conv1.bias, .* and 11 more"):
        C3D(tmp_path / "c3d.pt", network=c3d(**SIZES))
    with pytest.raises(AVEError, match="invalid mean picture"):
        C3D("random", mean=np.zeros(5), network=c3d(**SIZES))
