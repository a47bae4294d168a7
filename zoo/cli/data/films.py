"""`ave-keras data compose`: films with sound whose events, places and times are known."""

from pathlib import Path
from typing import Annotated, Any

import typer

from ave_keras.errors import AVEError
from zoo.cli.data.options import Force
from zoo.cli.terminal import console, progress

FOLDERS = ("sounds", "pictures", "backgrounds", "ambience")


def compose(
    out: Annotated[Path, typer.Argument(help="Output folder.")],
    sounds: Annotated[Path | None, typer.Option(help="Folder of sounds/CLASS/*.wav|flac|ogg|mp3.")] = None,
    pictures: Annotated[
        Path | None, typer.Option(help="Folder of pictures/CLASS/*.jpg|png, of the same classes.")
    ] = None,
    backgrounds: Annotated[
        Path | None, typer.Option(help="Folder of background pictures. [default: drawn ones]")
    ] = None,
    ambience: Annotated[Path | None, typer.Option(help="Folder of sounds around the objects. [default: noise]")] = None,
    recipe: Annotated[
        Path | None, typer.Option(help="YAML file with these options and probabilities; options take precedence.")
    ] = None,
    videos: Annotated[int | None, typer.Option(help="Number of films. [default: 1000]")] = None,
    background_videos: Annotated[
        int | None, typer.Option(help="Number of further films without an event. [default: a twentieth]")
    ] = None,
    seconds: Annotated[int | None, typer.Option(help="Length of a film. [default: 10]")] = None,
    size: Annotated[int | None, typer.Option(help="Height and width in pixels. [default: 224]")] = None,
    fps: Annotated[int | None, typer.Option(help="Frames per second. [default: 8]")] = None,
    seed: Annotated[int | None, typer.Option(help="Seed; the same seed gives the same films. [default: 0]")] = None,
    title: Annotated[
        str | None, typer.Option(help="Name of the data set in tables. [default: made films, or composed films]")
    ] = None,
    workers: Annotated[int, typer.Option(help="Worker processes; 0 works in the main process.", min=0)] = 1,
    force: Force = False,
) -> None:
    """Compose films with sound whose events, places and times are known.

    Without folders, films show drawn objects of eight classes with synthesised sounds. An event is where an object is
    both seen and heard; outside of it, it may be only seen or only heard, and silent objects of other classes pass by.
    After an interruption, the same command resumes. `extract` reads the folder, and turns the outlines of the objects
    into `source_mask.h5`, with which attention is scored. Needs PyAV: `pip install "ave-keras[video]"`.

    Examples:

    ave-keras data compose FILMS --videos 200 --workers 2

    ave-keras data compose FILMS --sounds sounds --pictures pictures --backgrounds backgrounds --videos 1000

    ave-keras extract FILMS --out FEATURES --audio-encoder logmel --visual-encoder patches
    """
    from ave_keras import films
    from ave_keras.films.recipe import read_recipe

    options: dict[str, Any] = {
        "videos": videos,
        "background_videos": background_videos,
        "seconds": seconds,
        "size": size,
    }
    options |= {"fps": fps, "seed": seed, "title": title}
    options |= {"sounds": sounds, "pictures": pictures, "backgrounds": backgrounds, "ambience": ambience}
    values = (read_recipe(recipe) if recipe else {}) | {key: v for key, v in options.items() if v is not None}
    # What the composer writes into its own recipe beside the settings.
    values.pop("sources", None)
    folders = {key: values.pop(key) for key in FOLDERS if key in values}
    named = values.pop("title", "composed films" if folders else "made films")
    for key, value in {"title": named, **folders}.items():
        if not isinstance(value, str | Path):
            raise AVEError("invalid recipe", file=recipe, key=key, expected="text", found=repr(value))
    chosen = films.Recipe.from_dict(values, recipe)
    if folders and not {"sounds", "pictures"} <= folders.keys():
        raise AVEError("sounds and pictures belong together", expected="--sounds and --pictures", found=[*folders])
    materials = films.Folders(**folders, shares=chosen.splits) if folders else films.Made()
    with progress() as bars:
        task = bars.add_task("films", total=None, visible=False)
        made = films.compose(
            out,
            chosen,
            materials,
            title=named,
            workers=workers,
            force=force,
            start=lambda total: bars.update(task, total=total, visible=True),
            advance=lambda path, failure: bars.advance(task),
        )
    print(f"{made.folder}: {made.films} films of {len(materials.classes)} classes, {made.background} without an event")
    console.print(
        f"next: ave-keras extract {out} --out FEATURES --audio-encoder logmel --visual-encoder patches", soft_wrap=True
    )
    if made.failures:
        print(f"left out, {len(made.failures)}:")
        for reason in made.failures.values():
            print(f"  {reason}")
        raise typer.Exit(1)
