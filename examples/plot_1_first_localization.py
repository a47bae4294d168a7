"""
Your first localization
=======================

A film goes in; for every second, the event that is both seen and heard comes out. Nothing is downloaded: the film is composed here, and the
weights come with the package.
"""

# %%
# A film
# ------
# AVE-Keras composes films whose events, places and times are known: drawn objects that move through the picture, with synthesised sounds. Three
# will do. On your own films, start at the next step.

import csv
from pathlib import Path

import ave_keras
import zoo
from ave_keras import features, films, plots

recipe = films.Recipe(videos=3, background_videos=0, seed=12)
folder = films.compose(
    "films", recipe, films.Made(), title="made films", force=True
).folder
with (folder / "scenes.csv").open(encoding="utf-8") as file:
    scenes = list(csv.DictReader(file))
for scene in scenes:
    print(
        scene["video"],
        scene["class"],
        "seen",
        scene["seen"],
        "heard",
        scene["heard"],
    )

# %%
# A model
# -------
# ``made-films`` is A+V-att, trained on a thousand films like these. Its features are statistics of loudness, spectrum, colors and edges. Of photographs
# and recordings it knows nothing: for those, :doc:`extract pretrained features </videos>` and train on them.

tag = zoo.weights("av_att")["made-films"]
print(
    f"{tag.tag}: trained on {tag.data}; on their test split {tag.scores['segment accuracy']:.1%} of the seconds right"
)
for name, scores in tag.references.items():
    print(f"  without a model, {name}: {scores['segment accuracy']:.1%}")

model = zoo.load("av_att", weights="made-films")

# %%
# Localize
# --------
# The film of the test split shows an object that the model has not met. The truth is known here, so it is drawn beside what the model finds: an event
# is only where an object is seen *and* heard.

scene = next(scene for scene in scenes if scene["split"] == "test")
video = folder / "AVE" / f"{scene['video']}.mp4"
found = ave_keras.localize(
    video,
    model,
    "logmel",
    "patches",
    class_names=films.Made.classes,
    truth=[(scene["class"], int(scene["start"]), int(scene["end"]))],
)
print(found.classes)

# %%
# The film, where the model looks, what it finds, and how sure it is, over one axis of time:

frames = features.read_frames(video, found.picture_times, (160, 160))
figure = plots.overview_figure(found, frames)
figure

# %%
# A page
# ------
# A page to open in a browser or to send to somebody: it plays the film, with attention over the picture and the timeline below.

from ave_keras.localization.player import page

Path("film.html").write_text(page(found, frames), encoding="utf-8")
print(
    f"film.html: {Path('film.html').stat().st_size / 1e6:.1f} MB, with the film in it"
)

# %%
# On the command line this is one line, ``ave-keras localize FILM --out pages``.
