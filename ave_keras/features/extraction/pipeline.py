"""From videos to a data set in the official layout."""

import collections
from dataclasses import dataclass
from pathlib import Path

from ave_keras.data import layout
from ave_keras.data.storage.fingerprint import file_sha256
from ave_keras.errors import AVEError
from ave_keras.features.decoding import video
from ave_keras.features.extraction import local
from ave_keras.features.extraction.assembly import assemble, versions
from ave_keras.features.extraction.listing import find_videos, read_listing
from ave_keras.features.extraction.parts import Parts, recipe_of, video_sha256


@dataclass(frozen=True)
class Extracted:
    """What came of an extraction.

    Attributes:
        folder: the data set.
        rows: how many it has.
        clips: how many background clips.
        segments: T.
        computed: videos that were encoded; the others were there from before.
        failures: `{path: reason}` of the videos that are not in it.
        unused: names in the annotations that no video was given for.
    """

    folder: Path
    rows: int
    clips: int
    segments: int
    computed: int
    failures: dict
    unused: list


def extract(
    videos,
    annotations,
    out,
    *,
    background=(),
    audio=("vggish", {}),
    visual=("vgg19", {}),
    segments=None,
    title=None,
    dtype="float32",
    silent=False,
    decoder="pyav",
    workers=0,
    executor=None,
    force=False,
    start=lambda total: None,
    advance=lambda path, failure: None,
):
    """Writes the features of videos in the official layout, with a manifest of how they were made.

    Every video is kept in a file of its own as soon as it is done; the same call after a kill goes on from there. A
    video that cannot be read is left out with its lines, and named in the result. Splits are those of a CSV's column
    `split`, or `{train,val,test}_order.h5` beside the annotations, or made by `splits.make_splits`.

    Args:
        videos: paths, see `listing.find_videos`.
        annotations: path of a CSV or of the official format, see `listing.read_listing`.
        out: the folder to write.
        background: paths of videos without an event, for the weak task: `{audio,visual}_feature_noisy.h5`.
        audio: `(name, options)` of the audio encoder.
        visual: of the visual encoder.
        segments: T; the whole seconds of the videos, if not given and they agree. Longer ones are cut, shorter ones
            filled up with silence and their last picture.
        title: what tables call the data set; the folder's name, if not given.
        dtype: "float32" or "float16".
        silent: takes silence where a video has no sound, instead of leaving it out.
        decoder: of the sound, "pyav" or "tfio".
        workers: processes; 0 encodes in this one.
        executor: a `ray_work.RayExecutor`, in the place of processes of this machine.
        force: replaces a data set in `out`.
        start: called with the number of videos to encode.
        advance: called after each with its path and the reason why it failed, or None; from several threads.

    Returns:
        `Extracted`.

    Raises:
        AVEError: bad annotations or options, no video left, or the folder cannot be written.

    Example:

    >>> extract(["clips"], "Annotations.txt", "AVE_OWN", audio=("vggish", {"weights": "vggish-10086976.pth"}))
    """
    out = Path(out)
    listing, known, clips = read_listing(annotations), find_videos(videos), list(find_videos(background).values())
    there = sorted(p.name for pattern in layout.FILES for p in out.glob(pattern))
    if there and not force:
        raise AVEError("there is a data set already", file=out, found=there[0], fix="Name another folder, or --force")
    paths = {a.video_id: _path(a.video_id, known) for a in listing.annotations}
    named = dict.fromkeys(filter(None, paths.values()))
    failures = {p: f"{p}: no line of {listing.file} names it" for p in known.values() if p not in named}
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
    _check_events(listing, paths, segments)
    recipe = recipe_of(audio, visual, segments=segments, dtype=dtype, silent=silent, decoder=decoder)
    parts = Parts(out, recipe)
    todo = [(path, digest) for path, digest in sums.items() if not parts.path(digest).is_file()]
    start(len(todo))

    def done(path, failure):
        if failure:
            failures[path] = failure
        advance(path, failure)

    if todo:
        parts.prepare()
        job = local.Job(audio, visual, parts, segments, dtype, silent, decoder)
        if executor is None:
            local.run(job, todo, workers, done)
        else:
            executor.run(job, todo, done)
    good = {path: digest for path, digest in sums.items() if path not in failures}
    rows = [n for n, a in enumerate(listing.annotations) if paths[a.video_id] in good]
    clips = [path for path in clips if path in good]
    if not rows:
        listed = "\n".join(f"  {reason}" for reason in failures.values())
        raise AVEError(f"no video is left\n{listed}\n", file=out)
    about = {
        "recipe": recipe,
        "versions": versions(),
        "annotations": {"file": listing.file.name, "sha256": file_sha256(listing.file)},
        "videos": {p.name if p.is_dir() else p.stem: {"file": p.name, "sha256": digest} for p, digest in good.items()},
        "failures": {str(path): reason for path, reason in failures.items()},
    }
    files = [parts.path(good[paths[listing.annotations[n].video_id]]) for n in rows]
    assemble(out, listing, rows, files, [parts.path(good[path]) for path in clips], about, segments, title, force)
    if not failures:
        parts.remove()
    computed = len(todo) - len(failures.keys() & {path for path, _ in todo})
    unused = [video_id for video_id, path in paths.items() if path is None]
    return Extracted(out, len(rows), len(clips), segments, computed, failures, unused)


def _path(video_id, known):
    """Of the video that an annotation means: its name with or without suffix; None where there is none."""
    return known.get(video_id) or known.get(Path(video_id).stem)


def _agreed(seconds):
    counts = collections.Counter(seconds.values())
    if len(counts) > 1:
        found = ", ".join(f"{count} of {length} s" for length, count in sorted(counts.items()))
        raise AVEError(
            "the videos differ in length",
            key="segments",
            expected="one number of segments",
            found=found,
            fix="Choose it with --segments: longer ones are cut, shorter ones filled up",
        )
    # Without a video to look at, all of them have failed, and are told as such.
    return next(iter(counts), layout.DEFAULT_SEGMENTS)


def _check_events(listing, paths, segments):
    for n, a in enumerate(listing.annotations, 1):
        if paths[a.video_id] and a.end > segments:
            raise AVEError(
                f"event {n} ends after the video",
                file=listing.file,
                expected=f"end <= {segments}",
                found=f"{a.video_id}: {a.start} to {a.end}",
                fix="Mend the line, or give more segments with --segments",
            )
