"""Halves `.keras` files: weights are stored as float16, and Keras reads them back into float32 variables."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import h5py
import numpy as np

from ave_keras.errors import AVEError

WEIGHTS = "model.weights.h5"


def halve(path: Path) -> None:
    """Rounds the float32 weights in a `.keras` file to float16.

    Raises:
        AVEError: A weight is too large for float16.
    """
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    members[WEIGHTS] = _halved(members[WEIGHTS], path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)


def _halved(content, path):
    made = io.BytesIO()
    with h5py.File(io.BytesIO(content)) as old, h5py.File(made, "w") as new:

        def copy(name, item):
            if isinstance(item, h5py.Group):
                target = new.require_group(name)
            else:
                target = new.create_dataset(name, data=_rounded(item[()], name, path))
            target.attrs.update(item.attrs)

        new.attrs.update(old.attrs)
        old.visititems(copy)
    return made.getvalue()


def _rounded(array, name, path):
    if array.dtype != "float32":
        return array
    with np.errstate(over="ignore"):
        half = array.astype("float16")
    if not np.isfinite(half).all():
        largest = float(np.finfo("float16").max)
        fix = "Publish it without --float16"
        raise AVEError("a weight does not fit float16", file=path, key=name, expected=f"at most {largest:.0f}", fix=fix)
    return half
