import csv

import keras
import numpy as np
import pytest
from scipy import stats

from ave_keras import AVEError
from ave_keras.metrics import auroc, false_positive_rate
from benchmarks.cli.unknown import parse_classes, unknown
from benchmarks.unknown.summary import Scored, interval, resampled, summary, value

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="no backend matters here")


def scored(rng, shift):
    """Thirty known videos and twenty others, with a level each; the scores of the others lie higher by `shift`."""
    known, held_out = (rng.normal(size=(n, 1)) + rng.normal(size=(n, 5)) for n in (30, 20))
    known, held_out = dict(enumerate(known)), dict(enumerate(held_out + shift, 30))
    called = {row: np.arange(5) < 4 for row in range(50)}
    return Scored(known, held_out, called, 0.05, 0.4, 0.9, 0.8)


def test_the_interval_is_that_of_scipy(rng):
    run = scored(rng, 1)
    found = interval(resampled([run], auroc, draws=4000))

    def statistic(rows):
        parts = ([scores[int(row)] for row in rows if row in scores] for scores in (run.known, run.held_out))
        return auroc(*map(np.concatenate, parts))

    rows = (np.arange(50),)
    expected = stats.bootstrap(rows, statistic, n_resamples=4000, method="percentile", vectorized=False, rng=1)
    np.testing.assert_allclose(found, expected.confidence_interval, atol=0.015)
    low, high = found
    assert low < value([run], auroc) < high


def test_rows(rng):
    pairs = [(scored(rng, 1), scored(rng, 1)) for _ in range(2)]
    runs = {f"pair {n}": {"neighbours": [a, a], "probability": [b, b]} for n, (a, b) in enumerate(pairs)}
    rows = summary(runs)
    assert [row["held_out"] for row in rows] == ["pair 0"] * 2 + ["pair 1"] * 2 + ["mean of 2"] * 3
    first, second, difference = rows[-3:]
    for key, statistic in (("auroc", auroc), ("fpr95", false_positive_rate)):
        assert first[key] == pytest.approx(np.mean([value([a], statistic) for a, _ in pairs]))
        assert difference[key] == pytest.approx(first[key] - second[key])
        assert difference[f"{key}_low"] < difference[key] < difference[f"{key}_high"]
    only = [np.concatenate([part[row][:4] for row in part]) for part in (pairs[0][0].known, pairs[0][0].held_out)]
    assert rows[0]["auroc_called"] == auroc(*only) != rows[0]["auroc"]
    # The same scores differ in no sample.
    same = summary({"pair": {"neighbours": [pairs[0][0]], "probability": [pairs[0][0]]}})[-1]
    assert same["auroc_low"] == same["auroc_high"] == 0


def test_names_with_commas():
    names = ("Bark", "Violin, fiddle", "Violin")
    assert parse_classes("Bark,Violin, fiddle", names) == ["Bark", "Violin, fiddle"]
    assert parse_classes(" Violin, Bark", names) == ["Violin", "Bark"]
    with pytest.raises(AVEError, match=r"--hold-out.*found 'Meow'"):
        parse_classes("Bark, Meow", names)


def test_from_data_to_table_and_files(tmp_path, capsys):
    from ave_keras.data.synthetic import SyntheticAVE

    SyntheticAVE(60, classes=4, segments=4, audio_dim=6, visual_shape=(2, 2, 4)).write(tmp_path / "data")
    out, figure = tmp_path / "unknown.csv", tmp_path / "roc.png"
    unknown(tmp_path / "data", ["synthetic 00,synthetic 01"], "a", "2", 2, 8, "torch", out, figure)
    printed = capsys.readouterr().out
    assert "neighbours - probability" in printed and "mean of 1" in printed
    with out.open() as file:
        lines = [*csv.DictReader(file)]
    assert (
        len(lines) == 5 and {line["seeds"] for line in lines} == {"2"} and {line["epochs"] for line in lines} == {"2"}
    )
    assert all(0 <= float(line["auroc"]) <= 1 for line in lines[:4]) and figure.read_bytes().startswith(b"\x89PNG")
    with pytest.raises(AVEError, match="has no classes"):
        unknown(tmp_path / "data", ["synthetic 00"], "avdln", "1", 1, 8, "torch")
