"""VGGSound-AVEL100k and AVEL50k: 141 classes, ten seconds, one class per video.

Source: Zhou, Guo and Wang, Contrastive Positive Sample Propagation along the Audio-Visual Event Line, TPAMI 2022, and
the readers of their repository, jasongief/CPSP.
"""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import numpy as np

from ave_keras.checkpoints.arrays import read_pickle
from ave_keras.data.converting.published import Published, read_json, read_table
from ave_keras.data.events.names import split_of
from ave_keras.errors import AVEError, first_line

SEGMENTS = 10
COLUMNS = ("video_id", "category", "split")
EXPECTED = (
    "vggsound-avel100k.csv with the columns video_id, category and split, and the labels: "
    "vggsound-avel100k_annos.json, or a folder of <video_id>.zip"
)


def read(source: Path) -> Published:
    """The events in a folder with the table of videos and the labels of their seconds.

    The labels are a JSON file, `{video_id: {"label": [0, 1, …]}}`, or a zip file per video around a pickled array. A
    list of categories, `*Categories.txt` or `category_labels.json`, gives the order of the classes; without one, they
    are in order of first appearance.

    Raises:
        AVEError: A file is missing or invalid.
    """
    table = _one(source.glob("*.csv") if source.is_dir() else [], source)
    lines = read_table(table, COLUMNS, ",")
    label_of = _labels(source)
    names = _categories(source) or list(dict.fromkeys(line["category"] for _, line in lines))
    rows, left_out = [], []
    for place, line in lines:
        if line["category"] not in names:
            raise AVEError("unknown category", file=place, expected=f"one of {len(names)}", found=line["category"])
        try:
            active = label_of(line["video_id"])
        except AVEError as error:
            left_out.append(f"{line['video_id']}: {error}")
            continue
        rows.append((line["video_id"], line["category"], split_of(line["split"], place), active))
    title = "VGGSound-AVEL50k" if "50k" in table.name.lower() else "VGGSound-AVEL100k"
    return Published(title, names, SEGMENTS, rows, left_out)


def _one(files, source):
    files = sorted(files)
    if len(files) != 1:
        found = ", ".join(f.name for f in files) or "no .csv file"
        raise AVEError("not the folder of VGGSound-AVEL100k", file=source, expected=EXPECTED, found=found)
    return files[0]


def _categories(source):
    for path in sorted(source.glob("*ategories.txt")):
        return [line.strip() for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
    path = source / "category_labels.json"
    return list(read_json(path)) if path.is_file() else None


def _labels(source):
    """A function that returns the label `(10,)` bool of a video."""
    for path in sorted(source.glob("*annos.json")):
        annos = read_json(path)
        if not isinstance(annos, dict):
            raise AVEError("not labels", file=path, expected='{video_id: {"label": […]}}', found=type(annos).__name__)
        return lambda video_id: _from_json(path, annos, video_id)
    folders = [folder for folder in sorted(source.rglob("*")) if folder.is_dir() and next(folder.glob("*.zip"), None)]
    if len(folders) != 1:
        found = ", ".join(folder.name for folder in folders) or "no labels"
        raise AVEError("not the folder of VGGSound-AVEL100k", file=source, expected=EXPECTED, found=found)
    return lambda video_id: _from_zip(folders[0] / f"{video_id}.zip")


def _from_json(path, annos, video_id):
    anno = annos.get(video_id)
    return _checked(anno.get("label") if isinstance(anno, dict) else None, path, video_id)


def _from_zip(path):
    if not path.is_file():
        raise AVEError("file not found", file=path)
    try:
        with zipfile.ZipFile(path) as archive:
            content = [archive.read(name) for name in archive.namelist() if name.endswith(".pkl")]
    except (zipfile.BadZipFile, OSError, NotImplementedError, RuntimeError) as error:
        raise AVEError("unreadable zip file", file=path, found=first_line(error)) from error
    if len(content) != 1:
        raise AVEError("not a label", file=path, expected="one .pkl file", found=f"{len(content)}")
    return _checked(read_pickle(io.BytesIO(content[0]), str(path)), path)


def _checked(label, path, key=None):
    try:
        label = np.squeeze(np.asarray(label, "float64"))
    except (TypeError, ValueError):
        label = np.empty(0)
    if label.shape != (SEGMENTS,) or not np.isin(label, (0, 1)).all():
        raise AVEError("not a label", file=path, key=key, expected=f"{SEGMENTS} values, 0 or 1")
    return label == 1
