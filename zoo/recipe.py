"""How an entry is trained: one frozen dataclass, read from YAML."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras.data.pairs import NEGATIVES, PAIRS
from ave_keras.errors import AVEError

if TYPE_CHECKING:
    import keras

LOSSES = ("categorical_crossentropy", "multi_label_soft_margin", "proposal_loss", "contrastive", "cca")
# Added after the first cells were stored: unset keys stay out of `to_dict`, so that old cell keys do not change.
LATER = ("loss_options", "pairs", "negatives")


@dataclass(frozen=True)
class Recipe:
    """How an entry is trained.

    Attributes:
        optimizer: a Keras optimizer by name, or `"torch_adam"`.
        optimizer_options: Further arguments of the optimizer, such as `{momentum: 0.9}`.
        learning_rate: The initial learning rate.
        loss: One of `LOSSES`.
        batch_size: Videos per step.
        epochs: Passes over the training split.
        validate_every: Epochs between two validations; the first epoch is always validated.
        shuffle: Whether to shuffle in every epoch; the released code keeps its class-sorted order.
        drop_remainder: Whether to drop the last partial batch.
        background_videos: Whether to train on the background clips of the weak task, too.
        decay_steps: Steps between two decays of the learning rate; null for no decay.
        decay_rate: Factor of each decay.
        loss_options: Arguments of the loss, such as `{margin: 2.0}`.
        pairs: For matching models, the pairs of seconds to learn from: `"synchronised"` or `"official"`.
        negatives: For synchronised pairs, the source of mismatched ones: `"within"`, `"across"` or `"both"`.
    """

    optimizer: str = "adam"
    optimizer_options: dict = field(default_factory=dict)
    learning_rate: float = 1e-3
    loss: str = "categorical_crossentropy"
    batch_size: int = 64
    epochs: int = 300
    validate_every: int = 1
    shuffle: bool = True
    drop_remainder: bool = True
    background_videos: bool = False
    decay_steps: int | None = None
    decay_rate: float = 1.0
    loss_options: dict | None = None
    pairs: str | None = None
    negatives: str | None = None

    def __post_init__(self):
        """Checks the range of the values."""
        for name in ("batch_size", "epochs", "validate_every"):
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or value < 1:
                raise AVEError("invalid recipe", key=name, expected="an integer of 1 or more", found=repr(value))
        known = {"loss": LOSSES, "pairs": (None, *PAIRS), "negatives": (None, *NEGATIVES)}
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise AVEError(
                    "invalid recipe", key=name, expected=f"one of {choices}", found=repr(getattr(self, name))
                )
        if not isinstance(self.learning_rate, int | float) or not self.learning_rate > 0:
            raise AVEError(
                "invalid recipe", key="learning_rate", expected="a number above 0", found=repr(self.learning_rate)
            )

    @classmethod
    def from_dict(cls, values: dict[str, Any], file: str | Path | None = None) -> Recipe:
        """A recipe from a mapping.

        Raises:
            AVEError: An unknown key, or a value out of range.
        """
        known = [f.name for f in fields(cls)]
        for key in values:
            if key not in known:
                raise AVEError("unknown recipe key", file=file, key=key, expected=f"one of {known}")
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """All values as plain types, without unset `LATER` keys."""
        return {key: value for key, value in asdict(self).items() if key not in LATER or value is not None}

    def make_optimizer(self) -> keras.optimizers.Optimizer:
        """A new Keras optimizer."""
        import keras

        from ave_keras.optimizers import TorchAdam

        rate = self.learning_rate
        if self.decay_steps:
            rate = keras.optimizers.schedules.ExponentialDecay(rate, self.decay_steps, self.decay_rate, staircase=True)
        optimizer = TorchAdam() if self.optimizer == "torch_adam" else keras.optimizers.get(self.optimizer)
        config = {**optimizer.get_config(), **self.optimizer_options, "learning_rate": rate}
        return type(optimizer).from_config(config)

    def make_loss(self) -> keras.losses.Loss:
        """A new Keras loss."""
        import keras

        from ave_keras import losses

        own = {
            "multi_label_soft_margin": losses.MultiLabelSoftMargin,
            "proposal_loss": losses.ProposalLoss,
            "contrastive": losses.ContrastiveLoss,
            "cca": losses.CCALoss,
        }
        return own[self.loss](**self.loss_options or {}) if self.loss in own else keras.losses.get(self.loss)
