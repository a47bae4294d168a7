"""`python -m benchmarks.exports`: every entry to every format, and the page on what came of it.

Figures are kept in `docs/export.csv`; what it holds is not measured again, so that a sweep may be killed. The entries'
own layers are exported, with random weights, on short clips of small features: what differs between entries is there.
"""

import csv
import sys
import tempfile
from pathlib import Path

import zoo
from ave_keras.exporting import FORMATS, conversion
from ave_keras.exporting.process import TOLERANCE
from benchmarks import ROOT

TABLE = ROOT / "docs" / "export.csv"
SHAPES = {"num_classes": 5, "segments": 4, "audio_dim": 6, "visual_shape": (3, 2, 8)}
INTRO = f"""\
# Export

`ave-keras export MODEL --format {"|".join(FORMATS)}` writes a model for another runtime, through `keras.Model.export`
on TensorFlow, runs the file there, and refuses it if an answer differs from Keras' own by more than {TOLERANCE:g}.

The batch size stays open; so does the number of seconds T of `avdln` and `dcca`, which is the model's own elsewhere.
LiteRT and OpenVINO do not run TensorFlow's loops: there, LSTMs are unrolled over T. Files compute in float32: a model
in mixed precision is written, and compared, in float32. Inputs are called `audio` and `visual`, outputs as in Keras;
where an output has the name of an input, its name in the file is `audio_embedding` or `visual_embedding`. Where the
CPU has bfloat16, OpenVINO computes in it, with answers some 0.005 off, unless `INFERENCE_PRECISION_HINT` is `f32`.

`python -m benchmarks.exports` made this page from `docs/export.csv`. The figures are the largest difference from Keras'
answers, over batches of 1 and 3 clips of {SHAPES["segments"]} seconds; every entry has its own layers, small features
and random weights.
"""


def measure(name, form):
    """A row of the table: `{"entry", "format", "difference", "reason"}`, one of the last two empty."""
    row = {"entry": name, "format": form.name, "difference": "", "reason": ""}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"model{form.suffix}"
        try:
            model = zoo.load(name, compile=False, **SHAPES)
            conversion.convert(model, path, form)
            found = conversion.difference(model, path, form)
            return {**row, "difference": f"{found:.1e}"}
        # Whatever a converter raises is the reason that the page gives.
        except Exception as error:
            return {**row, "reason": f"{type(error).__name__}: {' '.join(str(error).split())[:200]}"}


def rows():
    """The table, a list of dicts of text."""
    if not TABLE.is_file():
        return []
    with TABLE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def page(found):
    """The page as Markdown; a second name of an entry shares its row."""
    cells = {(row["entry"], row["format"]): row for row in found}
    names = dict.fromkeys(zoo.entry(name).name for name in zoo.list())
    lines = [INTRO, f"| entry | {' | '.join(FORMATS)} |", "|---" * (len(FORMATS) + 1) + "|"]
    lines += [f"| `{name}` | {' | '.join(_cell(cells.get((name, form))) for form in FORMATS)} |" for name in names]
    failed = [f"- `{row['entry']}`, {row['format']}: {_reason(row)}" for row in found if not _works(row)]
    return "\n".join([*lines, "", "## What cannot be exported", "", *(failed or ["Nothing."])]) + "\n"


def _works(row):
    return bool(row["difference"]) and float(row["difference"]) <= TOLERANCE


def _cell(row):
    return "not tried" if row is None else row["difference"] if _works(row) else "no"


def _reason(row):
    return row["reason"] or f"answers differ by {row['difference']}"


def sweep(formats):
    """Measures what the table lacks of these formats, row by row, and writes table and page."""
    known = {(row["entry"], row["format"]) for row in rows()}
    for format in formats:
        for name in dict.fromkeys(zoo.entry(name).name for name in zoo.list()):
            if (name, format) not in known:
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
    """The formats of the command line, or all."""
    sweep(sys.argv[1:] or list(FORMATS))
