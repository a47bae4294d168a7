"""
The benchmark grid, and how to read its report
==============================================

A grid trains entries × seeds on one data set under one protocol, and prints the paper's tables. This runs a small one and reads every
part of what comes out.
"""

# %%
# Run it
# ------
# Two entries, two seeds, three epochs on the synthetic AVE: a toy, to see the parts. Without ``--entries`` it is all of Table 1. The
# same command again runs only what is missing; after a kill it goes on at the last finished epoch.

import subprocess
import sys
from pathlib import Path


def benchmarks(*arguments):
    """Runs a command as in a terminal and prints what it prints."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", *arguments],
        capture_output=True,
        text=True,
        check=True,
    )
    print(done.stdout)


GRID = [
    "--tables",
    "1",
    "--entries",
    "a",
    "--entries",
    "av_att",
    "--seeds",
    "2",
    "--epochs",
    "3",
    "--results",
    "grid",
]
benchmarks("run", *GRID, "--workers", "1")

# %%
# Read it
# -------
# *paper* is the figure of the paper, on AVE. *ours* is the mean ± standard deviation over seeds, with their number in brackets: here two, so
# that the deviation is a hint and no more. *Δ* compares two data sets and says so below the table. The last rows are predictions without a model.
# A model that does not beat them has learned nothing.
#
# Where attention looks is scored if the data set knows the cells of the source: how often the largest weight lies on it.

benchmarks("status", *GRID)

# %%
# Is the difference real?
# -----------------------
# Two means with deviations tempt one to compare them by eye. ``compare`` pairs the test videos: how much better is one run on the same
# videos, with a 95 % interval and a p-value.

benchmarks("compare", "a", "av_att", "--results", "grid")

# %%
# The files
# ---------
# The page for reading, Markdown and LaTeX for a paper, CSV for everything else. Every cell is a JSON record with the history of its training, each
# prediction on the test split, and the versions of the packages.

for path in sorted(Path("grid").rglob("*")):
    if path.is_file() and path.suffix in (".html", ".md", ".csv", ".tex", ".json"):
        print(path, f"{path.stat().st_size:,} bytes")

# %%
# From the records, any figure can be drawn. The learning curves of both entries, a line per seed:

import json

from ave_keras import plots

runs = {}
for path in sorted(Path("grid/cells").glob("*.json")):
    record = json.loads(path.read_text(encoding="utf-8"))
    epochs = record["history"]
    runs.setdefault(record["entry"]["name"], []).append(
        {key: [epoch[key] for epoch in epochs] for key in epochs[0]}
    )
figure = plots.curves_figure(runs)
figure
