"""
Your own features and classes
=============================

You have features of your own videos, from whatever network, and a list of events. This makes a data set of them, trains a model, and shows what it
gets right. If you have videos and no features yet, ``ave-keras extract`` computes them.
"""

# %%
# A list of events, and features
# ------------------------------
# The list has a row per event, with times in seconds. An event covers each second of which it fills at least half. Here both are made up: 90
# videos of eight seconds in which a "beep" or a "buzz" is added to random numbers where the event is.

import csv
from pathlib import Path

import keras
import numpy as np

import zoo
from ave_keras import plots
from ave_keras.data import AVE
from ave_keras.data.statistics import statistics
from zoo.evaluation.segments import score

rng = np.random.default_rng(0)
SECONDS, CLASSES = 8, ("beep", "buzz")
audio, visual, events = {}, {}, []
for number in range(90):
    name, label = f"clip{number:02}.mp4", number % len(CLASSES)
    start = rng.uniform(0, 4)
    end = start + rng.uniform(2, 4)
    inside = (np.arange(SECONDS) + 0.5 > start) & (np.arange(SECONDS) + 0.5 < end)
    audio[name] = rng.normal(size=(SECONDS, 32)).astype("float32")
    visual[name] = rng.normal(size=(SECONDS, 4, 4, 24)).astype("float32")
    audio[name][inside, label] += 4
    visual[name][inside, 1, 2, label] += 6
    events.append((name, CLASSES[label], round(start, 1), round(end, 1)))

path = Path("events.csv")
with path.open("w", newline="") as file:
    csv.writer(file).writerows([("video", "class", "start", "end"), *events])
print(path.read_text()[:85])

# %%
# A data set
# ----------
# ``from_arrays`` checks that arrays and events fit each other, and splits the videos, stratified by class. Other numbers of seconds, cells and
# channels than AVE's are fine.

ave = AVE.from_arrays(audio, visual, path, title="beeps")
print(ave.title, ave.class_names, ave.spec)
print({split: len(ave.split(split)) for split in ("train", "val", "test")})
figure = plots.statistics_figure(statistics(ave))
figure

# %%
# A model for it
# --------------

keras.utils.set_random_seed(0)
model = zoo.load("av_att", **ave.spec)
model.fit(
    ave.dataset("train", shuffle=True, batch_size=16),
    validation_data=ave.dataset("val"),
    epochs=12,
    verbose=0,
)

# %%
# What it gets right
# ------------------
# ``score`` puts trivial predictions beside the model: a figure says little without them.

result = score(model, ave, "test")
print(f"the model: {result.accuracy:.1%} of the seconds right")
for name, accuracy in result.references.items():
    print(f"{name}: {accuracy:.1%}")
figure = plots.evaluation_figure(
    result.truth, result.predicted, result.class_names, "beeps, test split"
)
figure

# %%
# From here, ``ave-keras data import`` writes the same data set as a folder, which every command and the benchmark grid accept.
