"""Loads a saved model and checks that it fits a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ave_keras.data import layout
from ave_keras.data.storage.hdf5 import fits
from ave_keras.errors import AVEError
from ave_keras.models.files import read_metadata, read_model

if TYPE_CHECKING:
    import keras

    from ave_keras.data.ave import AVE


def load_model(path: str | Path, ave: AVE) -> keras.Model:
    """Reads a `.keras` file and checks its inputs, columns and classes against a data set.

    Raises:
        AVEError: The file is missing or not a model, or it does not fit `ave`.
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
    columns = None if matches(model) else _segments(model).shape[-1]
    if columns not in (None, ave.num_classes):
        raise AVEError(
            f"the model does not fit {ave.title}", file=path, expected=f"{ave.num_classes} columns", found=columns
        )
    known = read_metadata(path).get("class_names")
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


def _segments(model):
    """The output with the probabilities of every segment."""
    return model.output["segments"] if isinstance(model.output, dict) else model.output


def matches(model: keras.Model) -> bool:
    """Whether a model matches sound and picture: it has an output `distances`, and no classes."""
    return isinstance(model.output, dict) and "distances" in model.output
