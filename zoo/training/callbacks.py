"""What training writes besides the model itself."""

from pathlib import Path
from typing import Any

import keras
import numpy as np

from ave_keras.errors import AVEError
from ave_keras.models.files import write_metadata


class Finite(keras.callbacks.Callback):
    """Stops a training whose loss is no number any more; what was best before is kept.

    Raises:
        AVEError: after the epoch in which that is so.
    """

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Looks at the mean loss of the epoch."""
        refuse_diverged(epoch, (logs or {}).get("loss", 0))


def refuse_diverged(epoch: int, loss: float | np.ndarray) -> None:
    """`AVEError` where a loss, or one of an array of them, is NaN or infinite; epochs are counted from 0."""
    if not np.isfinite(loss).all():
        raise AVEError(
            "training has diverged",
            key="loss",
            expected="a number",
            found=f"{np.asarray(loss).tolist()} in epoch {epoch + 1}",
            fix="Take a smaller learning rate, or float32 where the dtype policy is another",
        )


class BestModel(keras.callbacks.Callback):
    """Keeps the model with the best validation score in one file; the file is always whole.

    Args:
        path: of the `.keras` file.
        monitor: key in the epoch's logs, higher is better; the first of equals stays.
        metadata: what the file says of itself, see `ave_keras.models.files`.
        model: what is saved, where it is not what is trained but shares its weights, see `zoo.training.vectors`.
    """

    def __init__(
        self, path: str | Path, monitor: str, metadata: dict[str, Any] | None = None, model: keras.Model | None = None
    ):
        super().__init__()
        self.path = Path(path)
        self.monitor, self.metadata, self._saved = monitor, metadata, model
        self.best = float("-inf")

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """Saves under another name, then renames."""
        score = (logs or {}).get(self.monitor)
        if score is None or score <= self.best:
            return
        self.best = score
        partial = self.path.with_name(f".{self.path.stem}.partial.keras")
        # On JAX the shared weights are put back into their variables when the trained model is asked for.
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
    """Every number of every epoch as a TensorBoard scalar, on any backend.

    `keras.callbacks.TensorBoard` needs TensorFlow; the tensorboard package alone writes the same files.

    Args:
        folder: of the event files.

    Raises:
        AVEError: tensorboard is not installed.
    """

    def __init__(self, folder: str | Path):
        super().__init__()
        try:
            from tensorboard.summary import Writer
        except ImportError:
            raise AVEError(
                "the TensorBoard log needs tensorboard",
                fix='Install it with: pip install "ave-keras[tensorboard]", or train with --no-tensorboard',
            ) from None
        self.writer = Writer(str(folder))

    def on_epoch_end(self, epoch: int, logs: dict | None = None) -> None:
        """One point per number."""
        for key, value in (logs or {}).items():
            self.writer.add_scalar(key, float(value), step=epoch)
        self.writer.flush()

    def on_train_end(self, logs: dict | None = None) -> None:
        """Closes the file."""
        self.writer.close()
