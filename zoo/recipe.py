"""How an entry is trained: one frozen dataclass, read from YAML."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ave_keras.data.augmenting.augmentation import Augmentation
from ave_keras.data.pairs import NEGATIVES, PAIRS
from ave_keras.data.targets import TARGETS, check_class_weight
from ave_keras.errors import AVEError, first_line

if TYPE_CHECKING:
    import keras

# Keras' losses, some of logits, and our own, by the names in YAML.
KERAS_LOSSES = {
    "categorical_crossentropy": ("CategoricalCrossentropy", {}),
    "categorical_crossentropy_logits": ("CategoricalCrossentropy", {"from_logits": True}),
    "binary_crossentropy": ("BinaryCrossentropy", {}),
    "binary_crossentropy_logits": ("BinaryCrossentropy", {"from_logits": True}),
}
OWN_LOSSES = {
    "multi_label_soft_margin": "MultiLabelSoftMargin",
    "proposal_loss": "ProposalLoss",
    "contrastive": "ContrastiveLoss",
    "cca": "CCALoss",
    "pair_similarity": "PairSimilarity",
    "sample_contrast": "SampleContrast",
    "supervised_contrastive": "SupervisedContrastive",
}
LOSSES = (*KERAS_LOSSES, *OWN_LOSSES)
TERM_KEYS = {"loss", "target", "weight", "options", "late"}
# Added after the first cells were stored: unset keys stay out of `to_dict`, so that old cell keys do not change.
LATER = (
    "loss_options",
    "pairs",
    "negatives",
    "losses",
    "unused",
    "milestones",
    "milestone_rate",
    "late_from",
    "select",
    "class_weight",
    "augment",
    "average",
    "cosine_decay",
    "teacher",
)


def _whole(value, least=1):
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _number(value, most=math.inf):
    """Whether a value is a finite number above 0, and at most `most`."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and math.isfinite(value) and 0 < value <= most


def _options(value):
    return isinstance(value, dict) and all(isinstance(key, str) for key in value)


def _listed(value, fits):
    return value is None or (isinstance(value, list | tuple) and all(map(fits, value)))


#: What a value must be: a test, and its description.
RULES: dict[str, tuple[Callable[[Any], bool], str]] = {
    **dict.fromkeys(("batch_size", "epochs", "validate_every"), (_whole, "an integer of 1 or more")),
    "learning_rate": (_number, "a number above 0"),
    "decay_rate": (_number, "a number above 0"),
    "milestone_rate": (lambda value: value is None or _number(value), "a number above 0, or null"),
    "decay_steps": (lambda value: value is None or _whole(value), "an integer of 1 or more, or null"),
    "milestones": (lambda value: _listed(value, lambda v: _whole(v, 0)), "a list of integers of 0 or more, or null"),
    "late_from": (lambda value: value in (None, 0) or _number(value, most=1), "a number from 0 to 1, or null"),
    "average": (
        lambda value: value is None or (_number(value) and value < 1),
        "a number between 0 and 1, such as 0.99, or null",
    ),
    "shuffle": (lambda value: isinstance(value, bool) or value == "first_batch", "true, false or first_batch"),
    **dict.fromkeys(("background_videos", "drop_remainder"), (lambda value: isinstance(value, bool), "true or false")),
    "cosine_decay": (lambda value: value is None or isinstance(value, bool), "true, false or null"),
    "optimizer_options": (_options, "`name: value` lines"),
    "loss_options": (lambda value: value is None or _options(value), "`name: value` lines, or null"),
    "unused": (lambda value: _listed(value, lambda v: isinstance(v, str)), "a list of outputs, or null"),
}


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
        shuffle: Whether to shuffle in every epoch; the released code keeps its class-sorted order, and that of PSP
            shuffles the `"first_batch"` only.
        drop_remainder: Whether to drop the last partial batch.
        background_videos: Whether to train on the background clips of the weak task, too.
        decay_steps: Steps between two decays of the learning rate; null for no decay.
        decay_rate: Factor of each decay.
        loss_options: Arguments of the loss, such as `{margin: 2.0}`.
        pairs: For matching models, the pairs of seconds to learn from: `"synchronised"` or `"official"`.
        negatives: For synchronised pairs, the source of mismatched ones: `"within"`, `"across"` or `"both"`.
        losses: For networks that learn from several outputs, instead of `loss`: `{output: {loss, target}}`, with the
            target of `ave_keras.data.targets`, and optionally `weight`, `options` of the loss, and `late`.
        unused: The outputs besides `segments` that no loss learns from.
        milestones: The epochs, counted from 0, at whose start the learning rate is multiplied by `milestone_rate`.
        milestone_rate: The factor.
        late_from: The share of the epochs after which the `late` losses and parts of the network start.
        select: The split that chooses the epoch: None for validation, or "test", as papers since 2018 did.
        class_weight: `"balanced"`, or `{class: weight}`, for a loss weighted by class; null for none. See
            `ave_keras.data.targets.ClassWeights`.
        augment: `{change: share of the videos}` of the batches; null for none. See
            `ave_keras.data.augmenting.Augmentation`.
        average: The decay per step of the exponential moving average of the weights that is validated and kept, such as
            0.99; null for the weights themselves.
        teacher: `{count, weight}` to train `count` models first, and to learn from their mean probabilities with this
            weight, beside the labels; null for none. See `zoo.training.teaching`.
        cosine_decay: Whether the learning rate falls to zero over the epochs along a cosine; null for no.
    """

    optimizer: str = "adam"
    optimizer_options: dict = field(default_factory=dict)
    learning_rate: float = 1e-3
    loss: str = "categorical_crossentropy"
    batch_size: int = 64
    epochs: int = 300
    validate_every: int = 1
    shuffle: bool | str = True
    drop_remainder: bool = True
    background_videos: bool = False
    decay_steps: int | None = None
    decay_rate: float = 1.0
    loss_options: dict | None = None
    pairs: str | None = None
    negatives: str | None = None
    losses: dict | None = None
    unused: list | None = None
    milestones: list | None = None
    milestone_rate: float | None = None
    late_from: float | None = None
    select: str | None = None
    class_weight: str | dict | None = None
    augment: dict | None = None
    average: float | None = None
    cosine_decay: bool | None = None
    teacher: dict | None = None

    def __post_init__(self):
        """Checks the range of the values."""
        for name, (fits, expected) in RULES.items():
            value = getattr(self, name)
            if not fits(value):
                raise AVEError("invalid recipe", key=name, expected=expected, found=repr(value))
        known = {"loss": LOSSES, "pairs": (None, *PAIRS), "negatives": (None, *NEGATIVES), "select": (None, "test")}
        for name, choices in known.items():
            if getattr(self, name) not in choices:
                raise AVEError(
                    "invalid recipe", key=name, expected=f"one of {choices}", found=repr(getattr(self, name))
                )
        check_class_weight(self.class_weight)
        if self.augment is not None:
            Augmentation.from_dict(self.augment)
        if self.teacher is not None:
            _check_teacher(self.teacher)
        if self.cosine_decay and (self.milestones or self.decay_steps):
            found = "milestones" if self.milestones else "decay_steps"
            raise AVEError("invalid recipe", key="cosine_decay", expected="no other decay", found=found)
        if self.losses is not None and not isinstance(self.losses, dict):
            raise AVEError("invalid recipe", key="losses", expected="{output: {loss, target}}", found=repr(self.losses))
        for output, term in (self.losses or {}).items():
            if (
                not isinstance(term, dict)
                or not {"loss", "target"} <= term.keys() <= TERM_KEYS
                or term["loss"] not in LOSSES
            ):
                expected = f"loss and target, a loss of {LOSSES}, and optionally weight, options and late"
                raise AVEError("invalid recipe", key=f"losses.{output}", expected=expected, found=term)
            if term["target"] not in TARGETS:
                place = {"key": f"losses.{output}.target", "expected": f"one of {(*TARGETS,)}"}
                raise AVEError("invalid recipe", **place, found=repr(term["target"]))

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
        """A new Keras optimizer.

        Raises:
            AVEError: Keras has no such optimizer, or it does not take the options.
        """
        import keras

        from ave_keras.optimizers import TorchAdam

        rate = self.learning_rate
        if self.decay_steps:
            rate = keras.optimizers.schedules.ExponentialDecay(rate, self.decay_steps, self.decay_rate, staircase=True)
        options = {**self.optimizer_options, "learning_rate": rate}
        if self.average:
            options |= {"use_ema": True, "ema_momentum": self.average}
        try:
            optimizer = TorchAdam() if self.optimizer == "torch_adam" else keras.optimizers.get(self.optimizer)
            return type(optimizer).from_config({**optimizer.get_config(), **options})
        except (ValueError, TypeError) as error:
            expected = "the name of a Keras optimizer or torch_adam, and options that it takes"
            said = first_line(error).rstrip(".")
            found = f"{self.optimizer!r} with {self.optimizer_options}: {said}"
            raise AVEError("invalid recipe", key="optimizer", expected=expected, found=found) from error

    def make_loss(self) -> keras.losses.Loss:
        """A new Keras loss."""
        return _make(self.loss, self.loss_options)

    def make_losses(self) -> dict[str, keras.losses.Loss]:
        """New Keras losses by output, of a recipe with several."""
        return {output: _make(term["loss"], term.get("options")) for output, term in (self.losses or {}).items()}

    @property
    def weights(self) -> dict[str, float]:
        """The weight of every loss, by output."""
        return {output: float(term.get("weight", 1)) for output, term in (self.losses or {}).items()}

    @property
    def late_epoch(self) -> int:
        """The epoch, counted from 0, in which the late losses and parts start."""
        return int(self.epochs * (self.late_from or 0))

    def rate_factor(self, epoch: int) -> float:
        """The factor of the learning rate in an epoch, counted from 0, by the milestones or the cosine."""
        if self.cosine_decay:
            return (1 + math.cos(math.pi * epoch / self.epochs)) / 2
        return (self.milestone_rate or 1) ** sum(epoch >= milestone for milestone in self.milestones or ())


def _check_teacher(teacher):
    count, weight = (teacher.get(key) if isinstance(teacher, dict) else None for key in ("count", "weight"))
    if not _whole(count) or not _number(weight, most=1) or len(teacher) != 2:
        expected = "{count, weight}: 1 or more models, and a weight above 0, up to 1"
        raise AVEError("invalid recipe", key="teacher", expected=expected, found=repr(teacher))


def _make(name, options):
    import keras

    from ave_keras import losses

    kind, defaults = KERAS_LOSSES[name] if name in KERAS_LOSSES else (OWN_LOSSES[name], {})
    try:
        return getattr(losses if name in OWN_LOSSES else keras.losses, kind)(**defaults, **options or {})
    except (ValueError, TypeError) as error:
        place = {"key": f"options of {name}", "expected": "arguments that this loss takes"}
        raise AVEError("invalid recipe", **place, found=f"{options}: {first_line(error)}") from error
