from dataclasses import replace

import h5py
import keras
import numpy as np
import pytest

import zoo
from ave_keras.data import AVE
from benchmarks.execution.cell import run_cell
from benchmarks.results.store import Store

once = pytest.mark.skipif(keras.backend.backend() != "torch", reason="does not depend on the backend")


class Killed(Exception):
    pass


def kill_after(epochs):
    def report(epoch, logs):
        if epoch == epochs:
            raise Killed

    return report


# SSN has two outputs, and dropout with a random generator in the state; DCCA has non-trainable weights, which all
# backends handle alike.
AVERAGED = {"average": 0.9, "augment": {"swap": 0.5}, "cosine_decay": True}
RESUMED = [("ssn", {}), ("dcca", {}), ("a", AVERAGED)]


@pytest.mark.parametrize(("entry", "recipe"), RESUMED if keras.backend.backend() == "torch" else RESUMED[:1])
def test_a_resumed_cell_equals_an_uninterrupted_one(tmp_path, folder, cell, entry, recipe):
    whole = run_cell(cell(entry, **recipe), folder, Store(tmp_path / "whole"))
    store = Store(tmp_path / "killed")
    # JAX compiles again for each attempt, so it gets only one.
    for epochs in (3,) if keras.backend.backend() == "jax" else (1, 3):
        with pytest.raises(Killed):
            run_cell(cell(entry, **recipe), folder, store, kill_after(epochs))
    resumed = run_cell(cell(entry, **recipe), folder, store)
    assert resumed["resumed_after"] == 3
    for key in ("history", "best_epoch", "test", "test_accuracy"):
        assert resumed[key] == whole[key]


@once
def test_a_finished_cell_is_not_run_again(tmp_path, folder, cell):
    store = Store(tmp_path)
    first = run_cell(cell(), folder, store)
    assert run_cell(cell(), folder, store, kill_after(1)) == first


@once
def test_training_on_means_equals_training_on_maps(tmp_path, folder, cell, monkeypatch):
    v, store = cell("v"), Store(tmp_path / "means")
    means = run_cell(v, folder, store)
    (file,) = store.pooled_folder(v.data).glob("main*")
    assert file.stat().st_size < 30 * 4 * 4 * 4 + 200
    monkeypatch.setattr("benchmarks.execution.cell.on_vectors", lambda model, ave, folder: (model, ave))
    maps = run_cell(v, folder, Store(tmp_path / "maps"))
    assert not Store(tmp_path / "maps").pooled_folder(v.data).exists()
    for one, other in zip(means["history"], maps["history"], strict=True):
        assert one == pytest.approx(other, rel=1e-4)
    for key in ("parameters", "entry", "best_epoch", "test"):
        assert means[key] == maps[key]


@once
def test_the_best_epoch_does_not_depend_on_the_test_split(tmp_path, folder, cell):
    """Other labels on the test split change the score, but neither training nor best epoch nor predictions."""
    import shutil

    other = tmp_path / "other"
    shutil.copytree(folder, other)
    ave = AVE.from_directory(folder)
    with h5py.File(other / "labels.h5", "r+") as file:
        for row in ave.split("test"):
            file["avadataset"][int(row)] = np.roll(file["avadataset"][int(row)], 1, axis=-1)
    record = run_cell(cell(), folder, Store(tmp_path / "a"))
    with pytest.warns(UserWarning, match="labels"):
        changed = run_cell(cell(), other, Store(tmp_path / "b"))
    assert changed["history"] == record["history"]
    assert changed["best_epoch"] == record["best_epoch"]
    assert changed["test"]["predicted"] == record["test"]["predicted"]
    assert changed["test"]["truth"] != record["test"]["truth"]
    scores = [logs[f"val_{zoo.entry('a').monitor}"] for logs in record["history"]]
    assert record["best_epoch"] == int(np.argmax(scores))


@once
def test_the_record_of_a_matching_cell(tmp_path, folder, cell):
    record = run_cell(cell("avdln", epochs=2), folder, Store(tmp_path))
    ave = AVE.from_directory(folder)
    test, metrics = record["test"], record["metrics"]
    assert set(test["rows"]) <= set(ave.split("test_match").tolist())
    for direction in ("a2v", "v2a"):
        hits = [(s in tied) / len(tied) for tied, s in zip(test[direction], test["starts"], strict=True)]
        assert metrics[direction] == pytest.approx(np.mean(hits))
        assert {f"{direction}_iou", f"{direction}_within_1"} < set(metrics)
    assert record["test_accuracy"] == pytest.approx((metrics["a2v"] + metrics["v2a"]) / 2)
    assert len(record["trivial"]) == 4 and record["trivial"]["random window"]["a2v"] > 0
    assert record["best_epoch"] == int(np.argmax([logs["val_exact_match"] for logs in record["history"]]))


@once
def test_the_record_contains_attention_scores(tmp_path, folder, cell):
    record = run_cell(cell("v_att", epochs=1), folder, Store(tmp_path))
    ave = AVE.from_directory(folder)
    area = ave.source_mask[np.sort(ave.split("test"))]
    area = area[area.any((-1, -2))].mean()
    assert record["metrics"]["accuracy"] == record["test_accuracy"]
    assert 0 < record["metrics"]["attention_mass"] < 1 and 0 <= record["metrics"]["pointing_game"] <= 1
    (chance,) = record["trivial"].values()
    assert chance == {"pointing_game": pytest.approx(area), "attention_mass": pytest.approx(area)}
    assert "metrics" not in run_cell(cell("a", epochs=1), folder, Store(tmp_path))


@once
def test_the_official_protocol_validates_epochs_1_6_11(tmp_path, folder, cell):
    official = replace(cell("w_a", epochs=7), protocol="official")
    record = run_cell(official, folder, Store(tmp_path))
    key = f"val_{zoo.entry('w_a').monitor}"
    assert [epoch for epoch, logs in enumerate(record["history"], 1) if key in logs] == [1, 6]
    assert record["best_epoch"] in (0, 5) and record["entry"]["model"]["init"] == "torch"
    assert record["val_accuracy"] == max(logs.get(key, 0) for logs in record["history"])


@once
def test_the_record_of_a_cell(tmp_path, folder, cell):
    record = run_cell(cell(), folder, Store(tmp_path))
    test = {key: np.array(value) for key, value in record["test"].items()}
    assert record["test_accuracy"] == (test["truth"] == test["predicted"]).mean()
    assert len(record["history"]) == 4
    assert record["parameters"] > 0 and record["device"] and record["versions"]["keras"]


@once
@pytest.mark.parametrize(("entry", "protocol"), [("psp", "official"), ("cace_net", "paper")])
def test_schedules_resume_in_the_epoch_where_they_were(tmp_path, folder, cell, entry, protocol):
    """Stale targets replay the epochs before; milestones, the late loss and the switch follow the epoch."""
    schedule = {"milestones": [1, 3], **({"late_from": 0.5} if entry == "cace_net" else {})}
    run = replace(cell(entry, validate_every=1, **schedule), protocol=protocol)
    whole = run_cell(run, folder, Store(tmp_path / "whole"))
    store = Store(tmp_path / "killed")
    with pytest.raises(Killed):
        run_cell(run, folder, store, kill_after(3))
    resumed = run_cell(run, folder, store)
    assert resumed["resumed_after"] == 3
    for key in ("history", "best_epoch", "test_accuracy"):
        assert resumed[key] == whole[key]
    if entry == "cace_net":
        losses = [epoch["contrast_loss"] for epoch in whole["history"]]
        assert losses[:2] == [0, 0] and min(losses[2:]) > 0
