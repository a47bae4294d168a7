"""`python -m benchmarks.reports.zoo_figures docs/figures`: draws the whole zoo, accuracy against size and speed.

The numbers are those of `zoo/results.csv`, the entries' `parameters`, and `speed.csv` beside the folder. The same
numbers give the same files.
"""

import math
import sys
from pathlib import Path

import zoo
from ave_keras import plots
from ave_keras.errors import AVEError
from benchmarks.results.files import read_csv
from zoo.card import results

# The data set with figures of every entry.
DATA_SET = "AV-mini"
METRIC = "segment accuracy %"
FUSIONS, LATER = "fusions of table 2", "since 2018"
GROUPS = {"supervised": "table 1", "weak": "table 1", "fusion": FUSIONS}
GROUPS |= dict.fromkeys(("ed_tcn", "ssn"), "temporal baselines")
ORDER = tuple(dict.fromkeys((*GROUPS.values(), LATER)))
STAGES = ("early", "late", "decision")
TITLES = {
    "supervised": "Learned from the labels of seconds",
    "weak": "Learned from the labels of videos",
    "fusion": "The fusions of table 2",
}
# So many labels of fusions would cover each other; their own figure has them all.
KNOWN_FUSION = "dmrn_late"


def measured(data=DATA_SET):
    """`{entry: (accuracy, standard deviation or NaN, run)}` of `zoo/results.csv`, in percent.

    Args:
        data: The beginning of the data set's name.

    Raises:
        AVEError: No entry has a figure.
    """
    found = {}
    for name in zoo.list():
        for row in results(name):
            kind = row["protocol"], row["select"], row["metric"]
            if kind == ("paper", "val", METRIC) and row["data"].startswith(data):
                run = f"{row['data']}, {row['epochs']} epochs"
                found[name] = float(row["mean"]), float(row["std"] or math.nan), run
    if not found:
        expected = "the beginning of a name in zoo/results.csv"
        raise AVEError("no figures of this data set", key="data", expected=expected, found=repr(data))
    return found


def size_figure(kind, data=DATA_SET):
    """Accuracy against the number of parameters at the released sizes.

    Args:
        kind: "supervised", "weak" or "fusion".
        data: The beginning of the data set's name.
    """
    figures = _chosen(kind, data)
    return _scatter(kind, figures, [zoo.entry(name).parameters for name in figures], "parameters at the released sizes")


def speed_figure(kind, speeds, data=DATA_SET):
    """Accuracy against the time of a training step, of the entries with a speed.

    Args:
        kind: "supervised" or "weak".
        speeds: The lines of `speed.csv`; those of the first setting are drawn.
        data: The beginning of the data set's name.
    """
    setting = ("device", "cores", "backend", "policy", "batch_size")
    first = [row for row in speeds if all(row[key] == speeds[0][key] for key in setting)]
    steps = {row["entry"]: float(row["step_ms"]) / 1000 for row in first}
    figures = {name: figure for name, figure in _chosen(kind, data).items() if name in steps}
    device, cores, backend, policy, size = (speeds[0][key] for key in setting)
    where = f"{device}, {cores} cores, {backend}, {policy}, batches of {size} at the released sizes"
    return _scatter(kind, figures, [steps[name] for name in figures], f"training step: {where}", "s")


def draw(folder, speeds):
    """Writes `size-{supervised,weak,fusion}.svg` and `speed-{supervised,weak}.svg` to a folder; returns their paths."""
    made = {f"size-{kind}": size_figure(kind) for kind in TITLES}
    made |= {f"speed-{kind}": speed_figure(kind, speeds) for kind in ("supervised", "weak")}
    folder.mkdir(parents=True, exist_ok=True)
    for name, figure in made.items():
        plots.save(figure, folder / f"{name}.svg")
    return [folder / f"{name}.svg" for name in made]


def _chosen(kind, data):
    """The figures of the entries of a kind; the supervised ones contain the fusions."""
    if kind == "fusion":
        return {name: found for name, found in measured(data).items() if name.endswith(STAGES)}
    weak = kind == "weak"
    return {name: found for name, found in measured(data).items() if (zoo.entry(name).task == "weak") is weak}


def _scatter(kind, figures, x, xlabel, unit=""):
    accuracies, deviations, runs = zip(*figures.values(), strict=True)
    if kind == "fusion":
        groups, order, labels = [name.rsplit("_", 1)[1] for name in figures], STAGES, None
    else:
        groups, order = [GROUPS.get(zoo.entry(name).family, LATER) for name in figures], ORDER
        labels = [n for n, g in zip(figures, groups, strict=True) if g != FUSIONS or n == KNOWN_FUSION]
    return plots.scatter_figure(
        list(figures),
        x,
        accuracies,
        errors=deviations,
        groups=groups,
        order=order,
        labels=labels,
        xlabel=xlabel,
        unit=unit,
        ylabel="segment accuracy, %, ± standard deviation over seeds",
        title=f"{TITLES[kind]}: {runs[0]}",
    )


if __name__ == "__main__":
    target = Path(sys.argv[1])
    for path in draw(target, read_csv(target.parent / "speed.csv")):
        print(path)
