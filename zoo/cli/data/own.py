"""`ave-keras data import | convert`: bring in features and annotations that people already have."""

from pathlib import Path
from typing import Annotated

import typer

from zoo.cli.data.options import Force, Overlap
from zoo.cli.terminal import console, progress

# About a screen; the manifest has all lines.
MOST_LINES = 20


def import_features(
    annotations: Annotated[
        Path,
        typer.Option(
            help="Annotations.txt, a folder with it, or a CSV or tab-separated file with the columns video, class, "
            "start, end (seconds) and optionally split."
        ),
    ],
    out: Annotated[Path, typer.Option(help="Output folder, in the official layout.")],
    audio: Annotated[Path | None, typer.Option(help="Audio features, (rows, d) per video.")] = None,
    visual: Annotated[
        Path | None, typer.Option(help="Visual features, (rows, d) or (rows, height, width, depth) per video.")
    ] = None,
    background_audio: Annotated[
        Path | None, typer.Option(help="Audio features of clips without an event, for the weak task.")
    ] = None,
    background_visual: Annotated[Path | None, typer.Option(help="Visual features of these clips.")] = None,
    rate: Annotated[int, typer.Option(help="Rows per second, such as 16 for frames; they are averaged.")] = 1,
    audio_rate: Annotated[int | None, typer.Option(help="Rows per second of audio. [default: --rate]")] = None,
    visual_rate: Annotated[int | None, typer.Option(help="Rows per second of pictures. [default: --rate]")] = None,
    layout: Annotated[
        str | None,
        typer.Option(
            help="channels_last or channels_first: the place of the depth in maps. [default: height and width are the "
            "two equal sizes]"
        ),
    ] = None,
    segments: Annotated[
        int | None,
        typer.Option(help="Seconds per video; longer ones are cut. [default: the length of most videos]"),
    ] = None,
    pad: Annotated[
        bool, typer.Option("--pad", help="Repeat the last second of short videos; the longest gives the length.")
    ] = False,
    overlap: Overlap = 0.5,
    title: Annotated[
        str | None, typer.Option(help="Name of the data set in tables. [default: the folder's name]")
    ] = None,
    force: Force = False,
) -> None:
    """Turn features that you already have into a data set.

    --audio and --visual are each a folder of ID.npy, .npz, .pt, .safetensors or .pkl; a path with {id} in it; one
    such file with a dict of id → array; or an HDF5 file with an array per id. A file may also have one array of all
    videos, in the order of the annotations. Nothing in the files is run. float16 is kept.

    Videos that lack a modality or whose features do not fit are listed and left out, and the exit code is 1.

    Examples:

    ave-keras data import --audio vggish --visual resnet.h5 --annotations events.csv --out OWN

    ave-keras data import --audio 'feats/{id}_vggish.npy' --visual 'feats/{id}_rgb.npy' --visual-rate 16 --annotations
    Annotations.txt --out OWN
    """
    from ave_keras.data.importing.pipeline import import_features as run

    with progress() as bars:
        task = bars.add_task("rows", total=None)
        made = run(
            annotations,
            out,
            audio=audio,
            visual=visual,
            background_audio=background_audio,
            background_visual=background_visual,
            audio_rate=rate if audio_rate is None else audio_rate,
            visual_rate=rate if visual_rate is None else visual_rate,
            visual_layout=layout,
            segments=segments,
            pad=pad,
            overlap=overlap,
            title=title,
            force=force,
            start=lambda total: bars.update(task, total=total),
            advance=lambda: bars.advance(task),
        )
    clips = f" and {made.clips} background clips" if made.clips else ""
    sizes = "; ".join(f"{m} {'×'.join(map(str, inner))} {dtype}" for m, (inner, dtype) in made.sizes.items())
    print(f"{made.folder}: {made.rows} rows{clips} of {made.segments} segments; {sizes}")
    console.print(f"next: ave-keras data info {made.folder}", soft_wrap=True)
    if made.left_out:
        _list("videos left out", list(made.left_out.values()), "; import.json lists all")
        raise typer.Exit(1)


def convert(
    source: Annotated[Path, typer.Argument(help="Folder of the published files.")],
    form: Annotated[str, typer.Option("--from", help="avel100k (VGGSound-AVEL100k or 50k), llp, or unav100.")],
    out: Annotated[Path, typer.Option(help="Output folder, in the official layout, without features.")],
    segments: Annotated[
        int | None, typer.Option(help="Seconds per video, for unav100. [default: the length of the longest video]")
    ] = None,
    overlap: Overlap = 0.5,
    force: Force = False,
) -> None:
    """Turn the published annotations of another data set into annotations, labels and splits in the official layout.

    There is one row for every video and class. Pauses of an event are in labels.h5. For LLP, events are those that are
    both heard and seen. docs/data.md lists the files of each data set.

    Examples:

    ave-keras data convert UnAV/data --from unav100 --out UNAV

    ave-keras data import --annotations UNAV --audio 'feats/{id}_vggish.npy' --visual 'feats/{id}_rgb.npy' --pad
    --out OWN
    """
    from ave_keras.data.converting.pipeline import convert as run

    made = run(form, source, out, segments=segments, overlap=overlap, force=force)
    print(f"{made.folder}: {made.title}, {made.rows} rows of {made.videos} videos, {made.segments} segments")
    if made.pauses:
        print(f"events with pauses, which labels.h5 has: {made.pauses}")
    if made.left_out:
        _list("left out", made.left_out, "")
    console.print(f"next: ave-keras data import --annotations {made.folder} …, or ave-keras extract", soft_wrap=True)


def _list(what, lines, where):
    print(f"{what}, {len(lines)}:")
    for line in lines[:MOST_LINES]:
        print(f"  {line}")
    if len(lines) > MOST_LINES:
        print(f"  and {len(lines) - MOST_LINES} more{where}")
