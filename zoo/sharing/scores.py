"""Scores on the test split, for the card of a published model, and the file in a run's folder that keeps them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras.data.layout import data_name
from ave_keras.errors import AVEError
from zoo.sharing.manifest import sha256

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE
    from zoo.evaluation.matching import MatchingScore
    from zoo.evaluation.segments import Score

STORED = "test.json"
SEGMENTS = "segment accuracy"
EXACT = {"a2v": "exact match, sound to picture", "v2a": "exact match, picture to sound"}


def score_test(model: keras.Model, ave: AVE) -> dict[str, Any]:
    """Scores a model on the test split; the result is that of `record`."""
    from zoo.evaluation import matching, segments
    from zoo.evaluation.model import matches

    return record(matching.evaluate(model, ave, "test") if matches(model) else segments.score(model, ave, "test"), ave)


def record(score: Score | MatchingScore, ave: AVE) -> dict[str, Any]:
    """A score on the test split as JSON-able values.

    Returns:
        `{"data": title, "videos": N, "metrics": {name: share}, "references": {name: {metric: share}}}`, and of models
        with classes `"truth"` and `"predicted"`, `(N, T)` class numbers.
    """
    from zoo.evaluation.segments import Score

    if isinstance(score, Score):
        metrics = {SEGMENTS: float(score.accuracy)}
        references = {name: {SEGMENTS: float(value)} for name, value in score.references.items()}
        found = {"truth": score.truth.tolist(), "predicted": score.predicted.tolist()}
        videos = len(score.truth)
    else:
        metrics = _exact(score.metrics)
        references = {name: _exact(values) for name, values in score.references.items()}
        found, videos = {}, len(score.queries.rows)
    return {"data": ave.title, "split": "test", "videos": videos, "metrics": metrics, "references": references, **found}


def _exact(values):
    return {name: float(values[key]) for key, name in EXACT.items()}


def in_words(scores: dict[str, Any]) -> Iterator[str]:
    """A line for every metric, with its data set and the trivial references."""
    for name, value in scores["metrics"].items():
        beside = ", ".join(f"{trivial} {100 * found[name]:.1f} %" for trivial, found in scores["references"].items())
        where = f"the {scores['split']} split of {data_name(scores['data'])}"
        yield f"{name} on {where}: {100 * value:.1f} %; without a model: {beside}"


def store(scores: dict[str, Any], model: Path) -> Path:
    """Keeps the result of `record` beside the model's file, from which `ave-keras publish` takes it."""
    path = model.with_name(STORED)
    partial = path.with_name(f".{STORED}.partial")
    partial.write_text(json.dumps({"model_sha256": sha256(model), **scores}, ensure_ascii=False), encoding="utf-8")
    return partial.replace(path)


def stored(model: Path) -> dict[str, Any]:
    """The scores that `store` has kept of this very file.

    Raises:
        AVEError: There are none.
    """
    path = model.with_name(STORED)
    fix = "Add --data DIR, which scores the test split"
    if not path.is_file():
        raise AVEError("this run has no score on the test split", file=path.parent, fix=fix)
    try:
        scores = json.loads(path.read_text(encoding="utf-8"))
        same = scores.pop("model_sha256") == sha256(model)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise AVEError("this file does not contain scores", file=path, fix=fix) from error
    if not same:
        raise AVEError(f"this score is not of the present {model.name}", file=path, fix=fix)
    return scores
