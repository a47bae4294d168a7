"""Which classes a model tells apart: confusion matrices and per-class accuracy, from stored predictions."""

from html import escape

import numpy as np

from benchmarks.markup import bullets, heat

NOTES = {
    "classes": "% of a class's test segments that the model calls so (recall), mean over seeds; "
    "segments: of the class, in the test split",
    "confusion": "line: the truth; column: the answer; % of the line, rounded; below 0.5 is left empty",
}


def confusion(record):
    """How often each class is called what on the test split: `(C, C)` int64, `[truth, predicted]`.

    Background is the last class. The model's class of a segment is that of its highest probability.
    """
    count = len(record["class_names"])
    truth, predicted = (np.array(record["test"][key]).ravel() for key in ("truth", "predicted"))
    return np.bincount(truth * count + predicted, minlength=count**2).reshape(count, count)


def shares(counts):
    """Percent of each line of a `(C, C)` confusion; NaN where the split does not have the class."""
    totals = counts.sum(axis=1, keepdims=True)
    return 100 * np.divide(counts, totals, out=np.full(counts.shape, np.nan), where=totals > 0)


def recalls(counts):
    """Percent of each class's segments that are called so: `(C,)`; NaN where the split does not have the class."""
    return np.diagonal(shares(counts))


def sections(records):
    """The HTML of both, `[(title, html)]`; cells that match sound and picture have no classes and are left out."""
    cells = [(record, confusion(record)) for record in records if "truth" in record["test"]]
    by_entry = {}
    for record, counts in cells:
        by_entry.setdefault(record["entry"]["name"], []).append((record, counts))
    if not cells:
        return []
    return [("Per-class accuracy", _classes(by_entry)), ("Confusion", _confusions(by_entry))]


def _classes(by_entry):
    record, counts = next(iter(by_entry.values()))[0]
    means = [np.mean([recalls(counts) for _, counts in own], axis=0) for own in by_entry.values()]
    lines = (
        (name, [str(segments), *map(_known, row)])
        for name, segments, row in zip(record["class_names"], counts.sum(axis=1), np.transpose(means), strict=True)
    )
    return heat(("class", "segments", *by_entry), lines, sortable=True) + bullets([NOTES["classes"]])


def _confusions(by_entry):
    parts = (
        f'<details><summary>{escape(name)}</summary><div class="side">{"".join(map(_one, own))}</div></details>'
        for name, own in by_entry.items()
    )
    return bullets([NOTES["confusion"]]) + "".join(parts)


def _one(cell):
    record, counts = cell
    lines = (
        (name, ["" if percent < 0.5 else _known(percent) for percent in row])
        for name, row in zip(record["class_names"], shares(counts), strict=True)
    )
    caption = f"seed {record['cell']['seed']}: {100 * record['test_accuracy']:.1f} % right"
    return heat(("", *record["class_names"]), lines, caption)


def _known(percent):
    return "–" if np.isnan(percent) else percent
