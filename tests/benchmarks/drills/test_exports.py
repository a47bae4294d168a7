"""The page on exports holds every entry, and what was measured."""

from dataclasses import replace

import keras
import pytest

import zoo
from ave_keras.exporting import FORMATS
from benchmarks.drills import exports

ENTRIES = {zoo.entry(name).name for name in zoo.list()}


def test_the_page_is_up_to_date():
    found = exports.TABLE.with_suffix(".md").read_text(encoding="utf-8")
    assert found == exports.page(exports.rows()), "run: python -m benchmarks.exports"


def test_rows_are_of_entries_and_formats():
    """A figure within the tolerance, or the reason."""
    found = exports.rows()
    assert len({(row["entry"], row["format"]) for row in found}) == len(found) > 0
    for row in found:
        assert row["entry"] in ENTRIES and row["format"] in FORMATS
        assert row["reason"] or float(row["difference"]) <= 1e-4, row
    assert {row["entry"] for row in found if row["format"] == "onnx"} == ENTRIES


def test_reasons_are_told():
    row = {"entry": "a", "format": "onnx", "difference": "", "reason": "ValueError: no"}
    wrong = {**row, "entry": "v", "difference": "2.0e-04", "reason": ""}
    page = exports.page([row, wrong])
    assert "- `a`, onnx: ValueError: no\n- `v`, onnx: answers differ by 2.0e-04" in page
    assert "| `a` | no | not tried |" in page and "| `v` | no |" in page


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="TensorFlow converts for all backends")
def test_measure():
    found = exports.measure("ed_tcn", FORMATS["saved_model"])
    assert float(found["difference"]) <= 1e-6 and not found["reason"]
    found = exports.measure("ed_tcn", replace(FORMATS["saved_model"], keras="stone"))
    assert not found["difference"] and "Unrecognized format=stone" in found["reason"]
