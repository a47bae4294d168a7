"""
Many machines
=============

Any number of processes on any number of machines can share one results folder. Each cell of the grid, one entry with one seed, runs once, whoever
comes first; what a dead process has left is taken over. Nothing has to be started centrally.
"""

# %%
# Two machines, played by two processes
# -------------------------------------
# On Slurm this is one line: ``sbatch --array=1-2 --wrap 'python -m benchmarks run … --shard $SLURM_ARRAY_TASK_ID/2'``. Without
# ``--shard`` all processes take from the same list; with it, each begins with its own part.

import subprocess
import sys

GRID = [
    "--tables",
    "1",
    "--entries",
    "a",
    "--entries",
    "v_att",
    "--seeds",
    "2",
    "--epochs",
    "2",
    "--results",
    "shared_results",
]


def start(*arguments):
    """Starts a command of the grid."""
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )


machines = [
    start("run", *GRID, "--workers", "1", "--shard", f"{shard}/2")
    for shard in (1, 2)
]
for number, machine in enumerate(machines, 1):
    output, _ = machine.communicate()
    cells = [line for line in output.splitlines() if line.startswith("[")]
    print(f"machine {number}:", *cells, sep="\n  ")

# %%
# Who did what
# ------------
# ``status`` reads the folder: finished cells, running ones, and failed ones with their reason. ``--watch`` keeps printing.

print(start("status", *GRID).communicate()[0])

# %%
# The report is of all cells, wherever they ran, and equal to that of a single machine: every cell has its own seed, and records are sorted.

report, _ = start(
    "report", "--tables", "1", "--results", "shared_results"
).communicate()
print(
    *(
        line
        for line in report.splitlines()
        if "(2)" in line or "always background" in line
    ),
    sep="\n",
)
