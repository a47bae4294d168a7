"""AUROC and FPR of scored seconds, with intervals over the videos."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ave_keras.metrics import auroc, false_positive_rate

Statistic = Callable[[np.ndarray, np.ndarray], float]
# Each with whether it counts only the seconds that the model takes for an event.
STATISTICS: dict[str, tuple[Statistic, bool]] = {
    "auroc": (auroc, False),
    "fpr95": (false_positive_rate, False),
    "auroc_called": (auroc, True),
}
# The attributes of `Scored` whose means over the seeds are reported.
MEANS = ("known_marked", "held_out_marked", "held_out_called_events", "accuracy")
# Samples of the videos for an interval.
DRAWS = 1000


@dataclass(frozen=True)
class Scored:
    """The scores of the test seconds with an event, by one method and one training: `{row of a video: (n,) scores}`.

    Attributes:
        known: Those of videos of known classes.
        held_out: Those of videos of the classes that the model has not learned.
        called: `{row: (n,)}`, whether the model takes a second for an event; only such seconds are marked.
        known_marked: The share of the known seconds that `ave-keras localize` would mark as unknown.
        held_out_marked: Likewise, of the others.
        held_out_called_events: The share of the others that the model takes for an event at all.
        accuracy: The segment accuracy on the test videos of known classes.
    """

    known: dict[int, np.ndarray]
    held_out: dict[int, np.ndarray]
    called: dict[int, np.ndarray]
    known_marked: float
    held_out_marked: float
    held_out_called_events: float
    accuracy: float

    def scores(self, rows: Iterable[int], called: bool) -> np.ndarray:
        """The scores of videos in one array, or only those of seconds that the model takes for an event."""
        both = {**self.known, **self.held_out}
        return np.concatenate([both[row][self.called[row]] if called else both[row] for row in rows])


def summary(runs: dict[str, dict[str, list[Scored]]]) -> list[dict[str, Any]]:
    """A row for each group of classes and method, for the means over the groups, and for the difference of methods.

    Args:
        runs: `{classes: {method: [Scored of each seed]}}`.

    Returns:
        Dicts of `held_out`, `method`, the keys of `STATISTICS`, each with `_low` and `_high`, and of `MEANS`: shares
        from 0 to 1, and None where a difference has no such value.
    """
    rows: list[dict[str, Any]] = []
    draws: dict[tuple[str, str], dict[str, np.ndarray]] = {}
    for names, methods in runs.items():
        for method, scored in methods.items():
            row: dict[str, Any] = {"held_out": names, "method": method}
            for key, (statistic, called) in STATISTICS.items():
                found = draws.setdefault((names, method), {})[key] = resampled(scored, statistic, called)
                row |= {key: value(scored, statistic, called), **_ends(key, interval(found))}
            rows.append(row | {key: float(np.mean([getattr(s, key) for s in scored])) for key in MEANS})
    for method in dict.fromkeys(method for _, method in draws):
        of = [row for row in rows if row["method"] == method]
        mean = {key: float(np.mean([row[key] for row in of])) for key in (*STATISTICS, *MEANS)}
        for key in STATISTICS:
            mean |= _ends(key, interval(_mean_draws(draws, method, key)))
        rows.append({"held_out": f"mean of {len(of)}", "method": method, **mean})
    if len({method for _, method in draws}) == 2 and len(runs) * 2 == len(draws):
        first, second = rows[-2:]
        row = {"held_out": first["held_out"], "method": f"{first['method']} - {second['method']}"}
        for key in STATISTICS:
            found = _mean_draws(draws, first["method"], key) - _mean_draws(draws, second["method"], key)
            row |= {key: first[key] - second[key], **_ends(key, interval(found))}
        rows.append({**dict.fromkeys(rows[0]), **row})
    return rows


def _mean_draws(draws, method, key):
    return np.mean([found[key] for (_, name), found in draws.items() if name == method], axis=0)


def _ends(key, ends):
    return dict(zip((f"{key}_low", f"{key}_high"), ends, strict=True))


def value(runs: Sequence[Scored], statistic: Statistic, called: bool = False) -> float:
    """The mean of a statistic of known and held-out scores over the trainings; NaN without seconds of one kind."""
    return _mean(runs, statistic, called, runs[0].known, runs[0].held_out)


def resampled(
    runs: Sequence[Scored], statistic: Statistic, called: bool = False, draws: int = DRAWS, seed: int = 0
) -> np.ndarray:
    """`value` for `draws` samples of the test videos with replacement, `(draws,)`.

    All trainings get the same samples. So do, with the same seed, other methods and other classes left out of the same
    test videos: differences are paired.
    """
    rng, found = np.random.default_rng(seed), np.empty(draws)
    rows = np.sort([*runs[0].known, *runs[0].held_out])
    for i in range(draws):
        drawn = rng.choice(rows, len(rows)).tolist()
        found[i] = _mean(
            runs,
            statistic,
            called,
            *([row for row in drawn if row in part] for part in (runs[0].known, runs[0].held_out)),
        )
    return found


def _mean(runs, statistic, called, known, held_out):
    if not (known and held_out):
        return np.nan
    pairs = [(run.scores(known, called), run.scores(held_out, called)) for run in runs]
    return float(np.mean([statistic(*pair) if all(map(len, pair)) else np.nan for pair in pairs]))


def interval(found: np.ndarray, level: float = 0.95) -> tuple[float, float]:
    """The percentile interval of `resampled` values."""
    low, high = np.nanquantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
