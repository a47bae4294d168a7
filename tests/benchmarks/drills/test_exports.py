"""The page on exports contains every entry and the stored results."""

from dataclasses import replace

import keras
import pytest

import zoo
from ave_keras.exporting import FORMATS
from benchmarks.drills import exports

ENTRIES = {zoo.entry(name).name for name in zoo.list()}


def test_the_page_is_up_to_date():
    text = exports.TABLE.with_suffix(".md").read_text(encoding="utf-8")
    assert text == exports.page(exports.rows()), "run: python -m benchmarks.exports"


def test_rows_are_valid():
    """Each row is of a known entry and format, with a difference within the tolerance or a reason."""
    results = exports.rows()
    assert len({(row["entry"], row["format"]) for row in results}) == len(results) > 0
    for row in results:
        assert row["entry"] in ENTRIES and row["format"] in FORMATS
        assert row["reason"] or float(row["difference"]) <= 1e-4, row
    assert {row["entry"] for row in results if row["format"] == "onnx"} == ENTRIES


def test_the_page_lists_reasons():
    row = {"entry": "a", "format": "onnx", "difference": "", "reason": "ValueError: no"}
    wrong = {**row, "entry": "v", "difference": "2.0e-04", "reason": ""}
    page = exports.page([row, wrong])
    assert "- `a`, onnx: ValueError: no\n- `v`, onnx: outputs differ by 2.0e-04" in page
    assert "| `a` | no | not tried |" in page and "| `v` | no |" in page


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow converts for all backends")
def test_measure():
    row = exports.measure("ed_tcn", FORMATS["saved_model"])
    assert float(row["difference"]) <= 1e-6 and not row["reason"]
    row = exports.measure("ed_tcn", replace(FORMATS["saved_model"], keras="stone"))
    assert not row["difference"] and "Unrecognized format=stone" in row["reason"]
