"""`python docs/make_strip.py`, after `make demo`: the picture at the top of the README, of the demo's second film."""

from io import BytesIO
from pathlib import Path

from PIL import Image

import ave_keras
from ave_keras import features, plots
from zoo.demo.choosing import choose_films

DEMO, PICTURE = Path("demo"), Path(__file__).with_name("images") / "strip.png"
WIDTH, COLORS = 1400, 128


def main():
    """Writes the film strip and the timeline, one below the other."""
    film = choose_films(DEMO / "films")[1]
    found = ave_keras.localize(film.film, DEMO / "run/model.keras", truth=[(film.label, film.start, film.end)])
    frames = features.read_frames(found.video, found.picture_times, (160, 160))
    rows = [as_picture(figure) for figure in (plots.strip_figure(found, frames), plots.timeline_figure(found))]
    picture = Image.new("RGB", (WIDTH, sum(row.height for row in rows)), "white")
    for number, row in enumerate(rows):
        picture.paste(row, (0, sum(above.height for above in rows[:number])))
    picture.quantize(COLORS).save(PICTURE, optimize=True)


def as_picture(figure):
    """A figure, as wide as the whole picture."""
    with BytesIO() as buffer:
        figure.savefig(buffer, dpi=200)
        picture = Image.open(buffer).convert("RGB")
    return picture.resize((WIDTH, round(picture.height * WIDTH / picture.width)), Image.Resampling.LANCZOS)


if __name__ == "__main__":
    main()
