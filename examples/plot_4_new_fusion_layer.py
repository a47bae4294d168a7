"""
A fusion layer of your own
==========================

How sound and picture are joined is the question of the paper's Table 2. A new answer is a layer of ten lines. Here we write one, check it,
build a model around it, save it, load it, and compare it with the paper's.
"""

# %%
# The layer
# ---------
# A fusion takes the vectors of sound and picture of each second and returns one. This one lets each modality scale the other: the
# sound opens or closes the units of the picture, and the reverse. Registering the class lets Keras load saved models that contain it.

import keras
import numpy as np
from keras import ops

import ave_keras
from ave_keras import plots
from ave_keras.data import AVE


@keras.saving.register_keras_serializable(package="tutorial")
class MutualGate(keras.layers.Layer):
    """`[a · sigmoid(W v), v · sigmoid(U a)]`."""

    def build(self, audio_shape, visual_shape):
        self.from_visual = keras.layers.Dense(
            audio_shape[-1], "sigmoid", dtype=self.dtype_policy
        )
        self.from_audio = keras.layers.Dense(
            visual_shape[-1], "sigmoid", dtype=self.dtype_policy
        )
        self.from_visual.build(visual_shape)
        self.from_audio.build(audio_shape)

    def call(self, audio, visual):
        return ops.concatenate(
            [audio * self.from_visual(visual), visual * self.from_audio(audio)],
            axis=-1,
        )

    def compute_output_shape(self, audio_shape, visual_shape):
        return (*audio_shape[:-1], audio_shape[-1] + visual_shape[-1])


# %%
# Check it
# --------
# An independent derivation in NumPy is the best test. Two lines more check that Keras can save and rebuild it.

rng = np.random.default_rng(0)
audio, visual = (
    rng.normal(size=(2, 10, size)).astype("float32") for size in (6, 4)
)
layer = MutualGate()
found = ops.convert_to_numpy(layer(audio, visual))


def sigmoid_dense(dense, x):
    kernel, bias = (np.float64(ops.convert_to_numpy(w)) for w in dense.weights)
    return 1 / (1 + np.exp(-(x @ kernel + bias)))


expected = [
    audio * sigmoid_dense(layer.from_visual, visual),
    visual * sigmoid_dense(layer.from_audio, audio),
]
print(
    f"largest difference from NumPy: {np.abs(found - np.concatenate(expected, -1)).max():.1e}"
)

# %%
# A model around it
# -----------------
# The layers of the paper's model are public: attention over the picture, an LSTM for each modality, then the fusion. Names matter for
# ``init_from`` and reading the diagram.

ave = AVE.synthetic(240, classes=5, visual_shape=(7, 7, 16))


def localizer(fusion, name):
    """A+V-att with another fusion, as a Keras model."""
    sound = keras.Input((10, 128), name="audio")
    picture = keras.Input((10, 7, 7, 16), name="visual")
    seen = ave_keras.layers.AudioGuidedAttention(name="attention")(sound, picture)
    heard = keras.layers.Bidirectional(
        keras.layers.LSTM(64, return_sequences=True), name="lstm_audio"
    )(sound)
    seen = keras.layers.Bidirectional(
        keras.layers.LSTM(64, return_sequences=True), name="lstm_visual"
    )(seen)
    hidden = keras.layers.Dense(64, "relu", name="head")(fusion(heard, seen))
    segments = keras.layers.Dense(ave.num_classes, "softmax", name="segments")(
        hidden
    )
    model = keras.Model({"audio": sound, "visual": picture}, segments, name=name)
    model.compile(
        "adam",
        "categorical_crossentropy",
        metrics=[ave_keras.metrics.SegmentAccuracy()],
    )
    return model


figure = plots.diagram_figure(localizer(MutualGate(name="fusion"), "mutual_gate"))
figure

# %%
# Compare
# -------
# One seed says little; three of each say whether to go on. The epoch is chosen on validation, the test split is scored once.

fusions = {"concatenation": ave_keras.layers.Concat, "mutual gate": MutualGate}
for name, fusion in fusions.items():
    scores = []
    for seed in range(3):
        keras.utils.set_random_seed(seed)
        model = localizer(fusion(name="fusion"), "model")
        stop = keras.callbacks.EarlyStopping(
            "val_segment_accuracy",
            mode="max",
            patience=4,
            restore_best_weights=True,
        )
        model.fit(
            ave.dataset("train", shuffle=True),
            validation_data=ave.dataset("val"),
            epochs=12,
            callbacks=[stop],
            verbose=0,
        )
        scores.append(
            100
            * model.evaluate(ave.dataset("test"), return_dict=True, verbose=0)[
                "segment_accuracy"
            ]
        )
    print(
        f"{name}: {np.mean(scores):.1f} ± {np.std(scores, ddof=1):.1f} % of seconds right"
    )

model.save("mutual_gate.keras")
keras.models.load_model("mutual_gate.keras").summary(line_length=90)

# %%
# Into the grid
# -------------
# In a checkout, the layer goes into ``ave_keras/layers/fusion/`` and gets a key in ``ave_keras/models/fusing.py``; an entry of five lines in
# ``zoo/entries/fusion.yaml`` names it. Then ``python -m benchmarks run --tables 2 --seeds 3`` trains it beside the others, and
# ``compare`` tests the difference. ``CONTRIBUTING.md`` has the steps.
