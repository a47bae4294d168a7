"""Copies of models for export: in float32, with named outputs, and without loops if necessary."""

import keras

# Name of an output that has the same name as an input, as in models that match sound and picture.
CLASH = "{}_embedding"


def computes_in_float32(model: keras.Model) -> bool:
    """Whether every layer computes in float32."""
    return all(layer.compute_dtype == "float32" for layer in model.layers)


def in_float32(model: keras.Model) -> keras.Model:
    """`model` itself if it computes in float32, else a copy that does."""
    return model if computes_in_float32(model) else _copy(model)


def portable(model: keras.Model, unroll: bool = False) -> keras.Model:
    """A copy of `model` to export: inputs `{name: (B, …)}`, outputs `{name: tensor}`.

    Args:
        model: a functional model.
        unroll: Whether to unroll LSTMs into T steps, for runtimes without loops. Long clips make large files.
    """
    copy = _copy(model, unroll)
    inputs = {symbol.name: symbol for symbol in copy.inputs}
    outputs = dict(zip(output_names(model).values(), copy.outputs, strict=True))
    return keras.Model(inputs, outputs, name=model.name)


def output_names(model: keras.Model) -> dict[str, str]:
    """`{name in Keras: name in the file}` of the outputs, in the order of `model.outputs`."""
    own = (
        keras.tree.flatten({key: key for key in model.output}) if isinstance(model.output, dict) else model.output_names
    )
    taken = {symbol.name for symbol in model.inputs}
    return {name: CLASH.format(name) if name in taken else name for name in own}


def _copy(model, unroll=False):
    def again(layer):
        return type(layer).from_config(_rewritten(layer.get_config(), unroll, type(layer).__name__))

    copy = keras.models.clone_model(model, clone_function=again)
    copy.set_weights(model.get_weights())
    return copy


def _rewritten(config, unroll, kind=None):
    """The configuration of a layer and its sublayers, with the float32 policy."""
    if isinstance(config, list):
        return [_rewritten(part, unroll) for part in config]
    if not isinstance(config, dict):
        return config
    kind = config.get("class_name", kind)
    if kind == "DTypePolicy":
        return "float32"
    found = {key: _rewritten(part, unroll, kind if key == "config" else None) for key, part in config.items()}
    return {**found, "unroll": True} if unroll and kind == "LSTM" and "unroll" in found else found
