"""
Cross-modality localization
===========================

A dog barks: in which seconds of the silent picture? And given the picture, where in the sound? This is the second task of the paper. AVDLN learns
distances between the sound of a second and the picture of a second, and a window is found by the sum of its distances.
"""

# %%
# Train on pairs
# --------------
# ``zoo.training.fit`` draws synchronised and mismatched pairs, and keeps the epoch with the best exact match on validation.

import keras
import numpy as np
from matplotlib.figure import Figure

import ave_keras
import zoo
from ave_keras import plots
from ave_keras.data import AVE
from zoo.evaluation.matching import evaluate

keras.utils.set_random_seed(0)
ave = AVE.synthetic(400, classes=5, visual_shape=(7, 7, 16))
entry = zoo.entry("avdln").with_recipe(epochs=20)
model = entry.compile(entry.build(audio_dim=128, visual_shape=(7, 7, 16)))
zoo.training.fit(entry, model, ave, verbose=0)

# %%
# Score it
# --------
# Exact match is the share of queries whose window is found to the second, from sound to picture (a2v) and back (v2a). Constant predictions that
# look at nothing stand beside it: on the released test split of AVE some of them beat the paper's figures.

found = evaluate(model, ave, "test")
rows = {"the model": found.metrics, **found.references}
for name, metrics in rows.items():
    print(f"{name:32} a2v {metrics['a2v']:6.1%}   v2a {metrics['v2a']:6.1%}")

# %%
# One query
# ---------
# The distances between every second of sound and of picture. A window of the picture matches a diagonal of them; the best one is marked.

row = int(ave.split("test_match")[0])
annotation = ave.annotations[row]
audio, visual = (
    ave.features.rows(key).gather(np.array([row]))[0] for key in ("audio", "visual")
)
start, length = annotation.start, annotation.end - annotation.start
match = ave_keras.matching.match(
    model, audio, visual, "v2a", start=start, length=length
)
print(
    f"{annotation.class_name} is seen from second {start} to {annotation.end}; found in the sound from second {match.starts[0]}"
)

distances = model.predict(
    {"audio": audio[None], "visual": visual[None]}, verbose=0
)["distances"][0]
with plots.style():
    figure = Figure(figsize=(4.5, 4), layout="constrained")
    axes = figure.subplots()
image = axes.imshow(distances, cmap="cividis")
seconds = np.arange(length)
axes.plot(
    match.starts[0] + seconds,
    start + seconds,
    "o-",
    color="white",
    label="the best window",
)
axes.set(xlabel="second of the sound", ylabel="second of the picture")
axes.legend()
figure.colorbar(image, label="distance")
figure
