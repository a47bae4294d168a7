"""Labels from trained models: distillation of several seeds into one, and self-training of weak models."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import keras
import numpy as np

from zoo.evaluation.segments import segment_probabilities

if TYPE_CHECKING:
    from ave_keras.data.ave import AVE
    from zoo.entry import Entry


def teacher_entry(entry: Entry) -> Entry:
    """The entry that the teachers train: without teachers of their own, and without labels that they cannot know.

    A weakly supervised teacher does not learn from seconds.
    """
    recipe = entry.recipe
    changes: dict[str, Any] = {"teacher": None}
    if entry.task == "weak" and recipe.losses:
        known = {output: term for output, term in recipe.losses.items() if term["target"] != "segments"}
        changes["losses"] = known
        # Outputs without a loss still need a label, unless it is that of the seconds, which all models have.
        changes["unused"] = [*(recipe.unused or ()), *(recipe.losses.keys() - known.keys() - {"segments"})]
    return entry.with_recipe(**changes)


def taught_labels(entry: Entry, ave: AVE, seed: int, fit: Any, verbose: str | int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Trains the teachers of a recipe and returns what they say about the training videos.

    The teachers are built from the entry, and differ in their seeds. Their mean probabilities are mixed with the true
    labels, of which `1 - weight` remains. Weakly supervised students have no true labels of seconds: theirs are the
    probabilities of the video's own events and of background, divided by their sum.

    Args:
        entry: The entry of the student.
        ave: The data set.
        seed: The seed of the student; the k-th teacher has the seed `1000 (seed + 1) + k`.
        fit: `zoo.training.fit`.
        verbose: As in `keras.Model.fit`.

    Returns:
        `(rows, labels)`: `(n,)` row numbers and `(n, T, C + 1)` float32 distributions.

    Reference:
        Hinton, Vinyals and Dean, Distilling the knowledge in a neural network, 2015; Furlanello et al., Born-again
        neural networks, ICML 2018; Lee, Pseudo-label, ICML workshops 2013.
    """
    spec, taught = entry.recipe.teacher or {}, teacher_entry(entry)
    rows = np.concatenate([ave.split("train"), ave.background_rows if entry.recipe.background_videos else []])
    rows = rows.astype("int64")
    data = ave.dataset(rows, modalities=entry.modalities, batch_size=entry.recipe.batch_size)
    found = []
    for number in range(spec["count"]):
        own = 1000 * (seed + 1) + number
        keras.utils.set_random_seed(own)
        model = taught.compile(taught.build(**ave.spec))
        fit(taught, model, ave, seed=own, verbose=verbose)
        found.append(segment_probabilities(model, data))
    keras.utils.set_random_seed(seed)
    mean = np.mean(found, axis=0, dtype="float64")
    segments, videos = (part[rows] for part in ave.all_labels)
    if entry.task == "weak":
        allowed = videos[:, None] > 0
        allowed[..., -1] = True
        mean = np.where(allowed, mean, 0)
        return rows, (mean / mean.sum(axis=-1, keepdims=True)).astype("float32")
    return rows, ((1 - spec["weight"]) * segments + spec["weight"] * mean).astype("float32")
