"""`python -m benchmarks.reports.since_2018 docs/since-2018.md`: writes the page on the networks after 2018.

Its figures are those of `zoo/results.csv`, `zoo/comparisons.csv`, and `speed.csv` beside the page.
"""

import sys
import textwrap
from pathlib import Path

import zoo
from benchmarks.grid.tables import tables
from benchmarks.reports.markdown import markdown_lines
from benchmarks.results.files import read_csv
from zoo.card import comparisons, difference, probability, results

# The model of 2018 that the later ones of a task are compared with.
BASELINES = {"supervised": "av_att", "weak": "w_av_att"}
# The data set of the page: the composed one with pretrained features.
DATA_SET = "AV-mini"
# Standard deviations over seeds above this, in percentage points, are not noise.
UNSTABLE = 5
INTRO = """\
# Since 2018

Six networks that followed the paper, and [`w_avel`](avel.md), ours. Each of the six computes what its released code
computes, within 1e-5 on TensorFlow, JAX and PyTorch, and learns here with the losses of that code. All learn from the
same features and under one protocol: the epoch is chosen on the validation split, and weak models see the labels of
videos only. `docs/paper-and-code.md` lists where papers and code differ; `--protocol official` trains as the code does.
"""
DATA = """\
**The accuracies are not of AVE**, whose features we did not have. They are of {data}, {epochs} epochs of batches of
{batch_size}, {backend}: mean ± standard deviation over seeds (their number in brackets). The difference from the
model of 2018 has a 95 % interval and a p-value, paired over the test videos (`python -m benchmarks compare`).
Parameters and milliseconds a step are at the released sizes, see Speed.
"""
AFTER = """\
Published figures are those that we have seen in a paper or a repository; the others are left out.
"""
SELECTION = """\
## Choosing the epoch on the test split

PSP, CMRAN, CMBS and CACE-Net report the epoch with the best accuracy on the test split.
That is the largest of many noisy figures: too high even if all epochs were equally good.
The more often a model is evaluated, and the more seeds are tried, the higher it gets.
It cannot be compared with the figure of a model that was chosen on validation.
`--select test` does the same here; its tables say so, and its figures stay out of the README.
"""
SPEED_INTRO = """\
## Speed

`python -m benchmarks speed --videos 0 --publish docs/speed.csv` measured train steps at the released sizes, with data
in memory; `%` is the share of the machine's own rate of matrix products, measured in the same run. Only times of one
run can be compared: a machine in a data center is faster on one day than on another.
"""


def page(folder):
    """The page as Markdown, with the speeds of `speed.csv` in `folder`."""
    names = tables()["4"].entries
    lines = [row for name in names for row in results(name) if row["protocol"] == "paper"]
    lines = [row for row in lines if row["data"].startswith(DATA_SET)]
    figures = {(row["entry"], row["select"]): row for row in lines}
    against = against_2018()
    head = ("entry", "publication", "parameters", "ms a step", "accuracy %", "minus 2018's", "p", "published, on AVE")
    speed = read_csv(folder / "speed.csv")
    # The first setting that the file has, which is named below.
    step = {row["entry"]: row["step_ms"] for row in reversed(speed)}
    measured = [name for name in names if (name, "val") in figures]
    body = [_row(zoo.entry(name), figures[name, "val"], step[name], against.get(name)) for name in measured]
    parts = [INTRO, textwrap.fill(DATA.format(**figures["av_att", "val"]), 120), "", *markdown_lines(head, body), ""]
    parts += [AFTER, _verdict(against), *_unstable(figures), SELECTION]
    both = [(f"`{name}`", *(_figure(figures[name, s]) for s in ("val", "test"))) for name, s in figures if s == "test"]
    parts += [*markdown_lines(("entry", "chosen on validation", "chosen on test"), both), ""]
    parts += _speed(speed)
    return "\n".join(parts)


def against_2018():
    """The comparison of each later entry with the model of 2018 of its task, `{name: row}`."""
    rows = [row for row in comparisons() if row["title"].startswith(DATA_SET)]
    rows = [row for row in rows if row["first"] == BASELINES.get(zoo.entry(row["second"]).task)]
    return {row["second"]: row for row in rows}


def _row(entry, figure, step, against):
    accuracy, source = entry.paper.get("accuracy"), entry.paper.get("source", "paper")
    published = f"{accuracy} ({source})" if accuracy else "–"
    publication = entry.paper.get("publication", "Tian et al., ECCV 2018")
    compared = (difference(against), probability(float(against["p"]))) if against else ("", "")
    return (
        f"`{entry.name}`",
        publication,
        f"{entry.parameters:,}",
        f"{float(step):,.0f}",
        _figure(figure),
        *compared,
        published,
    )


def _figure(row):
    return f"{row['mean']} ± {row['std'] or '–'} ({row['seeds']})"


def _verdict(against):
    """Which networks differ from the model of 2018 by more than noise, corrected for the number of comparisons."""
    limit = 0.05 / len(against)
    kinds = {"Better": [], "Worse": [], "No different": []}
    for name, row in against.items():
        kind = "No different" if float(row["p"]) >= limit else "Better" if float(row["difference"]) < 0 else "Worse"
        kinds[kind].append(f"`{name}`")
    found = "; ".join(f"{kind.lower()}: {', '.join(names) or 'none'}" for kind, names in kinds.items())
    return textwrap.fill(f"Against the model of 2018, with p < 0.05 / {len(against)} comparisons: {found}.", 120) + "\n"


def _unstable(figures):
    """A line on entries whose seeds differ so much that some of them cannot have learned."""
    wide = [f"`{name}`" for (name, _), row in figures.items() if float(row["std"] or 0) > UNSTABLE]
    if wide:
        yield f"Not every seed has learned: those of {', '.join(wide)} differ by more than {UNSTABLE} points.\n"


def _speed(rows):
    """A table per device, backend, dtype policy and batch size."""
    settings = {}
    for row in rows:
        key = f"{row['device']}, {row['cores']} cores, {row['backend']}, {row['policy']}, batch {row['batch_size']}"
        settings.setdefault(key, []).append(row)
    yield SPEED_INTRO
    for setting, members in settings.items():
        head = ("entry", "GFLOP a step", "ms a step", "%", "train videos/s", "predict videos/s")
        keys = ("gflop", "step_ms", "ratio", "train_per_s", "predict_per_s")
        body = [(f"`{row['entry']}`", *(f"{float(row[key]):,.0f}" for key in keys)) for row in members]
        yield from (f"### {setting}", "", *markdown_lines(head, body), "")


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(page(path.parent), encoding="utf-8")
