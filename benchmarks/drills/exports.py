"""`python -m benchmarks.exports`: exports every entry to every format, and writes the page with the results.

The results are stored in `docs/export.csv` and not measured again, so an interrupted sweep resumes. Every entry has its
own layers, with random weights; clips are short and features small, since entries differ only in their layers.
"""

import csv
import sys
import tempfile
from pathlib import Path

import zoo
from ave_keras.exporting import FORMATS, conversion
from ave_keras.exporting.process import TOLERANCE
from benchmarks import ROOT
from benchmarks.results.files import read_csv

TABLE = ROOT / "docs" / "export.csv"
SHAPES = {"num_classes": 5, "segments": 4, "audio_dim": 6, "visual_shape": (3, 2, 8)}
INTRO = f"""\
# Export

`ave-keras export MODEL --format {"|".join(FORMATS)}` writes a model for another runtime, through `keras.Model.export`
on TensorFlow, runs the file in that runtime, and rejects it if an output differs from Keras by more than {TOLERANCE:g}.

The batch size is variable, and so is the number of seconds T of `avdln` and `dcca`; other models have a fixed T. LiteRT
and OpenVINO do not support TensorFlow's loops, so LSTMs are unrolled over T. Files compute in float32; a model in mixed
precision is exported and compared in float32. The inputs are `audio` and `visual`, the outputs have their Keras names;
an output with the name of an input is renamed to `audio_embedding` or `visual_embedding`. On CPUs with bfloat16,
OpenVINO computes in bfloat16, with errors of about 0.005, unless `INFERENCE_PRECISION_HINT` is `f32`.

`python -m benchmarks.exports` generates this page from `docs/export.csv`. The figures are the largest difference from
the outputs of Keras, over batches of 1 and 3 clips of {SHAPES["segments"]} seconds. Every entry has its own layers,
small features and random weights.
"""


def measure(name, form):
    """Exports an entry and compares it with Keras.

    Args:
        name: The name of the entry.
        form: The format, a value of `ave_keras.exporting.FORMATS`.

    Returns:
        `{"entry", "format", "difference", "reason"}`; the difference is empty if the export fails, else the reason.
    """
    row = {"entry": name, "format": form.name, "difference": "", "reason": ""}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{form.suffix}"
        try:
            model = zoo.load(name, compile=False, **SHAPES)
            conversion.convert(model, path, form)
            difference = conversion.difference(model, path, form)
            return {**row, "difference": f"{difference:.1e}"}
        # Converters raise all kinds of exceptions; the page reports them as the reason.
        except Exception as error:
            return {**row, "reason": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}


def rows():
    """The stored results, a list of dicts of strings."""
    return read_csv(TABLE)


def page(results):
    """The Markdown page for a list of results; an entry with two names has one row."""
    cells = {(row["entry"], row["format"]): row for row in results}
    names = dict.fromkeys(zoo.entry(name).name for name in zoo.list())
    lines = [INTRO, f"| entry | {' | '.join(FORMATS)} |", "|---" * (len(FORMATS) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(_cell(cells.get((name, form))) for form in FORMATS)} |" for name in names]
    failed = [f"- `{row['entry']}`, {row['format']}: {_reason(row)}" for row in results if not _works(row)]
    return "\n".join([*lines, "", "## What cannot be exported", "", *(failed or ["Nothing."])]) + "\n"


def _works(row):
    return bool(row["difference"]) and float(row["difference"]) <= TOLERANCE


def _cell(row):
    return "not tried" if row is None else row["difference"] if _works(row) else "no"


def _reason(row):
    return row["reason"] or f"outputs differ by {row['difference']}"


def sweep(formats):
    """Measures all entries in these formats that have no stored result, and writes the page."""
    measured = {(row["entry"], row["format"]) for row in rows()}
    for format in formats:
        for name in dict.fromkeys(zoo.entry(name).name for name in zoo.list()):
            if (name, format) not in measured:
                _append(measure(name, FORMATS[format]))
    TABLE.with_suffix(".md").write_text(page(rows()), encoding="utf-8")


def _append(row):
    print(*row.values(), flush=True)
    new = not TABLE.is_file()
    with TABLE.open("a", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, row, lineterminator="\n")
        if new:
            writer.writeheader()
        writer.writerow(row)


def main():
    """Runs the formats of the command line, by default all."""
    sweep(sys.argv[1:] or list(FORMATS))
