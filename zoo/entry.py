"""A registered model: one frozen dataclass, validated with a clear error."""

from __future__ import annotations

import inspect
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ave_keras.data.augmenting.augmentation import Augmentation
from ave_keras.errors import AVEError
from zoo.recipe import Recipe

if TYPE_CHECKING:
    import keras

TASKS = ("supervised", "weak", "proposals", "matching")
MODALITIES = ("audio", "visual")
# Losses of pairs of sound and picture.
MATCHING_LOSSES = ("contrastive", "cca")
# Tasks whose losses are one number per batch, of windows or of pairs.
UNWEIGHTED = ("proposals", "matching")


@dataclass(frozen=True)
class Entry:
    """A model of the zoo: how it is built and trained, and what the paper reports for it.

    Attributes:
        name: The name that `zoo.load` takes.
        title: The name in the paper's tables.
        summary: One sentence.
        family: The name of its YAML file.
        task: One of `TASKS`.
        builder: The function of `ave_keras.models` that builds it.
        model: Keyword arguments of the builder, without shapes.
        recipe: How it is trained.
        paper: The paper's table and figures.
        parameters: Number of weights at the released sizes.
        protocol: `"paper"` or `"official"`.
        candidate: Whether it was compared in a study and not made part of the zoo: `zoo.list` leaves it out.
    """

    name: str
    title: str
    summary: str
    family: str
    task: str
    builder: str
    model: dict
    recipe: Recipe
    paper: dict
    parameters: int
    protocol: str = "paper"
    candidate: bool = False

    def __post_init__(self):
        """Checks the values that `build` and `compile` rely on."""
        if self.task not in TASKS:
            raise AVEError(
                f"invalid entry '{self.name}'", key="task", expected=f"one of {TASKS}", found=repr(self.task)
            )
        if not isinstance(self.parameters, int) or self.parameters < 1:
            raise AVEError(
                f"invalid entry '{self.name}'",
                key="parameters",
                expected="the number of weights",
                found=repr(self.parameters),
            )
        if self.recipe.class_weight and self.task in UNWEIGHTED:
            raise AVEError(
                f"entry '{self.name}' cannot learn with class weights",
                key="class_weight",
                expected="an entry whose loss has a term per second or per video",
                found=f"the task {self.task!r}",
                fix="Leave out class_weight, or choose entries that localize events",
            )

        if (self.recipe.loss in MATCHING_LOSSES) != (self.task == "matching"):
            raise AVEError(
                f"entry '{self.name}' cannot learn with this loss",
                key="loss",
                expected=f"{'one' if self.task == 'matching' else 'none'} of {MATCHING_LOSSES}",
                found=repr(self.recipe.loss),
            )
        self._check_teacher()

    def _check_teacher(self):
        """Raises an error for labels of seconds that the entry must not see, or that teachers cannot give."""
        recipe = self.recipe
        changes = Augmentation.from_dict(recipe.augment).of_seconds if recipe.augment else []
        if recipe.teacher and changes:
            raise AVEError(
                f"entry '{self.name}' cannot change seconds whose labels are a teacher's probabilities",
                key="augment",
                expected="swap_videos or shift beside a teacher",
                found=changes,
                fix="Leave out these changes, or the teacher",
            )
        targets = {term["target"] for term in (recipe.losses or {}).values()} - {"unused"}
        if self.task == "weak":
            # The released PSP learns from the proportions of the classes, which are more than a label per video.
            of_seconds = sorted(targets - {"video", "video_classes", "proportions", "segments"})
            if of_seconds or (("segments" in targets) != bool(recipe.teacher)):
                raise AVEError(
                    f"weak entry '{self.name}' has no labels of seconds",
                    key="losses",
                    expected="a loss on the target 'segments' if, and only if, there is a teacher; else on videos",
                    found=f"{sorted(targets)}, teacher {recipe.teacher}",
                )
            if changes:
                raise AVEError(
                    f"weak entry '{self.name}' has no labels of seconds",
                    key="augment",
                    expected="swap_videos or shift, which need none",
                    found=changes,
                )
        elif recipe.teacher and targets - {"segments", "video"}:
            raise AVEError(
                f"entry '{self.name}' cannot learn from a teacher",
                key="teacher",
                expected="losses whose targets are classes of seconds",
                found=sorted(targets),
            )

    @property
    def modalities(self) -> tuple[str, ...]:
        """The inputs of the model: `("audio",)`, `("visual",)` or both. Attention needs both."""
        own = tuple(self.model.get("modalities", MODALITIES))
        return MODALITIES if self.model.get("attention") else own

    @property
    def needs(self) -> str:
        """What the model sees, and whether it learns from videos of which only the event is known, not its seconds."""
        seen = " and ".join({"audio": "sound", "visual": "picture"}[key] for key in self.modalities)
        return f"{seen}, weak labels" if self.task == "weak" else seen

    @property
    def learns_from(self) -> str | None:
        """The output that the loss uses, for models with several outputs; else None."""
        if self.task == "matching":
            return "views" if self.recipe.loss == "cca" else "distances"
        return {"weak": "video", "proposals": "proposals"}.get(self.task)

    @property
    def monitor(self) -> str:
        """The key of the score in a Keras history without `val_`: segment accuracy, or exact match."""
        if self.task == "matching":
            return "exact_match"
        return "segments_segment_accuracy" if self.learns_from or self.recipe.losses else "segment_accuracy"

    @property
    def targets(self) -> str | dict[str, str | tuple[str, int]]:
        """What `AVE.dataset` takes as `task`: the task, or the target of every output that a loss or metric uses."""
        recipe = self.recipe
        if not recipe.losses:
            return self.task
        late = {o: (t["target"], recipe.late_epoch) if t.get("late") else t["target"] for o, t in recipe.losses.items()}
        # Keras wants a value for every output if one of them has a metric.
        return {**late, **dict.fromkeys(recipe.unused or (), "unused"), "segments": "segments"}

    def with_recipe(self, **overrides: Any) -> Entry:
        """A copy with other recipe values.

        Raises:
            AVEError: An unknown key or a bad value.
        """
        return replace(self, recipe=Recipe.from_dict({**asdict(self.recipe), **overrides}))

    def with_model(self, **overrides: Any) -> Entry:
        """A copy with other builder arguments, which the builder checks."""
        return replace(self, model={**self.model, **overrides})

    def to_dict(self) -> dict[str, Any]:
        """All values as plain JSON-able types."""
        return asdict(self)

    def build(self, **shapes: Any) -> keras.Model:
        """A new, uncompiled `keras.Model` with random weights.

        Args:
            **shapes: `num_classes`, `segments`, `audio_dim`, `visual_shape`; the released sizes by default. Models that
                match sound and picture have no classes and accept any number of segments.
        """
        from ave_keras import models

        build = getattr(models, self.builder)
        known = inspect.signature(build).parameters
        return build(name=self.name, **self.model, **{key: shapes[key] for key in shapes if key in known})

    def compile(self, model: keras.Model) -> keras.Model:
        """Compiles `model` with the recipe.

        Weak models learn from `video` alone, SSN from `proposals`, matching models from `distances` or `views`; models
        whose recipe has several losses from their outputs.

        Raises:
            AVEError: A loss is for an output that the model does not have; Keras has no such optimizer, or an optimizer
                or loss does not take its options.
        """
        import keras

        from ave_keras.metrics import SegmentAccuracy

        # XLA's CPU products are slower than oneDNN's: 0.29 s against 0.25 s for a step of av_att (benchmarks speed).
        jit = False if keras.backend.backend() == "tensorflow" and not _has_gpu() else "auto"
        loss: Any = self.recipe.make_loss()
        metrics: Any = [SegmentAccuracy()]
        weights = None
        if self.recipe.losses:
            self._check_outputs(model)
            made, weights = self.recipe.make_losses(), self.recipe.weights
            loss = {output: made.get(output) for output in model.output}
            weights = {output: weights.get(output, 1.0) for output in model.output}
            metrics = {output: metrics if output == "segments" else [] for output in model.output}
        elif self.learns_from:
            loss = {output: loss if output == self.learns_from else None for output in model.output}
            # Keras needs labels for every output with a metric, and there are none for the other outputs.
            segments = {output: metrics if output == "segments" else [] for output in model.output}
            metrics = None if self.task == "matching" else segments
        model.compile(self.recipe.make_optimizer(), loss, loss_weights=weights, metrics=metrics, jit_compile=jit)
        # Loading a model that was saved before its first step warns if the optimizer has no variables.
        model.optimizer.build(model.trainable_variables)
        return model

    def _check_outputs(self, model):
        """Raises an error for a loss on an output that the model does not have, or for such an unused output."""
        outputs = list(model.output) if isinstance(model.output, dict) else []
        expected = f"one of {outputs}" if outputs else "the key loss: this network has one output only"
        for key in ("losses", "unused"):
            for output in getattr(self.recipe, key) or ():
                if output not in outputs:
                    raise AVEError(f"'{self.name}' has no such output", key=key, expected=expected, found=repr(output))


def _has_gpu():
    import keras

    return bool(keras.distribution.list_devices("gpu"))
