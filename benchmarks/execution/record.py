"""Builds the record of a cell: scores, predictions, history and resource usage."""

import numpy as np

from benchmarks.execution.provenance import provenance
from zoo.evaluation import matching
from zoo.evaluation.attention import attention_scores
from zoo.training import eval_dataset, segment_probabilities


def record(started, model, seconds, clock, memory):
    """Scores a trained model on the split of its cell, and returns the record of its cell as a dict for JSON.

    Args:
        started: The `StartedCell`.
        model: The model to score, with the best weights.
        seconds: The run time of the cell, without earlier interrupted runs.
        clock: The `EpochSeconds` of its epochs.
        memory: The `PeakMemory`, created at the start of the cell.
    """
    state = started.state
    scores = score(started.entry, model, started.ave, started.cell.score)
    return {
        "cell": started.cell.__dict__,
        "entry": started.entry.to_dict(),
        "parameters": model.count_params(),
        "history": state.history,
        "best_epoch": state.best_epoch,
        "val_accuracy": state.best_score,
        **scores,
        "seconds": seconds,
        "epoch_seconds": clock.seconds,
        "steps_per_epoch": clock.steps,
        "peak_memory": memory.read(),
        "resumed_after": started.done,
        **provenance(),
    }


def score(entry, model, ave, split):
    """The part of a record that depends on a split: scores, and the predictions for every video."""
    if entry.task == "matching":
        return _score_matching(model, ave, split)
    rows = ave.split(split)
    predicted = segment_probabilities(model, eval_dataset(entry, ave, split)).argmax(-1)
    truth = ave.labels[rows].argmax(-1)
    accuracy = float((predicted == truth).mean())
    attention = attention_scores(model, ave, split, entry.recipe.batch_size)
    scores = (
        {"metrics": {"accuracy": accuracy, **attention.metrics}, "trivial": attention.references} if attention else {}
    )
    return {
        f"{split}_accuracy": accuracy,
        **scores,
        split: {"rows": rows.tolist(), "truth": truth.tolist(), "predicted": predicted.tolist()},
        "class_names": [*ave.class_names, "Background"],
    }


def _score_matching(model, ave, split):
    result = matching.evaluate(model, ave, split)
    queries = result.queries
    return {
        f"{split}_accuracy": result.accuracy,
        "metrics": result.metrics,
        "trivial": result.references,
        split: {
            **{key: getattr(queries, key).tolist() for key in ("rows", "starts", "lengths")},
            **{direction: [np.flatnonzero(row).tolist() for row in a] for direction, a in result.answers.items()},
        },
    }
