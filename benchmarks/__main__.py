"""`python -m benchmarks run | status | report | compare | speed | encoders | kills | unknown`."""

from benchmarks.cli.compare import compare
from benchmarks.cli.encoders import encoders
from benchmarks.cli.kills import kills
from benchmarks.cli.report import report
from benchmarks.cli.run import run
from benchmarks.cli.speed import speed
from benchmarks.cli.status import status
from benchmarks.cli.unknown import unknown
from zoo.cli import terminal

app = terminal.new_app("Run and print the paper's tables. Start with: python -m benchmarks run --tables 1")
for command in (run, status, report, compare, speed, encoders, kills, unknown):
    app.command()(command)

if __name__ == "__main__":
    terminal.run(app)
