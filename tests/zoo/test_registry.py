import keras
import numpy as np
import pytest
import yaml

import zoo
from ave_keras import AVEError
from tests import small
from zoo.registry import ENTRIES, read_family

TABLE_1 = ["a", "v", "v_att", "av", "av_att", "w_a", "w_v", "w_v_att", "w_av", "w_av_att"]
PAPER = [59.5, 55.3, 58.6, 71.4, 72.7, 53.4, 52.9, 55.6, 63.7, 66.7]


def test_names_and_the_papers_figures():
    assert [name for name in zoo.list() if name in TABLE_1] == TABLE_1
    assert [zoo.entry(name).paper["accuracy"] for name in TABLE_1] == PAPER


FUSIONS = ["additive", "maxpool", "gated", "mb", "gmu", "gmb", "concat", "mrn", "dmrn"]
TABLE_2 = {
    "early": [59.9, 67.9, 67.9, 69.2, 70.5, 70.2, 61.0, 69.8, 68.0],
    "late": [71.3, 71.4, 70.5, 70.5, 71.6, 71.0, 72.7, 70.8, 73.1],
    "decision": [70.5, 64.5, 65.2, 64.6, 67.6, 67.3, 69.7, 63.8, 70.4],
}


@pytest.mark.parametrize("stage", TABLE_2)
def test_table_2(stage):
    names = [f"{fusion}_{stage}" for fusion in FUSIONS]
    assert set(names) <= set(zoo.list())
    assert [zoo.entry(name).paper["accuracy"] for name in names] == TABLE_2[stage]


def test_dmrfe_and_the_second_name():
    assert zoo.entry("dmrfe_late").paper["accuracy"] == 73.3
    assert zoo.entry("concat_late") is zoo.entry("av_att")
    assert zoo.entry("dmrn_late").parameters == 1_569_102


def test_dmrn_starts_from_a_trained_av_att(tmp_path):
    source = small.load("av_att")
    source.save(tmp_path / "av_att.keras")
    for given in (source, tmp_path / "av_att.keras"):
        model = small.load("dmrn_late", init_from=given)
        for name in ("attention", "lstm_audio", "lstm_visual"):
            for ours, theirs in zip(model.get_layer(name).weights, source.get_layer(name).weights, strict=True):
                np.testing.assert_array_equal(keras.ops.convert_to_numpy(ours), keras.ops.convert_to_numpy(theirs))
    with pytest.raises(AVEError, match=r"no layer of this model fits 'dmrn_late'.*'init_from'.*'attention'"):
        small.load("dmrn_late", init_from=small.load("a", lstm_units=3))
    with pytest.raises(AVEError, match=r"model file not found \(.*absent.keras\)"):
        small.load("dmrn_late", init_from=tmp_path / "absent.keras")


def test_candidates_load_and_are_not_listed():
    assert zoo.entry("avel").candidate and "avel" not in zoo.list() and zoo.list(family="avel") == ["w_avel"]
    assert small.load("avel").name == "avel"


def test_filters():
    assert zoo.list("w_*") == zoo.list(task="weak") and set(zoo.list(family="weak")) < set(zoo.list("w_*"))
    assert zoo.list("*psp") == ["cpsp", "w_cpsp", "psp", "w_psp"]
    assert zoo.list("concat_l*") == ["concat_late"]
    assert zoo.list("nothing*") == []


def test_unknown_name_suggests():
    with pytest.raises(AVEError, match=r"unknown entry 'av_at'.*Nearest: av_att"):
        zoo.entry("av_at")
    with pytest.raises(AVEError, match=r"zoo\.list\(\) and `ave-keras list` show all names"):
        zoo.load("§")


def test_protocols():
    assert zoo.entry("w_av").model["pooling"] == "mean"
    official = zoo.entry("w_av", "official")
    assert official.model["pooling"] == "max" and official.recipe.background_videos
    with pytest.raises(AVEError, match=r"unknown protocol.*'paper', 'official'.*'ours'"):
        zoo.entry("av", "ours")


def change(family, *path, value=None):
    *parents, last = path
    for key in parents:
        family = family[key]
    if value is None:
        del family[last]
    else:
        family[last] = value


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (("entries", "a", "title"), None, r"missing key \(broken.yaml, key 'entries.a.title'\)"),
        (("entries", "a", "papers"), {}, r"unknown key \(broken.yaml, key 'entries.a.papers'\).*'paper'"),
        (("colour",), "red", "unknown key.*colour"),
        (("task",), "guess", "task.*'supervised', 'weak'.*'guess'"),
        (("entries", "a", "parameters"), "many", "parameters.*'many'"),
        (("recipe", "epoch"), 3, "unknown recipe key.*epoch.*'epochs'"),
        (("recipe", "epochs"), 0, "epochs.*1 or more.*found 0"),
        (("recipe", "loss"), "hinge", "loss.*'hinge'"),
        (("recipe", "learning_rate"), -1, "learning_rate.*above 0.*-1"),
        (("recipe", "decay_steps"), 0, "decay_steps.*1 or more.*found 0"),
        (("recipe", "losses"), {"segments": {"loss": "cca", "target": "seconds"}}, "segments.target.*'similarity'"),
    ],
)
def test_broken_files(tmp_path, path, value, message):
    family = yaml.safe_load((ENTRIES / "supervised.yaml").read_text())
    change(family, *path, value=value)
    file = tmp_path / "broken.yaml"
    file.write_text(yaml.safe_dump(family))
    with pytest.raises(AVEError, match=message):
        list(read_family(file))


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"optimizer": "adamm"}, r"key 'optimizer'.*'adamm' with \{\}: Could not interpret"),
        ({"optimizer_options": {"momentum": 0.9}}, r"key 'optimizer'.*\{'momentum': 0.9\}: .*not recognized"),
        ({"loss_options": {"margin": 2}}, r"options of categorical_crossentropy.*\{'margin': 2\}"),
        ({"optimizer_options": 3}, "'optimizer_options'.*lines.*found 3"),
        ({"learning_rate": float("inf")}, "'learning_rate'.*above 0, found inf"),
        ({"milestones": [-1]}, "'milestones'"),
        ({"late_from": "x"}, "'late_from'.*from 0 to 1"),
        ({"shuffle": "x"}, "'shuffle'.*first_batch"),
        ({"background_videos": "x"}, "'background_videos'"),
        ({"unused": "x"}, "'unused'.*list of outputs"),
        ({"loss": "cca"}, "cannot learn with this loss.*none of"),
        ({1: 2}, r"'recipe'.*found \{1: 2\}"),
        ("x", "'recipe'.*found 'x'"),
        (
            {"losses": {"video": {"loss": "cca", "target": "video"}}},
            "'losses'.*one output only, found 'video'",
        ),
    ],
)
def test_recipes_that_do_not_compile(recipe, message):
    with pytest.raises(AVEError, match=message):
        zoo.load("av", recipe=recipe)


def test_overrides():
    model = zoo.load("av_att", num_classes=5, segments=20, visual_shape=(14, 14, 64), audio_dim=768, lstm_units=8)
    assert model.output_shape == (None, 20, 5)
    assert model.input["audio"].shape == (None, 20, 768)
    assert model.input["visual"].shape == (None, 20, 14, 14, 64)
    assert float(zoo.load("a", recipe={"learning_rate": 0.5}).optimizer.learning_rate) == 0.5
    with pytest.raises(AVEError, match=r"unknown argument of entry.*lstm_unit.*'lstm_units'"):
        zoo.load("a", lstm_unit=8)


def test_weights(tmp_path):
    model = small.load("av")
    x, _ = small.batch("av")
    for file in (tmp_path / "m.keras", tmp_path / "m.weights.h5"):
        model.save(file) if file.suffix == ".keras" else model.save_weights(file)
        again = small.load("av", weights=file)
        np.testing.assert_array_equal(again.predict(x, verbose=0), model.predict(x, verbose=0))
        with pytest.raises(AVEError, match=r"into 'av'.*m\."):
            small.load("av", weights=file, lstm_units=5)
    with pytest.raises(AVEError, match=r"m\.weights\.h5.*shapes that the file"):
        small.load("av", weights=tmp_path / "m.weights.h5", lstm_units=5)
    other = {**small.SPEC, "num_classes": 7}
    shapes = r"expected weights of shapes \[\(6, 7\), \(7,\)\], found \[\(6, 5\), \(5,\)\]"
    message = rf"m\.keras, key 'logits'\): {shapes}.*init_from="
    with pytest.raises(AVEError, match=message):
        small.load("av", weights=tmp_path / "m.keras", **other)
    small.load("av", init_from=tmp_path / "m.keras", **other)
    with pytest.raises(AVEError, match=r"weights file not found"):
        small.load("av", weights=tmp_path / "absent.keras")


@pytest.mark.parametrize(
    ("name", "needs"),
    [("a", "sound"), ("v", "picture"), ("v_att", "sound and picture"), ("w_av", "sound and picture, weak labels")],
)
def test_needs(name, needs):
    """Attention to the picture is guided by the sound."""
    assert zoo.entry(name).needs == needs
