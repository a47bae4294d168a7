"""`ave-keras demo`: the whole way from films to pages, on films that it makes itself."""

from pathlib import Path
from typing import Annotated

import typer
import yaml

from ave_keras.errors import AVEError
from zoo.cli.terminal import console

AUDIO, VISUAL = "logmel", "patches"
EPOCHS = 25
RECIPE = {"videos": 240, "background_videos": 0, "size": 160}


def demo(
    out: Annotated[Path, typer.Option(help="Output folder.")] = Path("demo"),
    workers: Annotated[int, typer.Option(help="Worker processes for films and features.", min=1)] = 2,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier demo.")] = False,
) -> None:
    """Make films, train a model on them, and show what it finds in three that it has not met.

    Composes films with drawn objects and synthesised sounds, describes them with the encoders that need no weights,
    trains `av_att`, scores it, and writes a page for each of three test films, and an index of them. Takes about two
    minutes of CPU time and no download, and resumes after an interruption. Needs PyAV: `pip install
    "ave-keras[video]"`.

    Example: ave-keras demo --out demo
    """
    import ave_keras
    from ave_keras.data import AVE
    from zoo.cli.data.films import compose
    from zoo.cli.evaluate import print_scores
    from zoo.cli.extract import extract
    from zoo.cli.localize import write_files
    from zoo.cli.train import train
    from zoo.demo.choosing import choose_films
    from zoo.demo.index import index_page
    from zoo.evaluation.model import load_model

    films, features, run, pages = (out / name for name in ("films", "features", "run", "pages"))
    index, recipe, model = pages / "index.html", out / "recipe.yaml", run / "model.keras"
    if index.is_file() and not force:
        raise AVEError("there is a demo already", file=index, fix="Open it, or use --force to make it again")
    out.mkdir(parents=True, exist_ok=True)
    index.unlink(missing_ok=True)
    recipe.write_text(yaml.safe_dump(RECIPE, sort_keys=False), encoding="utf-8")
    commands = []

    def step(text, needed=True):
        commands.append(f"ave-keras {text}")
        if needed:
            console.print(f"$ {commands[-1]}", style="bold", soft_wrap=True, markup=False, highlight=False)
        return needed

    def missing(folder):
        return force or not (folder / "Annotations.txt").is_file()

    if step(f"data compose {films} --recipe {recipe} --workers {workers}", missing(films)):
        compose(films, recipe=recipe, workers=workers, force=force)
    encoders = f"--audio-encoder {AUDIO} --visual-encoder {VISUAL}"
    if step(f"extract {films} --out {features} {encoders} --workers {workers}", missing(features)):
        extract([films], features, audio_encoder=AUDIO, visual_encoder=VISUAL, workers=workers, force=force)
    step(f"train av_att --data {features} --out {run} --epochs {EPOCHS} --batch-size 16 --no-tensorboard")
    train("av_att", features, run, epochs=EPOCHS, batch_size=16, tensorboard=False)
    step(f"evaluate {model} --data {features}")
    ave, shown = AVE.from_directory(features), []
    loaded = load_model(model, ave)
    scores = print_scores(loaded, ave, "test", f"{model} on {ave.title}, test split")
    for film in choose_films(films):
        event = film.label, film.start, film.end
        step(f"localize {film.film} --model {model} --event {' '.join(map(str, event))} --out {pages}")
        found = ave_keras.localize(film.film, model, truth=[event])
        shown.append((film, found))
        for path in write_files(found, pages):
            console.print(f"written: {path}", soft_wrap=True)
    index.write_text(index_page(pages, ave, *scores, shown, commands), encoding="utf-8")
    console.print(f"open {index} in a browser: three made films, what the model finds, and where it looks")
