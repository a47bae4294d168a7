import json

import keras
import numpy as np
import pytest

from ave_keras import AVEError
from benchmarks.cli import speed
from benchmarks.results.files import read_csv
from benchmarks.speed.flops import weight_products
from benchmarks.speed.measurement import AnonymousMemory, measure

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="fastest on PyTorch, which compiles nothing")


def test_rows_and_table(tmp_path, monkeypatch, capsys):
    options = {"batch_size": 8, "videos": 40, "backend": "torch", "policy": "float32"}
    out, published = tmp_path / "rows.json", tmp_path / "speed.csv"
    speed.speed(entries=["a"], profile=tmp_path / "traces", out=out, publish_to=published, **options)
    (row,) = json.loads(out.read_text())
    assert {*speed.COLUMNS} <= {*row}
    assert 0 < row["ratio"] < 150 and 0 <= row["input_share"] < 100 and 0.1 < row["anon_gb"] < 3
    assert row["gflop"] == pytest.approx(row["ratio"] / 100 * row["matmul_gflops"] * row["step_ms"] / 1e3)
    assert row["train_per_s"] == pytest.approx(8e3 / row["step_ms"])
    (line,) = read_csv(published)
    assert (line["entry"], line["backend"], line["batch_size"]) == ("a", "torch", "8")
    assert float(line["step_ms"]) == row["step_ms"]
    printed = capsys.readouterr().out
    assert "torch, float32, batch 8, CPU" in printed and " mm " in printed
    assert list((tmp_path / "traces").rglob("trace.json"))


@pytest.mark.parametrize(
    ("batch_size", "policy", "message"),
    [
        (10**9, "float32", "measuring 'a' failed"),
        (0, "float32", "'--batch-size'.*1 or more, found 0"),
        (2, "no_such", "unknown policy .*'--policy'.*found no_such"),
    ],
)
def test_failures_name_the_entry_or_option(batch_size, policy, message):
    with pytest.raises(AVEError, match=message):
        speed.speed(["a"], batch_size=batch_size, videos=0, backend="torch", policy=policy, profile=None)


def test_entries_without_attention_are_measured_on_means():
    rows = [measure(name, 2, None, "float32", steps=4) for name in ("a", "v", "v_att")]
    assert [row["on"] for row in rows] == ["", "means", "maps"]
    assert rows[1]["warning"] == "" and rows[1]["device"] == "CPU"


def test_weight_products_of_a_dense_and_a_recurrent_layer():
    x = keras.Input((10, 3))
    model = keras.Model(x, keras.layers.Dense(5)(keras.layers.LSTM(4, return_sequences=True)(x)))
    assert weight_products(model) == 2 * 10 * (4 * 4 * (3 + 4) + 4 * 5)


def test_anonymous_memory_measures_the_peak():
    with AnonymousMemory() as before:
        pass
    with AnonymousMemory() as memory:
        held = np.ones(200 << 20, "uint8")
        memory._stop.wait(0.2)
    assert held.nbytes * 0.9 < memory.peak - before.peak or not before.peak
