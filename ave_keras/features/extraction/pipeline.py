"""Turns videos into a data set in the official layout."""

import collections
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ave_keras.data import layout
from ave_keras.data.events.checks import check_ends
from ave_keras.data.events.listing import OVERLAP, read_listing
from ave_keras.data.events.names import stem_of
from ave_keras.data.storage.fingerprint import file_sha256
from ave_keras.data.storage.writing import existing_files
from ave_keras.errors import AVEError
from ave_keras.features.decoding import video
from ave_keras.features.decoding.downmix import check as check_downmix
from ave_keras.features.encoders import registry
from ave_keras.features.extraction import local
from ave_keras.features.extraction.assembly import assemble, versions
from ave_keras.features.extraction.job import Job
from ave_keras.features.extraction.parts import Parts, recipe_of, video_sha256
from ave_keras.features.extraction.videos import dataset_folder, find_videos


@dataclass(frozen=True)
class ExtractionResult:
    """The result of an extraction.

    Attributes:
        folder: The folder of the data set.
        rows: The number of rows.
        clips: The number of background clips.
        segments: T.
        computed: The number of videos encoded in this run; earlier runs encoded the others.
        failures: `{path: reason}` for the videos that failed.
        unused: The names in the annotations without a video.
    """

    folder: Path
    rows: int
    clips: int
    segments: int
    computed: int
    failures: dict
    unused: list


def extract(
    videos: Iterable[str | Path],
    annotations: str | Path | None,
    out: str | Path,
    *,
    background: Iterable[str | Path] = (),
    audio: tuple[str, dict] = ("vggish", {}),
    visual: tuple[str, dict] = ("vgg19", {}),
    segments: int | None = None,
    overlap: float = OVERLAP,
    title: str | None = None,
    dtype: str = "float32",
    silent: bool = False,
    decoder: str = "pyav",
    downmix: str = "mean",
    workers: int = 0,
    executor: Any = None,
    force: bool = False,
    start: Callable[[int], object] = lambda total: None,
    advance: Callable[[Path, str | None], object] = lambda path, failure: None,
) -> ExtractionResult:
    """Writes the features of videos in the official layout, with a manifest of how they were made.

    Each finished video is saved in its own file, so that the same call resumes after an interruption. The extraction
    drops videos that cannot be read, with their annotations, and reports them in the result. The splits come from the
    column `split`, else from `{train,val,test}_order.h5` or `{train,val,test}Set.txt` beside the annotations, else from
    `data.events.splits.make_splits`.

    Args:
        videos: The paths of the videos, see `videos.find_videos`.
        annotations: The path of a table or a file in the official format, see `listing.read_listing`.
            None: `videos` is one folder like the `AVE_Dataset` archive, with `Annotations.txt` and videos in `AVE`,
            and in `background` if there are some.
        out: The folder to write.
        background: The paths of videos without an event, for the weak task: `{audio,visual}_feature_noisy.h5`.
        audio: The `(name, options)` of the audio encoder.
        visual: The same for the visual encoder.
        segments: T. By default the length of the videos in whole seconds, which must be the same for all. Longer videos
            are cut; shorter ones are padded with silence and their last picture.
        overlap: The part of a second that an event of a table must fill to cover it, see `listing.read_listing`.
        title: The name of the data set in tables. By default that of composed films, or the name of the folder.
        dtype: "float32" or "float16".
        silent: Whether a video without sound gets silence instead of failing.
        decoder: The sound decoder, "pyav" or "tfio".
        downmix: How several channels of sound become one, "mean", "left", "right" or "loudest", see `read_audio`.
        workers: The number of worker processes; 0 encodes in this process.
        executor: A `ray_executor.RayExecutor`, instead of worker processes on this machine.
        force: Whether to replace a data set in `out`.
        start: Called with the number of videos to encode.
        advance: Called after each video with its path and the reason for failure or None, from several threads.

    Returns:
        `ExtractionResult`.

    Raises:
        AVEError: The annotations or options are invalid, no video is usable, or the folder cannot be written.

    Example:

    >>> extract(["clips"], "Annotations.txt", "AVE_OWN", audio=("vggish", {"weights": "vggish-10086976.pth"}))
    """
    out, videos, audio = Path(out), list(videos), registry.with_weights(*audio)
    if annotations is None:
        if len(videos) != 1:
            raise AVEError("no annotations", expected="one folder with Annotations.txt, or --annotations", found=videos)
        videos[0], annotations = dataset_folder(videos[0])
        clips_folder = annotations.parent / layout.BACKGROUND_VIDEOS
        background = background or ([clips_folder] if clips_folder.is_dir() and any(clips_folder.iterdir()) else ())
    listing, found = read_listing(annotations, overlap), find_videos(videos)
    clips = list(find_videos(background).values())
    check_downmix(downmix)
    existing_files(out, force)  # Checked before hours of encoding.
    stems = {stem_of(name): path for name, path in found.items()}
    paths = {a.video_id: found.get(a.video_id) or stems.get(stem_of(a.video_id)) for a in listing.annotations}
    named = dict.fromkeys(filter(None, paths.values()))
    failures = {p: f"{p}: no line in {listing.file}" for p in found.values() if p not in named}
    sums, seconds = {}, {}
    for path in dict.fromkeys([*named, *clips]):
        try:
            digest = video_sha256(path)
            if segments is None:
                seconds[path] = video.segments_of(video.probe(path))
            sums[path] = digest
        except AVEError as error:
            failures[path] = str(error)
    segments = segments or _agreed(seconds)
    check_ends(listing, [n for n, a in enumerate(listing.annotations) if paths[a.video_id]], segments)
    sound = {"silent": silent, "decoder": decoder, "downmix": downmix}
    recipe = recipe_of(audio, visual, segments=segments, dtype=dtype, **sound)
    parts = Parts(out, recipe)
    todo = [(path, digest) for path, digest in sums.items() if not parts.path(digest).is_file()]
    start(len(todo))

    def done(path, failure):
        if failure:
            failures[path] = failure
        advance(path, failure)

    if todo:
        parts.prepare()
        job = Job(audio, visual, parts, segments, dtype, sound)
        if executor is None:
            local.run(job, todo, workers, done)
        else:
            executor.run(job, todo, done)
    good = {path: digest for path, digest in sums.items() if path not in failures}
    rows = [n for n, a in enumerate(listing.annotations) if paths[a.video_id] in good]
    clips = [path for path in clips if path in good]
    if not rows:
        listed = "\n".join(f"  {reason}" for reason in failures.values())
        raise AVEError(f"no usable video\n{listed}\n", file=out)
    missing = [video_id for video_id, path in paths.items() if path is None]
    manifest = {
        "recipe": recipe,
        "versions": versions(),
        "annotations": {"file": listing.file.name, "sha256": file_sha256(listing.file), "overlap": overlap},
        "videos": {p.name if p.is_dir() else p.stem: {"file": p.name, "sha256": digest} for p, digest in good.items()},
        "missing": missing,
        "failures": {str(path): reason for path, reason in failures.items()},
    }
    files = [parts.path(good[found_at]) for n in rows if (found_at := paths[listing.annotations[n].video_id])]
    assemble(out, listing, rows, files, [parts.path(good[path]) for path in clips], manifest, segments, title, force)
    if not failures:
        parts.remove()
    computed = len(todo) - len(failures.keys() & {path for path, _ in todo})
    return ExtractionResult(out, len(rows), len(clips), segments, computed, failures, missing)


def _agreed(seconds):
    counts = collections.Counter(seconds.values())
    if len(counts) > 1:
        found = ", ".join(f"{count} of {length} s" for length, count in sorted(counts.items()))
        raise AVEError(
            "the videos differ in length",
            key="segments",
            expected="the same length",
            found=found,
            fix="Set the length with --segments; longer videos are cut, shorter ones are padded",
        )
    # Without lengths, all videos have failed; the caller reports that.
    return next(iter(counts), layout.DEFAULT_SEGMENTS)
