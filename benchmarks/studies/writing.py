"""Writes the report of a study: Markdown, CSV, and a figure of its effects."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras import plots
from benchmarks.reports.markdown import markdown_lines
from benchmarks.results.files import atomic
from benchmarks.studies.report import HEAD

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from benchmarks.studies.report import Line
    from benchmarks.studies.study import Study


def write(
    study: Study, results: dict[str, tuple[list[Line], list[str]]], folder: Path, publish_to: Path | None = None
) -> Path:
    """Writes `report.md`, `effects.csv` and a figure per split; a second run writes the same bytes.

    Args:
        study: The `Study`.
        results: What `Plan.results` returns.
        folder: The folder of the report.
        publish_to: A further path for the CSV file, and with the suffixes `.md` and `.png` for the tables and the
            figure; those of the test split if it has been scored, else of validation.

    Returns:
        The path of the Markdown file.
    """
    folder.mkdir(parents=True, exist_ok=True)
    texts = [f"# {study.title}", ""]
    for split, (found, said) in results.items():
        texts += _markdown(study, found, said, split)
        plots.save(figure(study, found, split), folder / f"effects-{split}.png")
    _write(folder / "report.md", "\n".join(texts) + "\n")
    _write(folder / "effects.csv", table(results))
    if publish_to:
        split = "test" if "test" in results else "val"
        _write(publish_to, table(results))
        _write(publish_to.with_suffix(".md"), "\n".join(_markdown(study, *results[split], split)) + "\n")
        plots.save(figure(study, results[split][0], split), publish_to.with_suffix(".png"))
    return folder / "report.md"


def table(results: dict[str, tuple[list[Line], list[str]]]) -> str:
    """The lines of all splits as CSV, in full precision."""
    text = io.StringIO()
    made = [{"split": split, **line.to_dict()} for split, (found, _) in results.items() for line in found]
    writer = csv.DictWriter(text, list(made[0]) if made else ["split"], lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    return text.getvalue()


def figure(study: Study, found: list[Line], split: str) -> Figure:
    """The effects of the arms with their intervals, a marker per data set."""
    series: dict = {line.data: {} for line in found}
    for line in found:
        if line.effect:
            series[line.data][line.arm] = line.effect.difference, line.effect.low, line.effect.high
    return plots.effects_figure(series, title=f"{study.title} ({split} split, minus base)")


def _markdown(study, found, said, split):
    parts = []
    for name in dict.fromkeys(line.data for line in found):
        parts += [f"**{name}, {split} split**", ""]
        parts += [*markdown_lines(HEAD, [line.cells for line in found if line.data == name]), ""]
    changed = {name.split(":")[0] for line in found for name in line.arm.split(", ")} & set(study.factors)
    for name in (name for name in study.factors if name in changed):
        factor = study.factors[name]
        said = [*said, f"`{name}`: {factor.title}" + (f" ({factor.source})." if factor.source else ".")]
    return [*parts, *(f"- {note}" for note in said), ""]


def _write(path, text):
    with atomic(path) as temporary:
        temporary.write_text(text, encoding="utf-8")
