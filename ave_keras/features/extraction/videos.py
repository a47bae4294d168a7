"""Finds the video files of an extraction."""

from collections.abc import Iterable
from pathlib import Path

from ave_keras.data.events.names import VIDEOS
from ave_keras.data.layout import ANNOTATIONS
from ave_keras.data.layout import VIDEOS as VIDEOS_FOLDER
from ave_keras.errors import AVEError
from ave_keras.features.decoding.sequence import PICTURES


def dataset_folder(folder: str | Path) -> tuple[Path, Path]:
    """The folder of videos and the annotations of a downloaded `AVE_Dataset`.

    Raises:
        AVEError: The folder has no `Annotations.txt`.
    """
    folder = Path(folder)
    if not (folder / ANNOTATIONS).is_file():
        fix = "Say where the events are with --annotations"
        raise AVEError("no annotations", file=folder, expected=f"a folder with {ANNOTATIONS}, as AVE_Dataset", fix=fix)
    return next(p for p in (folder / VIDEOS_FOLDER, folder) if p.is_dir()), folder / ANNOTATIONS


def find_videos(paths: Iterable[str | Path]) -> dict[str, Path]:
    """Finds videos by name.

    Args:
        paths: Video files, folders of video files, and folders of pictures, see `sequence`.

    Returns:
        `{name without suffix: path}` in order. It includes missing paths, so that the extraction can report them.

    Raises:
        AVEError: Two videos have the same name.
    """
    videos: dict[str, Path] = {}
    for path in (video for source in paths for video in _expand(Path(source))):
        name = path.name if path.is_dir() else path.stem
        if videos.setdefault(name, path) != path:
            raise AVEError("two videos have the same name", file=path, found=videos[name], fix="Rename one of them")
    return videos


def _expand(path):
    if not path.is_dir() or any(p.suffix.lower() in PICTURES for p in path.iterdir()):
        return [path]
    # Archives made on macOS contain hidden files with the names of the others.
    visible = (p for p in path.iterdir() if not p.name.startswith((".", "__MACOSX")))
    inner = sorted(p for p in visible if p.suffix.lower() in VIDEOS or p.is_dir())
    if not inner:
        raise AVEError("no videos in the folder", file=path, expected=f"files in {', '.join(VIDEOS[:5])}, …")
    return inner
