"""Imports, runs and exports the released networks in every format."""

import sys
import types

import keras
import numpy as np
import pytest

import zoo
from ave_keras import AVEError, checkpoints
from tests import small

torch = pytest.importorskip("torch")
safetensors = pytest.importorskip("safetensors.torch")
released = pytest.importorskip("tests.released")

one_backend = pytest.mark.skipif(
    keras.backend.backend() != "tensorflow",
    reason="names and shapes are the same on every backend",
)
FORMATS = ("legacy module", "zip module", "legacy dict", "zip dict", "safetensors")


def save(module, path, kind):
    """Saves with PyTorch, or safetensors with our writer, which needs no other package."""
    if kind == "safetensors":
        checkpoints.write(path.with_suffix(".safetensors"), {k: v.numpy() for k, v in module.state_dict().items()})
        return path.with_suffix(".safetensors")
    content = module if "module" in kind else module.state_dict()
    torch.save(content, path, _use_new_zipfile_serialization="zip" in kind)
    return path


def assert_same(found, expected, atol=1e-5):
    found, expected = ({"segments": x} if not isinstance(x, dict) else x for x in (found, expected))
    assert found.keys() == expected.keys()
    for key, value in expected.items():
        assert value.std() > 1e-3
        np.testing.assert_allclose(found[key], value, atol=atol)


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("entry", released.FORMS)
def test_formats_are_equivalent(tmp_path, entry, kind):
    module = released.net(entry)
    found = checkpoints.read(save(module, tmp_path / "net.pt", kind))
    assert found.network == ("tests.released.Net" if "module" in kind else None)
    expected = module.state_dict()
    # Those of safetensors are sorted by name.
    assert list(found.arrays) == (sorted(expected) if kind == "safetensors" else list(expected))
    for name, array in found.arrays.items():
        np.testing.assert_array_equal(array, expected[name].numpy())


@one_backend
def test_bfloat16_weights_become_float32(tmp_path):
    module = released.net("av_att")
    half = {name: value.to(torch.bfloat16) for name, value in module.state_dict().items()}
    safetensors.save_file(half, tmp_path / "half.safetensors")
    model = small.load("av_att", weights=tmp_path / "half.safetensors", compile=False)
    module.load_state_dict({name: value.float() for name, value in half.items()})
    x, _ = small.batch("av_att")
    assert_same(small.call(model, x), released.outputs(module, x))


@pytest.mark.parametrize("entry", released.FORMS)
def test_outputs_agree_and_export_is_identical(tmp_path, entry):
    """At the released sizes."""
    module = released.net(entry, released.RELEASED)
    count = {"av_att": 1_335_246, "w_av_att": 1_335_246, "dmrn_late": 1_571_150}[entry]
    assert sum(p.numel() for p in module.parameters()) == count
    file = save(module, tmp_path / "net.pt", "legacy module")
    model, rng = zoo.load(entry, weights=file, compile=False), np.random.default_rng(0)
    x = {"audio": rng.random((2, 10, 128), "float32"), "visual": rng.random((2, 10, 7, 7, 512), "float32")}
    assert_same(small.call(model, x), released.outputs(module, x))

    state = checkpoints.export_weights(model, like=checkpoints.read(file))
    theirs = module.state_dict()
    assert list(state) == list(theirs)
    for name, array in state.items():
        assert array.dtype == np.float32 and array.tobytes() == theirs[name].numpy().tobytes(), name


@one_backend
def test_pytorch_reads_exported_files(tmp_path):
    model, (x, _) = small.load("dmrn_late", protocol="official", compile=False), small.batch("dmrn_late")
    state, module = checkpoints.export_weights(model), released.net("dmrn_late")
    for suffix in (".pt", ".safetensors"):
        checkpoints.write(tmp_path / f"net{suffix}", state)
        for name, array in checkpoints.read(tmp_path / f"net{suffix}").arrays.items():
            np.testing.assert_array_equal(array, state[name])
    module.load_state_dict(torch.load(tmp_path / "net.pt"))
    assert_same(small.call(model, x), released.outputs(module, x))
    again = small.load("dmrn_late", weights=tmp_path / "net.pt", compile=False)
    for ours, theirs in zip(model.get_weights(), again.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_trained_biases_keep_their_sum(rng):
    first, second = np.float32(rng.normal(size=(2, 10_000)))
    total = first + second
    for moved in (total, np.nextafter(total, np.float32(9)), np.float32(rng.normal(size=10_000)) * 1000):
        a, b = checkpoints.transfer.split_bias(moved, first, second)
        np.testing.assert_array_equal(a + b, moved)
    same = checkpoints.transfer.split_bias(total, first, second)
    np.testing.assert_array_equal(same, (first, second))


@one_backend
@pytest.mark.parametrize("entry", ["dmrn_late", "gmu_late"])
def test_a_fusion_starts_from_the_released_av_att(tmp_path, entry):
    module = released.net("av_att")
    model = small.load(entry, init_from=save(module, tmp_path / "AV_att.pt", "legacy module"), compile=False)
    attention = model.get_layer("attention")
    assert attention.audio_axis == "cells"
    kernel = keras.ops.convert_to_numpy(attention.audio_score.kernel)
    np.testing.assert_array_equal(kernel.T, module.affine_g.weight.detach().numpy())
    # The classifier of A+V-att has another width, so it is not loaded.
    assert model.get_layer("logits").get_weights()[0].shape != tuple(module.L2.weight.shape[::-1])


@one_backend
def test_the_protocol_follows_the_weights(tmp_path):
    """An explicit protocol wins, although the weights compute something else in the paper's form."""
    module = released.net("w_av_att")
    file = save(module, tmp_path / "AV_att_weak.pt", "zip dict")
    x, _ = small.batch("w_av_att")
    paper = small.load("w_av_att", weights=file, protocol="paper")
    assert paper.get_layer("attention").audio_axis == "hidden"
    assert np.abs(small.call(paper, x)["video"] - released.outputs(module, x)["video"]).max() > 1e-3
    with pytest.warns(UserWarning) as warned:
        state = checkpoints.export_weights(paper)
    assert len(state) == 27
    texts = [str(w.message) for w in warned if w.category is UserWarning]
    assert ["along the cells" in text for text in texts] == [True, False] and "the maximum" in texts[1]


def test_data_parallel_prefix_and_enclosing_dict(tmp_path):
    module = released.net("av_att")
    state = {f"module.{name}": value for name, value in module.state_dict().items()}
    torch.save({"epoch": 3, "best": 0.7, "state_dict": state, "note": "mine"}, tmp_path / "net.pth")
    arrays = checkpoints.read(tmp_path / "net.pth").arrays
    assert list(arrays) == list(module.state_dict())
    np.testing.assert_array_equal(arrays["L2.bias"], module.L2.bias.detach().numpy())


@one_backend
def test_parts_of_networks_have_names():
    state = checkpoints.export_weights(small.load("v_att", protocol="official"))
    assert {name.split(".")[0] for name in state} == {
        *("lstm_video", "affine_audio", "affine_video", "affine_v", "affine_g", "affine_h", "L1", "L2")
    }


@one_backend
@pytest.mark.parametrize(
    ("saved", "loaded", "message"),
    [
        (
            "dmrn_late",
            "av_att",
            r"another network than 'av_att'.*expected A\+V-att.*missing L1\.bias.*unexpected U_a\.0\.bias",
        ),
        ("av_att", "dmrn_late", r"another network than 'dmrn_late'.*DMRN.*missing U_a\.0\.bias.*unexpected L1"),
        ("av_att", "gmu_late", r"'gmu_late' is not one of the released networks.*fusion"),
        ("av_att", "ssn", r"'ssn' is not one of the released networks"),
        ("av_att", "a", r"another network than 'a'"),
    ],
)
def test_a_file_of_another_network(tmp_path, saved, loaded, message):
    file = save(released.net(saved), tmp_path / "net.pt", "legacy dict")
    with pytest.raises(AVEError, match=message):
        small.load(loaded, weights=file, **({"protocol": "paper"} if loaded == "ssn" else {}))


@one_backend
def test_the_weak_network_is_recognized_by_its_class(tmp_path, monkeypatch):
    """Names and shapes are the same; only the class of a pickled module differs."""
    weak = type("att_Net", (released.Net,), {"__module__": "models_weakly"})
    monkeypatch.setitem(sys.modules, "models_weakly", types.SimpleNamespace(att_Net=weak))
    file = save(weak(released.SMALL, weak=True), tmp_path / "AV_att_weak.pt", "zip module")
    assert checkpoints.read(file).network == "models_weakly.att_Net"
    small.load("w_av_att", weights=file)
    with pytest.raises(AVEError, match=r"another network than 'av_att'.*models_weakly.att_Net, which is W-A\+V-att"):
        small.load("av_att", weights=file)


@one_backend
def test_other_sizes(tmp_path):
    file = save(released.net("av_att"), tmp_path / "net.pt", "zip dict")
    with pytest.raises(AVEError, match=r"do not fit.*net.pt, key 'lstm_audio.weight_ih_l0.*\(20, 6\).*\(16, 6\)"):
        small.load("av_att", weights=file, lstm_units=5)


def test_invalid_files(tmp_path):
    with pytest.raises(AVEError, match="weights file not found"):
        checkpoints.read(tmp_path / "absent.pt")
    with pytest.raises(AVEError, match=r"unknown weights format.*\.safetensors"):
        checkpoints.write(tmp_path / "net.npz", {})
