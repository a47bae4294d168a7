"""Seeds trained in one program equal the same seeds trained separately."""

import keras
import numpy as np
import pytest

import zoo
from ave_keras.data import AVE
from benchmarks.execution.cell import run_cell
from benchmarks.grid.cells import SeedGroup
from benchmarks.results.store import Store
from zoo.training.fitting import train_dataset

if keras.backend.backend() != "jax":
    pytest.skip("needs JAX", allow_module_level=True)

from benchmarks.execution.vectorized_seeds import run_group

SEEDS = (0, 5)


class Killed(Exception):
    pass


def kill(epoch, logs):
    if epoch == 2:
        raise Killed


def check(together, separate, cells):
    """The records differ only in rounding, times, and the key "trained_together"."""
    for cell in cells:
        one, other = together.read(cell.key), separate.read(cell.key)
        assert one.keys() - other.keys() == {"trained_together"}
        for actual, expected in zip(one["history"], other["history"], strict=True):
            assert actual == pytest.approx(expected, abs=1e-4)
        for key in ("cell", "entry", "parameters", "best_epoch", "test"):
            assert one[key] == other[key]


@pytest.mark.parametrize("entry", ["a", "ssn"])  # SSN has dropout, different losses and two outputs.
def test_twenty_steps_of_stacked_seeds(folder, entry):
    """Seeds as GPUs train them; the tests below train them as this machine does."""
    from benchmarks.execution.vectorized_seeds import StackedSeeds, values

    ave = AVE.from_directory(folder)
    weights = "balanced" if entry == "a" else None
    resolved = zoo.entry(entry).with_recipe(batch_size=8, class_weight=weights)

    def model(seed):
        keras.utils.set_random_seed(seed)
        return zoo.load(entry, recipe={"batch_size": 8}, **ave.spec)

    models, data = [model(seed) for seed in SEEDS], [train_dataset(resolved, ave, seed) for seed in SEEDS]
    assert len(data[0]) == 3 and (data[0].rows != data[1].rows).any()
    spare = model(9)
    stacked = StackedSeeds(spare, [values(m) for m in models], data[0][0])
    for epoch in range(7):
        for dataset in data:
            dataset.set_epoch(epoch)
        logs = stacked.train(data)
        for i, (one, dataset) in enumerate(zip(models, data, strict=True)):
            steps = [one.train_on_batch(*dataset[step], return_dict=True) for step in range(len(dataset))]
            for key, value in logs.items():
                assert value[i] == pytest.approx(np.mean([step[key] for step in steps]), abs=1e-4)
    for i, one in enumerate(models):
        stacked.put(i, spare)
        for a, b in zip(
            spare.variables + spare.optimizer.variables, one.variables + one.optimizer.variables, strict=True
        ):
            np.testing.assert_allclose(a.numpy(), b.numpy(), atol=1e-4)
    assert int(spare.optimizer.iterations) == 21


def test_a_group_equals_its_cells(tmp_path, folder, cell):
    cells = [cell("w_v", seed) for seed in SEEDS]
    together, separate = Store(tmp_path / "together"), Store(tmp_path / "separate")
    for made in cells:
        run_cell(made, folder, separate)
    seen = []
    done = run_group(SeedGroup(tuple(cells)), folder, together, lambda epoch, logs: seen.append((epoch, logs)))
    check(together, separate, cells)
    assert together.read(cells[1].key)["trained_together"] == list(SEEDS)
    assert done["test_accuracy"] == pytest.approx(np.mean([separate.read(c.key)["test_accuracy"] for c in cells]))
    histories = [separate.read(c.key)["history"] for c in cells]
    for epoch, logs in seen:
        for key, value in logs.items():
            assert value == pytest.approx(np.mean([h[epoch - 1][key] for h in histories]), abs=1e-4)
    assert [epoch for epoch, _ in seen] == [1, 2, 3, 4] and not list((tmp_path / "together" / "running").glob("*.npz"))


def test_seeds_resume_at_different_epochs(tmp_path, folder, cell):
    """The last seed is ahead; its model is then used for all."""
    cells = [cell("a", seed) for seed in SEEDS]
    store, separate = Store(tmp_path / "killed"), Store(tmp_path / "separate")
    with pytest.raises(Killed):
        run_cell(cells[1], folder, store, kill)
    run_group(SeedGroup(tuple(cells)), folder, store)
    assert [store.read(c.key)["resumed_after"] for c in cells] == [0, 2]
    for made in cells:
        run_cell(made, folder, separate)
    check(store, separate, cells)


def test_a_killed_group_resumes(tmp_path, folder, cell):
    """One cell is finished, two were interrupted, and one is running elsewhere."""
    cells = [cell("a", seed) for seed in (*SEEDS, 6, 7)]
    group, store, separate = SeedGroup(tuple(cells)), Store(tmp_path / "killed"), Store(tmp_path / "separate")
    finished = run_cell(cells[0], folder, store)
    with pytest.raises(Killed):
        run_group(SeedGroup(tuple(cells[1:3])), folder, store, kill)
    with store.lock(cells[3].key):
        run_group(group, folder, store)
    assert store.read(cells[0].key) == finished and not store.has(cells[3].key)
    assert [store.read(c.key)["resumed_after"] for c in cells[1:3]] == [2, 2]
    run_group(group, folder, store)
    assert store.read(cells[3].key)["trained_together"] == [7]
    for made in cells[2:]:
        run_cell(made, folder, separate)
    check(store, separate, cells[2:])
