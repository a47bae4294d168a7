"""What is stored of a cell: its scores, predictions, history and costs."""

import numpy as np

from benchmarks.execution.provenance import provenance
from zoo.evaluation import matching
from zoo.evaluation.attention import attention_scores
from zoo.training import eval_dataset, segment_probabilities


def record(begun, model, seconds, clock, memory):
    """What is stored of a cell: its test score with `model`, which has the best weights, and how it came about.

    Args:
        begun: the `Begun`.
        model: to score.
        seconds: from the start of the cell, without what came before it was cut off.
        clock: the `EpochSeconds` of its epochs.
        memory: the `PeakMemory` that was made when it started.
    """
    state = begun.state
    scores = _score(begun.entry, model, begun.ave)
    return {
        "cell": begun.cell.__dict__,
        "entry": begun.entry.to_dict(),
        "parameters": model.count_params(),
        "history": state.history,
        "best_epoch": state.best_epoch,
        "val_accuracy": state.best_score,
        **scores,
        "seconds": seconds,
        "epoch_seconds": clock.seconds,
        "steps_per_epoch": clock.steps,
        "peak_memory": memory.read(),
        "resumed_after": begun.done,
        **provenance(),
    }


def _score(entry, model, ave):
    if entry.task == "matching":
        return _score_matching(model, ave)
    rows = ave.split("test")
    predicted = segment_probabilities(model, eval_dataset(entry, ave, "test")).argmax(-1)
    truth = ave.labels[rows].argmax(-1)
    accuracy = float((predicted == truth).mean())
    looks = attention_scores(model, ave, "test", entry.recipe.batch_size)
    return {
        "test_accuracy": accuracy,
        **({"metrics": {"accuracy": accuracy, **looks.metrics}, "trivial": looks.references} if looks else {}),
        "test": {"rows": rows.tolist(), "truth": truth.tolist(), "predicted": predicted.tolist()},
        "class_names": [*ave.class_names, "Background"],
    }


def _score_matching(model, ave):
    found = matching.evaluate(model, ave, "test")
    queries = found.queries
    return {
        "test_accuracy": found.accuracy,
        "metrics": found.metrics,
        "trivial": found.references,
        "test": {
            **{key: getattr(queries, key).tolist() for key in ("rows", "starts", "lengths")},
            **{direction: [np.flatnonzero(row).tolist() for row in a] for direction, a in found.answers.items()},
        },
    }
