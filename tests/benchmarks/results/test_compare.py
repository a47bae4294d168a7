import json

import numpy as np
import pytest
from scipy.stats import binomtest, permutation_test

from ave_keras import AVEError
from benchmarks.results.compare import compare, compare_records, mcnemar, paired_test
from benchmarks.results.runs import find, pairs

GOOD, BAD = [[0, 1], [1, 1]], [[1, 0], [0, 0]]


def record(name, seed, predicted, rows=(0, 1), **cell):
    cell = {"protocol": "paper", "backend": "jax", "profile": "quick", "recipe": {"epochs": 2}, **cell}
    data = {"title": "T", "sha256": cell.pop("sha256", "0"), "bad_rows": []}
    test = {"rows": list(rows), "truth": GOOD, "predicted": predicted}
    return {"cell": {"seed": seed, "data": data, **cell}, "entry": {"name": name}, "test": test}


def stored(*records):
    return {f"{number:016x}": held for number, held in enumerate(records)}


def test_compare_records():
    first = [record("a", 0, [[0, 0], [1, 1]]), record("a", 1, [[0, 1], [0, 0]])]
    second = [record("v", 0, BAD), record("v", 1, [[0, 0], [0, 1]])]
    found = compare_records("T", first, second)
    assert found.difference == pytest.approx(100 * (5 - 2) / 8)
    # Only the first is right in 3 and 1 segments for seeds 0 and 1, only the second in 0 and 1.
    assert (found.only_first, found.only_second, found.seeds) == (2, 0.5, 2)
    assert found.mcnemar == mcnemar(2, 0) == 0.5
    with pytest.raises(AVEError, match="different videos"):
        compare_records("T", first[:1], [record("a", 1, BAD, rows=(0, 2))])


def test_paired_test_agrees_with_scipy(rng):
    first = rng.normal(0.2, 1, 40)
    second = rng.normal(0, 1, 40)
    mean, low, high, p = paired_test(first, second)
    expected = permutation_test(
        (first, second), lambda a, b: (a - b).mean(), permutation_type="samples", n_resamples=20_000, rng=0
    )
    assert mean == pytest.approx((first - second).mean()) and low < mean < high
    assert p == pytest.approx(expected.pvalue, abs=0.015)


@pytest.mark.parametrize("counts", [(0, 0), (1, 0), (3, 3), (5, 12), (140, 97), (1300, 1208)])
def test_mcnemar_is_the_binomial_test(counts):
    expected = binomtest(counts[0], sum(counts)).pvalue if any(counts) else 1
    assert mcnemar(*counts) == mcnemar(*counts[::-1]) == pytest.approx(expected, rel=1e-9)


def test_equal_models_do_not_differ():
    assert paired_test(np.ones(30), np.ones(30))[3] == 1


def test_only_common_seeds_are_compared():
    records = stored(record("a", 0, GOOD), record("v", 0, BAD), record("v", 1, GOOD))
    (found,) = compare(records, "a", "v")
    assert found.difference == 100 and found.seeds == 1
    with pytest.raises(AVEError, match=r"no finished cell of 'av'"):
        compare(records, "a", "av")
    with pytest.raises(AVEError, match=r"'a' and 'v' have no seed in common"):
        compare(stored(record("a", 0, GOOD), record("v", 1, GOOD)), "a", "v")


def test_names_of_runs(tmp_path):
    records = stored(
        record("a", 0, GOOD),
        record("a", 0, BAD, protocol="official"),
        record("a", 0, BAD, protocol="official", backend="torch"),
        record("v", 0, BAD),
        record("v", 0, GOOD, protocol="official", recipe={"epochs": 3}),
        record("v", 0, GOOD, sha256="1"),
    )

    def found(first, second):
        return [(c.title, c.difference) for c in compare(records, first, second)]

    title = "T (not the AVE data set), {}epochs 2"
    assert found("a", "v") == [(title.format("paper protocol, quick profile, jax, "), 100)]
    assert found("a@official@jax", "a@paper") == [(title.format("quick profile, jax, "), -100)]
    # The PyTorch run has the official protocol, so the JAX run must have it too.
    assert found("a@torch", "a@jax") == [(title.format("official protocol, quick profile, "), 0)]
    with pytest.raises(AVEError, match="with the same data and settings"):
        found("a@official", "v")
    one, *_, other, _ = records
    assert found(one, other) == [("T (not the AVE data set), quick profile, jax", 0)]
    (tmp_path / "cell.json").write_text(json.dumps(records[one]))
    assert found(str(tmp_path / "cell.json"), "v") == [(title.format("paper protocol, quick profile, jax, "), 100)]
    assert len(pairs(find(records, "v"), find(records, "v"))) == 3
    for name, message in {
        "a@papers": r"unknown protocol or backend.*'paper', 'official', 'tensorflow'.*'papers'",
        "b" * 16: "cell not found",
        str(tmp_path / "no.json"): "not a cell's JSON file.*FileNotFoundError",
    }.items():
        with pytest.raises(AVEError, match=message):
            find(records, name)
