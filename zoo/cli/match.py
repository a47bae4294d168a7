"""`ave-keras match`: find a sound in a picture track, or a picture in a sound track."""

from pathlib import Path
from typing import Annotated

import numpy as np
import typer
from rich.table import Table

from ave_keras import data as ave_data
from ave_keras import matching
from ave_keras.data.storage.hdf5 import FEATURES, read_array
from ave_keras.errors import AVEError, first_line
from zoo.cli.terminal import console

# The modality of the query, and the one that is searched.
SIDES = {"a2v": ("audio", "visual"), "v2a": ("visual", "audio")}


def match(
    model: Annotated[
        str,
        typer.Argument(
            help="A .keras file, published folder or hf://USER/NAME of avdln or dcca, or a released Keras 2 file."
        ),
    ],
    audio: Annotated[Path | None, typer.Option(help="Sound features (.npy or .h5), one row per second.")] = None,
    visual: Annotated[
        Path | None, typer.Option(help="Picture features (.npy or .h5), one map or row per second.")
    ] = None,
    data: Annotated[
        Path | None, typer.Option(help="Instead of files: a folder in the official AVE layout, with --row.")
    ] = None,
    row: Annotated[
        int | None, typer.Option(help="Row of the video in the folder, or in .h5 files with many videos.")
    ] = None,
    direction: Annotated[
        str, typer.Option(help="a2v: find the sound in the picture; v2a: find the picture in the sound.")
    ] = "a2v",
    start: Annotated[
        int | None, typer.Option(help="First second of the query. [default: 0, or the row's event]")
    ] = None,
    length: Annotated[
        int | None, typer.Option(help="Length of the query in seconds. [default: to the end, or the row's event]")
    ] = None,
) -> None:
    """Find the seconds of a picture track that fit a sound, or the reverse.

    The query is a run of seconds of one modality (`--start`, `--length`). Every window of that length in the other
    modality is compared with it, and the one with the lowest mean distance per second is the result; ties are all
    listed. Seconds count from 0.

    Examples:

    ave-keras match runs/avdln/model.keras --audio bark.npy --visual video.npy

    ave-keras match runs/avdln/model.keras --data AVE_DIR --row 12 --direction v2a

    ave-keras match cmm_model_weights.h5 --audio sound.npy --visual video.npy --start 3 --length 2
    """
    x, event = _from_folder(data, row) if data else (_from_files(audio, visual, row), None)
    if event and start is None and length is None:
        start, length = _event_of(event, data, row)
    found = matching.match(
        _model(model, x), x["audio"], x["visual"], direction=direction, start=start or 0, length=length
    )
    query, searched = SIDES[direction]
    seconds = f"seconds {start or 0} to {(start or 0) + found.length - 1} of {query}"
    table = Table("window of " + searched, "mean distance", "", title=f"{seconds}, searched in {searched}")
    for t, cost in enumerate(found.costs):
        marks = ["best" if t in found.starts else "", "the query's own time" if data and t == (start or 0) else ""]
        table.add_row(f"{t} to {t + found.length - 1}", f"{cost:.4f}", ", ".join(filter(None, marks)))
    console.print(table)
    best = ", ".join(map(str, found.starts))
    tie = f"; {len(found.starts)} windows tie" if len(found.starts) > 1 else ""
    console.print(f"{seconds} fit {searched} from second {best}{tie}")


def _from_folder(folder, row):
    ave = ave_data.AVE.from_directory(folder)
    rows = len(ave.annotations)
    if row is None or not 0 <= row < rows:
        raise AVEError("choose a video", file=folder, key="--row", expected=f"0 to {rows - 1}", found=row)
    x = {key: ave.features.rows(key).gather(np.array([row]))[0] for key in ("audio", "visual")}
    (start,), (length,) = matching.event_runs(ave.labels[[row]])
    return x, (int(start), int(length))


def _event_of(event, folder, row):
    if not event[1]:
        raise AVEError(
            f"row {row} is all background",
            file=folder,
            expected="an event",
            fix="Choose another row, or the seconds of the query with --start and --length",
        )
    return event


def _from_files(audio, visual, row):
    given = {"audio": audio, "visual": visual}
    missing = [f"--{key}" for key, path in given.items() if path is None]
    if missing:
        raise AVEError(
            "missing features", key=" and ".join(missing), expected="--audio and --visual, or --data and --row"
        )
    ranks = {"audio": (2,), "visual": (2, 4)}
    return {key: _array(path, row, ranks[key]) for key, path in given.items()}


def _array(path, row, ranks):
    if path.suffix == ".npy":
        if not path.is_file():
            raise AVEError("file not found", file=path)
        try:
            array = np.load(path)
        except (ValueError, OSError, EOFError, MemoryError) as error:
            raise AVEError("not a NumPy array", file=path, found=first_line(error)) from error
    elif path.suffix in (".h5", ".hdf5"):
        array = read_array(path, FEATURES)
    else:
        raise AVEError("unknown file type", file=path, expected=".npy or .h5", found=repr(path.suffix))
    if array.ndim - 1 not in ranks:
        return array
    # The file holds many videos.
    if row is None or not 0 <= row < len(array):
        raise AVEError("choose a video", file=path, key="--row", expected=f"0 to {len(array) - 1}", found=row)
    return array[row]


def _model(source, x):
    from ave_keras.checkpoints.keras2 import input_sizes, is_keras2
    from ave_keras.models.files import read_model
    from zoo.loading import load
    from zoo.weights import model_file

    path = model_file(source)
    if path.is_file() and is_keras2(path):
        # The sizes are taken from the file, so that an error names the features that do not fit them.
        audio_dim, channels = input_sizes(path)
        return load("avdln", weights=path, audio_dim=audio_dim, visual_shape=(*x["visual"].shape[1:-1], channels))
    return read_model(path)
