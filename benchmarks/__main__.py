"""The commands of `python -m benchmarks`."""

from benchmarks.cli.comparing.compare import compare
from benchmarks.cli.comparing.equivalence import equivalence
from benchmarks.cli.comparing.study import study, study_test
from benchmarks.cli.encoders import encoders
from benchmarks.cli.kills import kills
from benchmarks.cli.report import report
from benchmarks.cli.run import run
from benchmarks.cli.speed import speed
from benchmarks.cli.status import status
from benchmarks.cli.unknown import unknown
from zoo.cli import terminal

app = terminal.new_app("Run and print the paper's tables. Start with: python -m benchmarks run --tables 1")
for command in (run, status, report, compare, equivalence, study, study_test, speed, encoders, kills, unknown):
    app.command()(command)

if __name__ == "__main__":
    terminal.run(app)
