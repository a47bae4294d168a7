"""What a trained model's file says of its confidences: a temperature, and how to detect unknown events."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from ave_keras.errors import AVEError
from ave_keras.localization.features import second_features
from ave_keras.localization.unknown import NEIGHBOUR, SECONDS, UNKNOWN
from ave_keras.metrics import expected_calibration_error, fit_temperature, neighbour_distance, with_temperature
from ave_keras.metrics.unknown import max_probability_score, threshold, unit
from ave_keras.models.files import add_metadata
from zoo.evaluation.model import load_model, matches
from zoo.evaluation.segments import segment_probabilities

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE

# The most seconds of the training data that are kept: 640 KB of 64 features in float16.
MOST = 5000


@dataclass(frozen=True)
class Uncertainty:
    """What `calibrate` has stored.

    Attributes:
        temperature: T; None if no temperature is best.
        errors: The expected calibration error on the validation split, before and after.
        thresholds: `{method: score}`, exceeded by at most 5 % of the validation seconds with an event in
            which the model finds one.
        notes: What is not stored, and why.
    """

    temperature: float | None
    errors: tuple[float, float]
    thresholds: dict[str, float]
    notes: tuple[str, ...]


def calibrate(path: str | Path, ave: AVE, batch_size: int = 64) -> Uncertainty:
    """Stores in a `.keras` file what `ave-keras localize` needs for its confidences and to mark unknown events.

    The temperature is fitted to all seconds of the validation split. Thresholds come from its seconds with an event in
    which the model finds one; features, at length one and in float16, from at most `MOST` seconds with an event of the
    training split. For both, the labels of seconds are needed, for weakly supervised models, too. The weights do not
    change.

    Args:
        path: The `.keras` file.
        ave: The data set that the model was trained on.
        batch_size: Videos per step.

    Raises:
        AVEError: The model matches sound and picture, or does not fit the data; the training or validation split is
            empty; the file cannot be written. The file is unchanged then.

    Example:

    >>> zoo.training.calibrate("runs/av_att/model.keras", ave).temperature
    1.37
    """
    model = load_model(path, ave)
    if matches(model):
        raise AVEError("a model that matches sound and picture has no confidences", file=path)
    val = ave.dataset("val", modalities=_inputs(model), batch_size=batch_size)
    probabilities, truth = segment_probabilities(model, val), ave.labels[ave.split("val")].argmax(-1)
    notes, thresholds = [], {}
    temperature, calibrated = None, probabilities
    try:
        temperature = fit_temperature(truth, probabilities)
        calibrated = with_temperature(probabilities, temperature)
    except AVEError as error:
        notes.append(f"confidences stay as they are: {error}")
    arrays = {}
    # Only what the model takes for an event is ever marked; events that it misses are far from all that it knows.
    background = len(ave.class_names)
    if (event := (truth < background) & (probabilities.argmax(-1) < background)).any():
        thresholds["probability"] = threshold(max_probability_score(calibrated[event]))
        try:
            seconds = known_seconds(model, ave, batch_size)
            distances = neighbour_distance(second_features(model, val)[event], seconds, NEIGHBOUR)
            thresholds["neighbours"], arrays = threshold(distances), {SECONDS: seconds}
        except AVEError as error:
            notes.append(f"unknown events cannot be detected by neighbours: {error}")
    else:
        notes.append("unknown events cannot be detected: the model finds no event of the validation split")
    add_metadata(path, arrays, **{"temperature": temperature, UNKNOWN: thresholds or None})
    errors = expected_calibration_error(truth, probabilities), expected_calibration_error(truth, calibrated)
    return Uncertainty(temperature, errors, thresholds, tuple(notes))


def known_seconds(model: keras.Model, ave: AVE, batch_size: int = 64) -> np.ndarray:
    """Features `(n, d)` float16, at length one, of at most `MOST` seconds with an event of the training split."""
    train = ave.dataset("train", modalities=_inputs(model), batch_size=batch_size)
    event = ave.labels[ave.split("train")][..., -1] == 0
    if not event.any():
        raise AVEError("no second of the training split has an event", file=ave.folder)
    found = second_features(model, train)[event]
    chosen = np.sort(np.random.default_rng(0).permutation(len(found))[:MOST])
    return unit(found[chosen]).astype("float16")


def _inputs(model):
    return tuple(symbol.name for symbol in model.inputs)
