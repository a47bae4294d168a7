"""The results of a study as tables: what was tried, the scores of the arms, and their effects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.results.summary import number, seconds_per_epoch
from benchmarks.studies.effects import FEWEST_SEEDS, Effect, effect, hits, holm
from benchmarks.studies.study import BASE, Study
from zoo.card import probability

if TYPE_CHECKING:
    from benchmarks.studies.scoring import TestUses

HEAD = ("arm", "entry", "accuracy %", "minus base", "95 % interval", "p, corrected", "parameters", "s/epoch")


@dataclass(frozen=True)
class Line:
    """The results of an arm on one data set.

    Attributes:
        data: The name of the data set.
        arm: The name of the arm.
        entry: The name of its entry.
        scores: The accuracy of every seed, in percent.
        effect: Its `Effect` against the base on the seeds that both have; None for the base, or without such seeds.
        p: The p-value, corrected for all comparisons of the study.
        parameters: The number of weights.
        seconds: Seconds per epoch, the mean over seeds.
    """

    data: str
    arm: str
    entry: str
    scores: tuple
    effect: Effect | None
    p: float | None
    parameters: int | None
    seconds: float | None

    @property
    def cells(self) -> tuple[str, ...]:
        """The texts under `HEAD`."""
        deviation = f" ± {number(np.std(self.scores, ddof=1))}" if len(self.scores) > 1 else ""
        score = "–" if not self.scores else f"{number(self.mean)}{deviation} ({len(self.scores)})"
        found = self.effect
        interval = "–" if found is None or found.low is None else f"{found.low:+.2f} … {found.high:+.2f}"
        parameters = "–" if self.parameters is None else f"{self.parameters:,}"
        difference = "–" if found is None else f"{found.difference:+.2f}"
        p = "–" if self.p is None else probability(self.p)
        return (self.arm, self.entry, score, difference, interval, p, parameters, number(self.seconds))

    @property
    def mean(self) -> float | None:
        """The mean accuracy in percent, or None."""
        return float(np.mean(self.scores)) if self.scores else None

    def to_dict(self) -> dict[str, Any]:
        """The values of a line of the CSV file, in full precision."""
        found = self.effect
        return {
            "data": self.data,
            "arm": self.arm,
            "entry": self.entry,
            "accuracy": self.mean,
            "seeds": len(self.scores),
            "difference": found and found.difference,
            "low": found and found.low,
            "high": found and found.high,
            "p": found and found.p,
            "p_corrected": self.p,
            "parameters": self.parameters,
        }


def lines(study: Study, results: Mapping[str, Mapping[str, Mapping[int, dict]]], split: str) -> list[Line]:
    """The lines of a study, arm by arm for every data set.

    Args:
        study: The `Study`.
        results: `{data set: {arm: {seed: record}}}` of the finished cells.
        split: "val", or "test" after it has been scored.
    """
    made = []
    entries = {arm.name: arm.entry for arm in study.arms}
    for data, arms in results.items():
        base = arms.get(BASE, {})
        for name, records in arms.items():
            scores = tuple(100 * float(hits([record], split).mean()) for record in records.values())
            shared = sorted(base.keys() & records.keys()) if name != BASE else []
            pair = [hits([side[seed] for seed in shared], split) for side in (base, records)] if shared else None
            found = effect(pair[0], pair[1]) if pair else None
            parameters = next((record["parameters"] for record in records.values()), None)
            times = [t for r in records.values() if (t := seconds_per_epoch(r)) is not None]
            seconds = float(np.mean(times)) if times else None
            made.append(Line(data, name, entries[name], scores, found, None, parameters, seconds))
    corrected = holm([line.effect.p if line.effect else None for line in made])
    return [replace(line, p=p) for line, p in zip(made, corrected, strict=True)]


def notes(
    study: Study, found: Sequence[Line], split: str, uses: Mapping[str, TestUses], tried: Mapping[str, int]
) -> list[str]:
    """What a reader must know about the numbers, in plain lines.

    Args:
        study: The `Study`.
        found: Its `Line`s.
        split: The split of the scores.
        uses: The `TestUses` by data set.
        tried: The number of configurations that the results folder holds, by data set, also of other studies.
    """
    arms = {line.arm for line in found} - {BASE}
    trainings = sum(len(line.scores) for line in found)
    comparisons = sum(line.p is not None for line in found)
    sets = len({line.data for line in found})
    compared = f"; {_count(comparisons, 'comparison')}, for which Holm's method corrects p" if comparisons else ""
    said = [
        f"Tried: {_count(len(arms), 'change')} on {_count(sets, 'data set')}, "
        f"{_count(trainings, 'training')}{compared}. "
        f"With all studies, the results folder holds "
        f"{', '.join(f'{count} configurations on {data}' for data, count in tried.items())}."
    ]
    if split == "val":
        said.append(
            "Scores are of the validation split, which chose the epoch, too: all are too high, each in the same way. "
            "They do not use the test split."
        )
    else:
        for data, used in uses.items():
            when = "; ".join(f"{use['date'][:10]}, commit {use['commit'] or 'unknown'}" for use in used.uses)
            times = "once" if len(used.uses) == 1 else f"{len(used.uses)} TIMES"
            others = f" Other studies have scored it, too: {', '.join(used.others)}." if used.others else ""
            said.append(f"{data}: the test split was scored {times} ({when}).{others}")
    if any(line.effect and line.effect.seeds < FEWEST_SEEDS for line in found):
        said.append(f"Fewer than {FEWEST_SEEDS} seeds: differences have no interval and no p.")
    if comparisons:
        said.append("Intervals and p hold for other videos and other seeds: both are drawn again.")
    return [*said, *study.notes]


def _count(number, word):
    return f"{number} {word}{'s' * (number != 1)}"
