"""Callbacks: stop at a diverged loss, keep the best model, write a TensorBoard log."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.models.files import write_metadata


class Finite(keras.callbacks.Callback):
    """Stops training when the loss is NaN or infinite; the best model so far is kept.

    Raises:
        AVEError: After the first epoch with such a loss.
    """

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Checks the mean loss of the epoch."""
        refuse_diverged(epoch, (logs or {}).get("loss", 0))


def refuse_diverged(epoch: int, loss: float | np.ndarray) -> None:
    """Raises `AVEError` if a loss, or one of an array of losses, is NaN or infinite; `epoch` counts from 0."""
    if not np.isfinite(loss).all():
        raise AVEError(
            "training has diverged",
            key="loss",
            expected="a finite number",
            found=f"{np.asarray(loss).tolist()} in epoch {epoch + 1}",
            fix="Use a smaller learning rate, or float32 instead of a half-precision policy",
        )


class BestModel(keras.callbacks.Callback):
    """Saves the model whenever its validation score improves; the file is complete at any time.

    Args:
        path: The `.keras` file to write.
        monitor: The key of the score in the epoch's logs; higher is better, and the first of equal scores is kept.
        metadata: Further metadata for the file, see `ave_keras.models.files`.
        model: The model to save, if it is not the trained one but shares its weights, see `zoo.training.vectors`.
    """

    def __init__(
        self, path: str | Path, monitor: str, metadata: dict[str, Any] | None = None, model: keras.Model | None = None
    ):
        super().__init__()
        self.path = Path(path)
        self.monitor, self.metadata, self._saved = monitor, metadata, model
        self.best = float("-inf")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves to a temporary file, then renames it."""
        score = (logs or {}).get(self.monitor)
        if score is None or score <= self.best:
            return
        self.best = score
        partial = self.path.with_name(f".{self.path.stem}.partial.keras")
        # On JAX, reading `self.model` copies the trained weights back into the shared variables.
        trained = self.model
        try:
            (self._saved or trained).save(partial)
        except OSError:
            partial.unlink(missing_ok=True)
            raise
        if self.metadata:
            write_metadata(partial, **self.metadata)
        partial.replace(self.path)


class TensorBoardLog(keras.callbacks.Callback):
    """Writes the logs of every epoch as TensorBoard scalars, on any backend.

    Unlike `keras.callbacks.TensorBoard`, it needs the tensorboard package only, not TensorFlow.

    Args:
        folder: The folder to write event files to.

    Raises:
        AVEError: Tensorboard is not installed.
    """

    def __init__(self, folder: str | Path):
        super().__init__()
        try:
            from tensorboard.summary import Writer
        except ImportError:
            raise AVEError(
                "the TensorBoard log needs tensorboard",
                fix='Run pip install "ave-keras[tensorboard]", or train with --no-tensorboard',
            ) from None
        self.writer = Writer(str(folder))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Adds a point for every number in the logs."""
        for key, value in (logs or {}).items():
            self.writer.add_scalar(key, float(value), step=epoch)
        self.writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the file."""
        self.writer.close()
