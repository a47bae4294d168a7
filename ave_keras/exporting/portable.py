"""The twin of a model that a format can hold: float32, its answers named, and no loops where they cannot be run."""

import keras

# What an output is called where its own name is that of an input, as with models that match sound and picture.
CLASH = "{}_embedding"


def computes_in_float32(model: keras.Model) -> bool:
    """Whether every layer computes in float32."""
    return all(layer.compute_dtype == "float32" for layer in model.layers)


def in_float32(model: keras.Model) -> keras.Model:
    """`model` itself, or a copy of it under the float32 policy where a layer computes in another type."""
    return model if computes_in_float32(model) else _copy(model)


def portable(model: keras.Model, unroll: bool = False) -> keras.Model:
    """A copy of `model` to export: inputs `{name: (B, …)}`, outputs `{name: tensor}`.

    Args:
        model: a functional model.
        unroll: whether LSTMs are laid out as T steps of plain arithmetic. Not every runtime has TensorFlow's loops, but
            a long clip makes a large file of them.
    """
    twin = _copy(model, unroll)
    inputs = {symbol.name: symbol for symbol in twin.inputs}
    outputs = dict(zip(output_names(model).values(), twin.outputs, strict=True))
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

    twin = keras.models.clone_model(model, clone_function=again)
    twin.set_weights(model.get_weights())
    return twin


def _rewritten(config, unroll, kind=None):
    """The configuration of a layer, of those inside it too, under the float32 policy."""
    if isinstance(config, list):
        return [_rewritten(part, unroll) for part in config]
    if not isinstance(config, dict):
        return config
    kind = config.get("class_name", kind)
    if kind == "DTypePolicy":
        return "float32"
    found = {key: _rewritten(part, unroll, kind if key == "config" else None) for key, part in config.items()}
    return {**found, "unroll": True} if unroll and kind == "LSTM" and "unroll" in found else found
