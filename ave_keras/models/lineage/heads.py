"""The heads of the lineage networks: event and class scores, the decision per second, the class of the video.

They compute in float32 under every dtype policy, because losses and metrics need the range.
"""

from keras import layers, ops

from ave_keras.layers import EventDecision, MILPooling


def scores(x, units, name):
    """A dense layer in float32."""
    return layers.Dense(units, dtype="float32", name=name)(x)


def event_scores(joint):
    """One logit for every second: `(B, T, d)` to `(B, T)`."""
    return seconds(scores(joint, 1, "event_classifier"), "event_logits")


def seconds(x, name):
    """Removes the last axis: `(B, T, 1)` to `(B, T)`."""
    return layers.Reshape((-1,), dtype="float32", name=name)(x)


def probability(logits, name):
    """The sigmoid in float32."""
    return layers.Activation("sigmoid", dtype="float32", name=name)(logits)


def softmax(logits, name):
    """The softmax in float32; of a single class it is 1, about which Keras would warn."""
    return ops.ones_like(logits) if logits.shape[-1] == 1 else layers.Softmax(dtype="float32", name=name)(logits)


def pool_seconds(x, pooling):
    """The mean or the maximum over time: `(B, T, d)` to `(B, d)`."""
    return MILPooling(pooling, name="pooling")(x)


def decide(event, category_logits, background):
    """The outputs `segments`, `event`, `category` and `category_logits` of a two-headed network.

    Args:
        event: `(B, T)` probabilities.
        category_logits: `(B, C)`, or `(B, C + 1)` with `background`.
        background: Whether the last class is background.
    """
    category = softmax(category_logits, "category")
    return {
        "segments": EventDecision(background, name="segments")(event, category),
        "event": event,
        "category": category,
        "category_logits": category_logits,
    }


def two_heads(joint, num_classes, supervision, pooling):
    """The outputs of a two-headed network: an event logit for every second, and class logits for the video.

    The weakly supervised form has a class column for background, and the output `video`; the fully supervised form has
    neither.

    Args:
        joint: `(B, T, d)`.
        num_classes: The number of classes, including background.
        supervision: `"full"` or `"weak"`.
        pooling: How the class logits pool the seconds, `"mean"` or `"max"`.
    """
    weak = supervision == "weak"
    event_logits = event_scores(joint)
    category_logits = scores(pool_seconds(joint, pooling), num_classes - (not weak), "category_logits")
    event = probability(event_logits, "event")
    outputs = {**decide(event, category_logits, background=weak), "event_logits": event_logits}
    return outputs | {"video": weighted_video(event, category_logits)} if weak else outputs


def weighted_video(weights, logits):
    """`softmax(max_t w_t c)`, as weakly supervised networks learn: `(B, T)` and `(B, C)` to `(B, C)`."""
    weights = layers.Reshape((-1, 1), dtype="float32", name="second_weights")(weights)
    logits = layers.Reshape((1, -1), dtype="float32", name="video_logits")(logits)
    weighted = layers.Multiply(dtype="float32", name="weighted_logits")([weights, logits])
    return softmax(MILPooling("max", dtype="float32", name="mil_pooling")(weighted), "video")
