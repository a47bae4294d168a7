"""A functional model that explains which labels its losses need."""

import keras

from ave_keras.errors import AVEError


@keras.saving.register_keras_serializable("ave_keras")
class EventModel(keras.Model):
    """A functional `keras.Model` that rejects labels which do not fit its losses, with one clear error.

    Keras itself reports them as a shape or a key somewhere inside a loss. Everything else is as in `keras.Model`.

    Args:
        inputs: A tensor, or a nested structure of tensors.
        outputs: A tensor, or a nested structure of tensors.
        name: The name of the model.

    Raises:
        AVEError: `fit` or `evaluate` gets labels for other outputs than those with a loss, or of segments
            instead of videos.

    Example:

    >>> model = EventModel(inputs, {"video": video, "segments": segments}, name="w_av_att")
    """

    def compute_loss(self, x=None, y=None, y_pred=None, sample_weight=None, training=True):
        """The loss of a batch, as in `keras.Model`."""
        self._check_labels(y, y_pred)
        return super().compute_loss(x, y, y_pred, sample_weight, training)

    def compute_metrics(self, x, y, y_pred, sample_weight=None):
        """The metrics of a batch, as in `keras.Model`; Keras builds them before the losses."""
        self._check_labels(y, y_pred)
        return super().compute_metrics(x, y, y_pred, sample_weight)

    def _check_labels(self, labels, outputs):
        """Raises an error if an output with a loss has no labels; one array fits the only output with a loss."""
        if labels is None or not (isinstance(self.loss, dict) or isinstance(labels, dict)):
            return
        needed = {None: outputs}
        if isinstance(outputs, dict):
            needed = {name: outputs[name] for name in outputs if not isinstance(self.loss, dict) or self.loss.get(name)}
        given = labels if isinstance(labels, dict) else {None: labels}
        if len(needed) == 1 and not isinstance(labels, dict):
            given = dict.fromkeys(needed, labels)
        # Sparse labels have one axis less than the outputs; labels of segments have one more than those of videos.
        if not all(name in given and given[name].ndim <= output.ndim for name, output in needed.items()):
            raise AVEError(
                f"these labels do not fit {self.name!r}",
                expected=f"labels for the outputs {_describe(needed)}",
                found=_describe(given),
                fix=f'For an entry of the zoo, ave.dataset(split, task=zoo.entry("{self.name}").targets) gives them',
            )


def _describe(values):
    """Names and shapes, such as `{video: (B, 29)}` or `(B, 10, 29)`."""
    shapes = {name: f"({', '.join(['B', *map(str, value.shape[1:])])})" for name, value in values.items()}
    if set(shapes) == {None}:
        return shapes[None]
    return "{" + ", ".join(f"{name}: {shape}" for name, shape in shapes.items()) + "}"
