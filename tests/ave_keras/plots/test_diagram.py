import keras

from ave_keras.plots import diagram_figure
from tests import small


def boxes(figure):
    """`{layer name: (row, text)}` of a diagram."""
    (axes,) = figure.axes
    return {text.get_text().split("\n")[0]: text for text in axes.texts if "\n" in text.get_text()}


def test_layers_from_inputs_to_outputs():
    model = small.load("av_att")
    shown = boxes(diagram_figure(model))
    assert set(shown) == {layer.name for layer in model.layers}
    for layer in model.layers:
        assert f"{type(layer).__name__} · " in shown[layer.name].get_text()
    heights = {name: text.get_position()[1] for name, text in shown.items()}
    assert heights["audio"] == heights["visual"] < heights["attention"] < heights["fusion"] < heights["segments"]


def test_arrows_connect_the_layers_that_feed_each_other():
    a, b = keras.Input((3,), name="a"), keras.Input((3,), name="b")
    joint = keras.layers.Add(name="sum")([a, b])
    model = keras.Model([a, b], [keras.layers.Dense(2, name="x")(joint), keras.layers.Dense(4, name="y")(joint)])
    figure = diagram_figure(model)
    (axes,) = figure.axes
    assert sum(text.get_text() == "" for text in axes.texts) == 4
    assert boxes(figure)["y"].get_text() == "y\nDense · 4"
