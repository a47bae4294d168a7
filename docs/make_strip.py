"""`python docs/make_strip.py`, after `make demo`: the picture at the top of the README, of the demo's second film."""

from pathlib import Path

from PIL import Image

import ave_keras
from ave_keras import features, plots
from zoo.demo.choosing import choose_films

DEMO = Path("demo")

film = choose_films(DEMO / "films")[1]
found = ave_keras.localize(film.film, DEMO / "run/model.keras", truth=[(film.label, film.start, film.end)])
frames = features.read_frames(found.video, found.picture_times, (160, 160))
path = Path(__file__).with_name("images") / "strip.png"
plots.save(plots.overview_figure(found, frames), path)
# 128 colors are enough, in a third of the bytes.
Image.open(path).convert("RGB").quantize(128).save(path, optimize=True)
