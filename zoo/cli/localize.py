"""`ave-keras localize`: locate events in a video."""

import json
import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.table import Table

import ave_keras
from ave_keras import features, plots
from ave_keras.errors import AVEError
from zoo.cli.options import DownmixOption, EncoderOption, encoder_options
from zoo.cli.terminal import console
from zoo.weights import DEFAULT, find, model_file, tags

if TYPE_CHECKING:
    from ave_keras.localization import Localization

# Width in pixels of the pictures in the page and the strips.
WIDTH = 400


def localize(
    video: Annotated[Path, typer.Argument(help="A video, or a folder of pictures and a sound file.")],
    model: Annotated[
        str | None,
        typer.Option(
            help="A .keras file written by `ave-keras train`, a published folder, hf://USER/NAME or a tag. "
            f"[default: {DEFAULT}, which comes with this package]"
        ),
    ] = None,
    audio_encoder: Annotated[
        str | None,
        typer.Option(
            help="Audio encoder: a name, or your own as module:attribute. [default: the model file's, else vggish]"
        ),
    ] = None,
    visual_encoder: Annotated[
        str | None, typer.Option(help="Visual encoder, likewise. [default: the model file's, else vgg19]")
    ] = None,
    audio_weights: Annotated[
        str | None, typer.Option(help="Weights file of the audio encoder, or random to try the rest.")
    ] = None,
    visual_weights: Annotated[str | None, typer.Option(help="Weights file of the visual encoder, likewise.")] = None,
    audio_option: EncoderOption = None,
    visual_option: EncoderOption = None,
    classes: Annotated[
        Path | None,
        typer.Option(
            help="Text file with one class name per line, or a data set's folder. [default: the model file's names]"
        ),
    ] = None,
    annotations: Annotated[
        Path | None, typer.Option(help="True events of this video in an Annotations.txt or CSV file, as for `extract`.")
    ] = None,
    event: Annotated[
        tuple[str, int, int] | None,
        typer.Option(help="A true event as class, start and end in seconds; the end is exclusive."),
    ] = None,
    seconds: Annotated[int | None, typer.Option(help="Number of seconds to process. [default: all]", min=1)] = None,
    silent: Annotated[bool, typer.Option("--silent", help="Use silence if the video has no sound.")] = False,
    downmix: DownmixOption = "mean",
    unknown: Annotated[
        str | None,
        typer.Option(
            help="Mark events that no class of the model fits: by neighbours, their distance to the training data, or "
            "by probability. Of the known events that it finds in the validation split, 5 % would be marked, too."
        ),
    ] = None,
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("runs/localized"),
) -> None:
    """Locate the events in a video, second by second, and show where the model looks.

    Prints a table and writes four files: the result (.json), a self-contained page that plays the video with its
    timeline and the attention (.html), and pictures like the paper's Fig. 6 (.png) and Fig. 5 (.attention.png).

    Without `--model`, a small model that has learned from made films only shows how it works.

    Examples:

    ave-keras localize dog.mp4

    ave-keras localize dog.mp4 --model runs/av_att/model.keras --audio-weights vggish.pth --event Bark 2 7

    ave-keras localize dog.mp4 --model m.keras --audio-encoder yamnet --visual-encoder efficientnet_lite0
    --visual-option projection=visual_projection.npz
    """
    if model is None and (audio_encoder or visual_encoder):
        key = "--audio-encoder" if audio_encoder else "--visual-encoder"
        fix = "Give a model that was trained on its features by --model"
        raise AVEError("the default model has its own encoders", key=key, fix=fix)
    published = find(model) if model else tags()[DEFAULT].open()
    file = published.model if published else model_file(model or DEFAULT)
    found = ave_keras.localize(
        video,
        file,
        _encoder("audio", file, audio_encoder, encoder_options(audio_weights, audio_option)),
        _encoder("visual", file, visual_encoder, encoder_options(visual_weights, visual_option)),
        class_names=_class_names(classes) if classes else None,
        truth=[event] if event else _events(annotations, video) if annotations else None,
        segments=seconds,
        silent=silent,
        downmix=downmix,
        unknown=unknown,
    )
    if published:
        found = replace(found, notes=(*_about(published, model), *found.notes))
    console.print(_table(found))
    for note in found.notes:
        console.print(note, style="dim", markup=False)
    for path in write_files(found, out):
        console.print(f"written: {path}")


def _about(published, given):
    """What a reader of the result must know of a published model."""
    from zoo.sharing.scores import in_words

    if given:
        yield f"the model is {published.address}"
    else:
        data, names = published.manifest["data"], ", ".join(published.manifest["class_names"])
        yield f"no --model was given: the weights {DEFAULT} of AVE-Keras know {data} only, with {names}"
    yield from in_words(published.manifest["scores"])


def _encoder(modality, model, name, given):
    """An encoder with options, or its name; None to use the model file's."""
    from ave_keras.localization.pipeline import recorded_encoder
    from ave_keras.models.files import read_metadata

    if not given:
        return name
    make = {"audio": features.audio_encoder, "visual": features.visual_encoder}[modality]
    if name:
        return make(name, **given)
    recorded, options = recorded_encoder(modality, read_metadata(model))
    return make(recorded, **{**options, **given})


def _class_names(path):
    """Class names of a text file, an `Annotations.txt`, or a data set's folder."""
    from ave_keras.data import layout, read_annotations
    from ave_keras.data.annotations import class_names_of

    if path.is_dir():
        named = layout.marker(path).get("class_names")
        return tuple(named or class_names_of(read_annotations(layout.annotations_file(path), segments=math.inf)))
    if not path.is_file():
        raise AVEError("file not found", file=path, key="--classes", expected="one class name per line, or a folder")
    if path.name == layout.ANNOTATIONS:
        return class_names_of(read_annotations(path, segments=math.inf))
    try:
        names = [line.strip() for line in path.read_text(encoding="utf-8").splitlines()]
    except UnicodeDecodeError as error:
        raise AVEError("not a text file", file=path, expected="UTF-8", found=error.reason) from None
    return tuple(filter(None, names))


def _events(path, video):
    """The annotated events of a video, `[(class, start, end)]`."""
    from ave_keras.data.events.listing import read_listing

    events = [a for a in read_listing(path).annotations if a.video_id in (video.stem, video.name)]
    if not events:
        raise AVEError(
            "this video is not annotated",
            file=path,
            expected=f"a line of {video.stem!r}",
            fix="Give the event with --event Bark 2 7, or leave out --annotations",
        )
    return [(a.class_name, a.start, a.end) for a in events]


def _table(found):
    known = found.truth is not None
    table = Table(
        "second", "event", "confidence, %", *(["truth"] if known else []), title=f"{found.video} · {found.model}"
    )
    for second, name in enumerate(found.classes):
        marked = f"{name}, unknown?" if found.unknown[second] else name
        cells = [f"{second}", escape(marked), f"{100 * found.probabilities[second].max():.0f}"]
        right = not known or found.truth[second] == name
        quiet = "dim" if name == found.class_names[-1] else None
        table.add_row(*cells, *([escape(found.truth[second])] if known else []), style=quiet if right else "red")
    if known:
        right = sum(a == b for a, b in zip(found.classes, found.truth, strict=True))
        table.caption = f"{right} of {len(found.truth)} seconds right"
        if unknown := set(found.truth) - set(found.class_names):
            table.caption += f"; the model has no class {', '.join(sorted(unknown))}"
    return table


def write_files(found: "Localization", folder: Path) -> Iterator[Path]:
    """Writes the result, the page and the pictures of a video to a folder, and yields their paths."""
    from ave_keras.localization.player import page

    seen = features.probe(found.video)
    width = min(WIDTH, seen.width)
    size = max(1, round(width * seen.height / seen.width)), width
    frames = features.read_frames(found.video, found.picture_times, size)
    folder.mkdir(parents=True, exist_ok=True)

    def named(suffix):
        return folder / f"{found.video.stem}{suffix}"

    named(".json").write_text(json.dumps(found.to_dict(), ensure_ascii=False, indent=1), encoding="utf-8")
    yield named(".json")
    named(".html").write_text(page(found, frames), encoding="utf-8")
    yield named(".html")
    plots.save(plots.strip_figure(found, frames), named(".png"))
    yield named(".png")
    if found.attention is not None:
        plots.save(plots.attention_figure(found, frames), named(".attention.png"))
        yield named(".attention.png")
