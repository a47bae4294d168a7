"""
Fine-tuning in a plain Keras loop
=================================

Every model of the zoo is a compiled ``keras.Model``, so that all of Keras works with it: callbacks, class weights, freezing, a new head.
The data here are the synthetic AVE, a generative model with known truth that needs no download.
"""

# %%
# A model and its data
# --------------------
# ``ave.spec`` has the sizes of the data set: number of classes, seconds, and the shapes of the features.

import keras
import numpy as np

import zoo
from ave_keras import plots
from ave_keras.data import AVE

keras.utils.set_random_seed(0)
ave = AVE.synthetic(240, classes=5, visual_shape=(7, 7, 16))
model = zoo.load("av_att", **ave.spec)
print(ave.spec)
print(
    model.name,
    f"{model.count_params():,} parameters, in:",
    {x.name: x.shape[1:] for x in model.inputs},
)

# %%
# Training with early stopping
# ----------------------------
# The datasets are ``keras.utils.PyDataset``: they go straight into ``fit``. The epoch is chosen on the validation split, never on the test
# split.

train, val, test = (
    ave.dataset("train", shuffle=True),
    ave.dataset("val"),
    ave.dataset("test"),
)
stop = keras.callbacks.EarlyStopping(
    "val_segment_accuracy", mode="max", patience=5, restore_best_weights=True
)
history = model.fit(
    train, validation_data=val, epochs=20, callbacks=[stop], verbose=0
)
print(
    f"{len(history.epoch)} epochs;",
    model.evaluate(test, return_dict=True, verbose=0),
)

# %%
# Learning curves.

figure = plots.curves_figure({"av_att": history.history})
figure

# %%
# Weights for rare classes
# ------------------------
# Real data are unbalanced. Here we leave a fifth of the training videos of one class. Keras' own ``class_weight`` does not work for outputs of
# ``(B, T, C)``; ``class_weight="balanced"`` of the data set gives each second a weight instead: the rarer its class, the larger.

rare = ave.class_names[0]
rows = ave.splits["train"]
of_rare = np.array([ave.annotations[row].class_name == rare for row in rows])
ave.splits["train"] = np.concatenate(
    [rows[~of_rare], rows[of_rare][: of_rare.sum() // 5]]
)

for weights in (None, "balanced"):
    keras.utils.set_random_seed(0)
    trained = zoo.load("av_att", **ave.spec)
    train = ave.dataset("train", shuffle=True, class_weight=weights)
    stop = keras.callbacks.EarlyStopping(
        "val_segment_accuracy", mode="max", patience=5, restore_best_weights=True
    )
    trained.fit(train, validation_data=val, epochs=20, callbacks=[stop], verbose=0)
    predicted = trained.predict(test, verbose=0).argmax(-1)
    truth = np.concatenate([y.argmax(-1) for _, y in test])
    right = predicted == truth
    print(
        f"class weights {weights}: {right[truth == 0].mean():.0%} of the seconds of {rare}, {right.mean():.0%} of all"
    )

# %%
# A new head for other classes
# ----------------------------
# ``init_from`` takes all layers of a trained model that fit, and leaves the others new. Here a model of three classes becomes one of two
# others, of which there are 40 videos: first only the new head trains, then everything.


def part(class_names, videos):
    """The first videos of some classes as a data set of their own."""
    rows = np.array(
        [
            row
            for row, a in enumerate(ave.annotations)
            if a.class_name in class_names
        ]
    )[:videos]
    audio, visual = (
        ave.features.rows(key).gather(rows) for key in ("audio", "visual")
    )
    return AVE.from_arrays(audio, visual, [ave.annotations[row] for row in rows])


many, few = part(ave.class_names[:3], 140), part(ave.class_names[3:], 40)
body = zoo.load("av_att", **many.spec)
body.fit(many.dataset("train", shuffle=True), epochs=10, verbose=0)

tuned = zoo.load("av_att", init_from=body, **few.spec)
train, held_out = (
    few.dataset("train", shuffle=True, batch_size=8),
    np.concatenate([few.split("val"), few.split("test")]),
)
for what, learning_rate in (("the new head", 1e-2), ("everything", 1e-3)):
    for layer in tuned.layers:
        layer.trainable = what == "everything" or layer.name == "logits"
    tuned.compile(
        keras.optimizers.Adam(learning_rate),
        tuned.loss,
        metrics=["categorical_accuracy"],
    )
    tuned.fit(train, epochs=8, verbose=0)
    score = tuned.evaluate(few.dataset(held_out), return_dict=True, verbose=0)[
        "categorical_accuracy"
    ]
    print(
        f"{what} trained: {score:.0%} of the seconds of {len(held_out)} held-out videos right"
    )

# %%
# A saved model needs only ``import ave_keras``, on any backend.

tuned.save("tuned.keras")
again = keras.models.load_model("tuned.keras", compile=False)
x, _ = few.dataset("test")[0]
print(
    "the same predictions:",
    np.array_equal(again.predict(x, verbose=0), tuned.predict(x, verbose=0)),
)
