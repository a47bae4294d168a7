"""`study` and `study-test`: run an ablation study on validation, and score its test split once."""

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from ave_keras.errors import AVEError
from benchmarks.cli import options
from benchmarks.cli.executors import choose_backend, choose_executor
from benchmarks.grid.selection import parse_seeds
from benchmarks.results.files import check_folder
from benchmarks.results.store import Store
from zoo.cli.options import SkipBad
from zoo.cli.terminal import messages, progress, wide_console

Name = Annotated[
    str, typer.Argument(metavar="STUDY", help="A study of benchmarks/studies, or the path of a YAML file.")
]
Folders = Annotated[
    list[Path] | None,
    typer.Option("--data", help="Data set; can be repeated.", show_default="those of the study"),
]
Factors = Annotated[list[str] | None, typer.Option("--factors", help="Only the base and this factor; can be repeated.")]
Seeds = Annotated[
    str | None, typer.Option(help="Number of seeds, or a list such as 0,4,7.", show_default="the study's")
]
Publish = Annotated[
    Path | None,
    typer.Option("--publish", help="Also write the results to this CSV file, and as .md and .png beside it."),
]


def study(
    name: Name,
    data: Folders = None,
    factors: Factors = None,
    seeds: Seeds = None,
    backend: options.Backend = None,
    epochs: options.Epochs = None,
    results: options.Results = Path("results"),
    workers: Annotated[
        int | None, typer.Option(help="Number of worker processes.", show_default="one per core")
    ] = None,
    threads: Annotated[int | None, typer.Option(help="Threads per worker.", show_default="cores / workers")] = None,
    skip_bad: SkipBad = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List the arms without running them.")] = False,
    publish_to: Publish = None,
):
    """Run an ablation study: train every arm, and print how far each differs from the base on validation.

    The test split is not used. Finished trainings do not run again, and an interrupted study resumes. After
    `study-test`, the test scores are printed, too.

    Examples:

    python -m benchmarks study localizer

    python -m benchmarks study localizer --factors swap --factors average --data AVE_DIR --seeds 3
    """
    from benchmarks.execution.driver import run_cells
    from benchmarks.studies.building import check_arms

    check_folder(publish_to, ".csv")
    plan = _plan(name, data, factors, seeds, backend, epochs, results, skip_bad, check=not dry_run)
    if dry_run:
        for number, folder in enumerate(plan.folders):
            for arm, cells in plan.of(number).items():
                done = sum(plan.store.has(cell.key) for cell in cells)
                text = f"{folder}, {arm}: {cells[0].entry}, {done} of {len(cells)} finished"
                messages.print(text, markup=False, highlight=False, soft_wrap=True)
        return
    if plan.missing:
        check_arms(plan.study, plan.arms, plan.specs, plan.backend)
    failed = 0
    runner = choose_executor("local", plan.backend, workers, threads, None, None, None)
    for number, folder in enumerate(plan.folders):
        failed += run_cells(plan.cells(number), folder, plan.store, runner, messages)
    _report(plan, publish_to)
    if failed:
        messages.print(
            f"{failed} trainings failed; see {plan.store.folder / 'failures'}; run the command again to retry"
        )
        raise typer.Exit(1)


def study_test(
    name: Name,
    data: Folders = None,
    factors: Factors = None,
    seeds: Seeds = None,
    backend: options.Backend = None,
    epochs: options.Epochs = None,
    results: options.Results = Path("results"),
    skip_bad: SkipBad = False,
    force: Annotated[
        bool, typer.Option("--force", help="Score a test split again; all reports say that it was used twice.")
    ] = False,
    publish_to: Publish = None,
):
    """Score the test split of a finished study, once, and record that it was used.

    Choose on validation first: what is changed after seeing the test split is no longer measured by it.

    Example: python -m benchmarks study-test localizer
    """
    import os

    check_folder(publish_to, ".csv")
    plan = _plan(name, data, factors, seeds, backend, epochs, results, skip_bad)
    if missing := plan.missing:
        raise AVEError(
            "the study is not finished",
            file=plan.store.folder,
            expected="all trainings, so that the test split is scored once, at the end",
            found=f"{len(missing)} missing, such as {missing[0].profile}, seed {missing[0].seed}",
            fix=f"Run it first, with the same options: python -m benchmarks study {name}",
        )
    uses = [plan.uses(number) for number in range(len(plan.folders))]
    for used in uses:
        used.refuse_second(force)
    os.environ["KERAS_BACKEND"] = plan.backend
    from benchmarks.execution.provenance import commit
    from benchmarks.studies.scoring import score_cells

    with progress() as bar:
        task = bar.add_task("scoring", total=sum(len(plan.cells(n)) for n in range(len(plan.folders))))
        for number, (folder, used) in enumerate(zip(plan.folders, uses, strict=True)):
            scores = score_cells(plan.cells(number), folder, plan.store, lambda: bar.advance(task))
            used.record([arm.name for arm in plan.arms], commit(), scores)
    _report(plan, publish_to)


def _plan(name, data, factors, seeds, backend, epochs, results, skip_bad, check=True):
    from benchmarks.studies.planning import make_plan
    from benchmarks.studies.study import read

    chosen = read(name)
    numbers = parse_seeds(seeds or str(chosen.seeds))
    overrides = {} if epochs is None else {"epochs": epochs}
    store = Store(results / "studies")
    return make_plan(
        chosen, data, factors, numbers, choose_backend(backend), overrides, store, skip_bad, messages, check
    )


def _report(plan, publish_to):
    from benchmarks.studies.report import HEAD
    from benchmarks.studies.writing import write

    console = wide_console()
    results = plan.results()
    for split, (found, said) in results.items():
        for name in dict.fromkeys(line.data for line in found):
            table = Table(*HEAD, title=escape(f"{plan.study.title}: {name}, {split} split"))
            for line in found:
                if line.data == name:
                    table.add_row(*map(escape, line.cells))
            console.print(table)
        for note in said:
            console.print(f"- {note}", markup=False)
    folder = plan.store.folder / "reports" / plan.study.name
    console.print(f"report: {write(plan.study, results, folder, publish_to)}", markup=False)
