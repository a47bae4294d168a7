"""Imports and exports the tensors of the released networks after 2018."""

import sys
import types

import keras
import numpy as np
import pytest

from ave_keras import AVEError, checkpoints, models
from tests import lineage

pytestmark = pytest.mark.skipif(
    keras.backend.backend() != "torch", reason="names and shapes are the same on every backend"
)


@pytest.fixture(params=[*lineage.MINI, "psp_sup", "psp_weak", "cpsp_weak", "avsdn_sup"])
def fixture(request, shared):
    return lineage.fixture(shared, request.param, mini=request.param in lineage.MINI)


def used(fixture):
    """What README says is not used in the forward pass."""
    unused = {
        "psp_sup": ("linear_v", "v_classify", "a_classify", "L3", "L4"),
        "psp_weak": ("temperature", "W1", "W2"),
        "cpsp_weak": ("linear_v", "v_classify", "a_classify", "L1", "L2"),
        "cmbs_weak": ("classifier.",),
    }.get(fixture.name, ())
    parts = ("encoder_layer.", "decoder_layer.", "decoder.layers.0.self_attn.", "affine_video_guided")
    parts += ("ave_bottleneck", "video_norm.", "audio_norm.", "v_norm2", "a_fc")
    parts = parts if fixture.name in lineage.MINI else ()
    return [n for n in fixture.arrays if not n.startswith(unused) and not any(part in n for part in parts)]


def test_unused_tensors_are_skipped_and_named(fixture):
    loaded = checkpoints.import_weights(fixture.build(), fixture.checkpoint())
    assert set(loaded) == set(used(fixture))
    assert sorted([*loaded, *loaded.skipped]) == sorted(fixture.arrays)


def test_export_reproduces_the_file(fixture):
    model = fixture.load()
    state = checkpoints.export_weights(model, like=fixture.checkpoint())
    assert list(state) == list(fixture.arrays)
    for name, array in state.items():
        assert array.dtype == np.float32 and array.tobytes() == fixture.arrays[name].tobytes(), name


def test_export_without_the_file(fixture):
    """The used tensors only; the first bias of an LSTM is the sum."""
    model = fixture.load()
    state = checkpoints.export_weights(model)
    assert set(state) == set(used(fixture))
    other = fixture.build()
    checkpoints.import_weights(other, checkpoints.reading.Checkpoint(state, None, None))
    for ours, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_state_dict_as_released(fixture, tmp_path):
    """With the prefix of `DataParallel`, in double precision."""
    torch = pytest.importorskip("torch")
    state = {f"module.{name}": torch.tensor(array, dtype=torch.float64) for name, array in fixture.arrays.items()}
    torch.save({"epoch": 46, "state_dict": state}, tmp_path / "best.pth.tar")
    assert checkpoints.is_checkpoint(tmp_path / "best.pth.tar")
    model, expected = fixture.build(), fixture.load()
    checkpoints.import_weights(model, checkpoints.read(tmp_path / "best.pth.tar"))
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_allclose(ours, theirs, atol=1e-7)


def test_a_saved_model_keeps_the_names(fixture, tmp_path):
    fixture.load().save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    for name, array in checkpoints.export_weights(again, like=fixture.checkpoint()).items():
        np.testing.assert_array_equal(array, fixture.arrays[name], err_msg=name)


def test_written_and_read(fixture, tmp_path):
    state = checkpoints.export_weights(fixture.load(), like=fixture.checkpoint())
    checkpoints.write(tmp_path / "net.pth.tar", state)
    found = checkpoints.read(tmp_path / "net.pth.tar").arrays
    assert list(found) == list(fixture.arrays)
    assert all(array.tobytes() == fixture.arrays[name].tobytes() for name, array in found.items())


def test_missing_and_unexpected_tensors(fixture):
    model, (first, *_) = fixture.build(), used(fixture)
    before = model.get_weights()
    missing = fixture.checkpoint()
    del missing.arrays[first]
    with pytest.raises(AVEError, match=rf"another network than.*{fixture.name}.*missing {first}.*unexpected nothing"):
        checkpoints.import_weights(model, missing)
    extra = fixture.checkpoint(own=np.ones(3, "float32"))
    with pytest.raises(AVEError, match=r"missing nothing, unexpected own"):
        checkpoints.import_weights(model, extra)
    for ours, theirs in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_unsuitable_arrays(fixture):
    model, name = fixture.build(), used(fixture)[-1]
    array = fixture.arrays[name]
    nan = np.full_like(array, np.nan)
    for value, message in (
        (array.astype("float16"), r"expected float32 or float64 .* found float16"),
        (array.astype("int64"), r"expected float32 or float64 .* found int64"),
        (np.stack([array, array]), "the weights do not fit"),
        (nan, "NaN or infinite"),
    ):
        with pytest.raises(AVEError, match=message) as raised:
            checkpoints.import_weights(model, fixture.checkpoint(**{name: value}))
        assert raised.value.key == name


@pytest.mark.parametrize(
    ("file", "builder", "message"),
    [
        ("psp_sup", {"name": "cpsp"}, r"another network than 'cpsp'.*expected CPSP.*event_classifier"),
        ("psp_sup", {"name": "psp", "supervision": "weak"}, r"expected PSP, weak.*missing W3.*PSP_weakly.pt"),
        ("psp_weak", {"name": "psp"}, r"expected PSP,.*missing fa.*PSP_fully.pt"),
        ("cpsp_sup", {"name": "psp"}, r"expected PSP,.*unexpected category_classifier"),
        ("avsdn_sup", {"name": "cpsp"}, "expected CPSP"),
        ("cmran_sup", {"name": "cmbs"}, "expected CMBS"),
        ("cmbs_sup", {"name": "cmran"}, r"expected CMRAN.*unexpected .*VAInter"),
        ("cmbs_sup", {"name": "cmbs", "supervision": "weak"}, "expected CMBS, weak.*WeaklySupervised_model"),
        ("cmbs_sup", {"name": "cace_net"}, "expected CACE-Net"),
        ("cace_sup", {"name": "cmbs"}, "expected CMBS"),
        ("cace_sup", {"name": "cace_net", "guide": "none"}, r"expected CACE-Net, no guide.*unexpected spatial_channel"),
        ("cace_sup", {"name": "cace_net", "guide": "visual"}, r"visual guide.*unexpected .*video_key2"),
        ("cmran_sup", {"name": "cmran", "supervision": "weak"}, r"do not fit 'cmran'.*event_classifier.*\(29, 256\)"),
        ("cmran_sup", {"name": "cmran", "feed_forward": 1024}, r"do not fit 'cmran'.*linear1.*zoo.load"),
    ],
)
def test_a_file_of_another_network(shared, file, builder, message):
    model = getattr(models, builder["name"])(**builder)
    with pytest.raises(AVEError, match=message):
        checkpoints.import_weights(model, lineage.fixture(shared, file).checkpoint())


def module_of(arrays, cls):
    """A PyTorch module with these parameters, of the class `cls`."""
    torch = pytest.importorskip("torch")
    root = cls()
    for name, array in arrays.items():
        *path, last = name.split(".")
        module = root
        for part in path:
            if part not in module._modules:
                module.add_module(part, torch.nn.Module())
            module = module._modules[part]
        module.register_parameter(last, torch.nn.Parameter(torch.tensor(array)))
    return root


@pytest.mark.parametrize(("kind", "found"), [("fully", "psp_sup"), ("weakly", "psp_weak")])
def test_whole_pickled_modules(shared, tmp_path, monkeypatch, kind, found):
    torch = pytest.importorskip("torch")
    fixture = lineage.fixture(shared, found)
    cls = type("psp_net", (torch.nn.Module,), {"__module__": f"{kind}_model"})
    monkeypatch.setitem(sys.modules, f"{kind}_model", types.SimpleNamespace(psp_net=cls))
    file = tmp_path / f"PSP_{kind}.pt"
    torch.save(module_of(fixture.arrays, cls), file)
    checkpoint = checkpoints.read(file)
    assert checkpoint.network == f"{kind}_model.psp_net"
    model, expected = fixture.build(), fixture.load()
    checkpoints.import_weights(model, checkpoint)
    for ours, theirs in zip(model.get_weights(), expected.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    other = models.psp(supervision="weak" if kind == "fully" else "full")
    with pytest.raises(AVEError, match=rf"another network than 'psp'.*{kind}_model\.psp_net, which is PSP"):
        checkpoints.import_weights(other, checkpoint)
    with pytest.raises(AVEError, match="which is PSP"):
        checkpoints.import_weights(models.localizer(attention=True), checkpoint)


def test_partial_import_takes_what_fits(shared):
    """CPSP starts from PSP: the trunk is the same."""
    model = models.cpsp()
    before = model.get_layer("category_logits").get_weights()[0]
    fixture = lineage.fixture(shared, "psp_sup")
    loaded = checkpoints.import_weights(model, fixture.checkpoint(), partial=True)
    assert "psp.v_fc.weight" in loaded and not any(name.startswith("event_classifier") for name in loaded)
    np.testing.assert_array_equal(model.get_layer("category_logits").get_weights()[0], before)


def test_names_follow_the_layers_not_the_name_of_the_model(shared):
    fixture = lineage.fixture(shared, "cmbs_weak", mini=True)
    assert len(checkpoints.import_weights(fixture.build(name="mine"), fixture.checkpoint())) > 100
