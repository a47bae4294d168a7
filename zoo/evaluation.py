"""Scores of a saved model on a split."""

import warnings
from dataclasses import dataclass

import numpy as np

from ave_keras.data import layout
from ave_keras.data.hdf5 import fits
from ave_keras.data.statistics import references
from ave_keras.errors import AVEError
from ave_keras.metrics import attention_mass, pointing_game, source_area
from ave_keras.model_file import read_facts, read_model
from zoo.training import segment_probabilities


@dataclass(frozen=True)
class Score:
    """Scores on a split.

    Attributes:
        accuracy: segment accuracy over all.
        per_class: `{label: (accuracy, segments)}`.
        references: `{answer: accuracy}` of answers that need no model.
        truth: `(N, T)` class numbers.
        predicted: likewise.
        class_names: what the numbers mean, background last.
    """

    accuracy: float
    per_class: dict
    references: dict
    truth: np.ndarray
    predicted: np.ndarray
    class_names: tuple


def load_model(path, ave):
    """Reads a `.keras` file and checks that the data set has what it takes.

    Raises:
        AVEError: the file is absent or not a model, or its inputs or columns are not those of `ave`.
    """
    model = read_model(path)
    for symbol in model.inputs:
        found = ave.input_shape(symbol.name) if symbol.name in layout.MODALITIES else None
        if found is None or not fits(found, symbol.shape[1:]):
            raise AVEError(
                f"the model does not fit {ave.title}",
                file=path,
                key=symbol.name,
                expected=f"input {tuple(symbol.shape[1:])}",
                found=found or "no such feature",
                fix="Load the entry for this data set: zoo.load(name, **ave.spec)",
            )
    if not matches(model) and model.outputs[0].shape[-1] != ave.num_classes:
        raise AVEError(
            f"the model does not fit {ave.title}",
            file=path,
            expected=f"{ave.num_classes} columns",
            found=model.outputs[0].shape[-1],
        )
    known = read_facts(path).get("class_names")
    if not matches(model) and known and tuple(known) != tuple(ave.class_names):
        raise AVEError(
            f"the model's classes are not those of {ave.title}",
            file=path,
            key="class_names",
            expected=list(ave.class_names),
            found=known,
            fix="List the classes in the model's order as class_names in the data set's dataset.yaml",
        )
    return model


def matches(model):
    """Whether a model matches sound and picture: it answers with distances, and knows no classes."""
    return isinstance(model.output, dict) and "distances" in model.output


def score(model, ave, split, batch_size=64):
    """Scores `model` on a split of `ave`."""
    dataset = ave.dataset(split, modalities=tuple(symbol.name for symbol in model.inputs), batch_size=batch_size)
    truth = ave.labels[ave.split(split)].argmax(-1)
    predicted = segment_probabilities(model, dataset).argmax(-1)
    right = predicted == truth
    names = (*ave.class_names, "Background")
    per_class = {
        names[c]: (right[truth == c].mean(), int((truth == c).sum())) for c in range(len(names)) if (truth == c).any()
    }
    return Score(right.mean(), per_class, references(truth, len(ave.class_names)), truth, predicted, names)


@dataclass(frozen=True)
class AttentionScore:
    """Where a model looks: `{"pointing_game": share, "attention_mass": share}`, and the same of trivial answers."""

    metrics: dict
    references: dict


def attention_scores(model, ave, split, batch_size=64):
    """The `AttentionScore` of a model on a split of `ave`, see `ave_keras.metrics.pointing_game`.

    Returns:
        None where the model does not attend, the source cells are not known, or no segment of the split has one.
    """
    from ave_keras.attention import attends, attention_maps

    if ave.source_mask is None or not attends(model):
        return None
    mask = np.stack([ave.source_mask[row] for row in ave.split(split)])
    if not mask.any():
        return None
    shape = ave.input_shape("visual")[:3]
    if mask.shape[1:] != shape:
        warnings.warn(
            f"{layout.SOURCE_MASK} of {ave.title} is {mask.shape[1:]}, features {shape}: not used", stacklevel=2
        )
        return None
    maps = attention_maps(model, ave.dataset(split, batch_size=batch_size))
    chance = source_area(mask)
    return AttentionScore(
        {"pointing_game": pointing_game(maps, mask), "attention_mass": attention_mass(maps, mask)},
        {"chance: looking everywhere alike": {"pointing_game": chance, "attention_mass": chance}},
    )
