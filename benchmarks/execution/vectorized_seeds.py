"""All seeds of one entry trained in one program, on JAX.

On GPUs by `jax.vmap` over stacked weights, optimizer states and batches: a step of all seeds has as many launches as
one. On a CPU, XLA takes longer for the stack than for one seed after the other: there one compiled step is called for
every seed in turn, on as many devices as the process has threads, which work at the same time.
"""

import contextlib
import time
from itertools import groupby

import jax
import numpy as np
from jax import numpy as jnp

from benchmarks.execution.cell import begin, open_data
from benchmarks.execution.record import record
from benchmarks.execution.resource_usage import EpochSeconds, PeakMemory
from zoo.training import eval_dataset, train_dataset, validation_epochs
from zoo.training.callbacks import refuse_diverged


def run_group(group, folder, store, report=lambda epoch, logs: None):
    """Trains the cells of a `grid.SeedGroup` together and stores the record of each under its own key.

    Every seed has the first weights and the order of videos of its separate run, and its state is written after every
    epoch as there, so that a killed group goes on. Cells that stand at different epochs, since the group was killed
    while it wrote or some were begun apart, go on in a group for each epoch.

    Args:
        group: a `SeedGroup`.
        folder: of the data set.
        store: the `Store`.
        report: called with `(epochs done, logs)` after every epoch, the logs means over the seeds.

    Returns:
        `{"test_accuracy": mean over the seeds}`, or None where other processes are at all of them.
    """
    with contextlib.ExitStack() as locks:
        cells = [cell for cell in group.cells if locks.enter_context(store.lock(cell.key))]
        found = {cell.key: store.read(cell.key) for cell in cells}
        missing = [cell for cell in cells if not found[cell.key]]
        if missing:
            found.update(_train(missing, open_data(str(folder), bool(cells[0].data["bad_rows"])), store, report))
    return {"test_accuracy": float(np.mean([r["test_accuracy"] for r in found.values()]))} if found else None


def _train(cells, ave, store, report):
    """`{key: record}` of cells that nobody else is at."""
    started, memory, begun = time.time(), PeakMemory(), []
    for cell in cells:
        run = begin(cell, ave, store)
        begun.append((run, values(run.model)))
    # All models are alike; one serves for all.
    model = begun[-1][0].model
    records = {}
    for done, members in groupby(sorted(begun, key=lambda b: b[0].done), key=lambda b: b[0].done):
        runs, states = zip(*members, strict=True)
        clock = EpochSeconds()
        if done < runs[0].entry.recipe.epochs:
            _fit(model, runs, states, done, report, clock)
        for run in runs:
            model.set_weights(run.state.best)
            seconds = (time.time() - started) / len(cells)
            together = {"trained_together": [r.cell.seed for r in runs]}
            records[run.cell.key] = record(run, model, seconds, clock, memory) | together
            store.write(run.cell.key, records[run.cell.key])
    return records


def _fit(model, runs, states, done, report, clock):
    """What `zoo.training.fit` does, for several seeds; the clock gets each one's share of the seconds."""
    entry, ave = runs[0].entry, runs[0].ave
    trains = [train_dataset(entry, ave, run.cell.seed) for run in runs]
    seeds = (SpreadSeeds if jax.default_backend() == "cpu" else StackedSeeds)(model, states, trains[0][0])
    val, looks = eval_dataset(entry, ave, "val"), validation_epochs(entry.recipe)
    clock.steps = len(trains[0])
    for epoch in range(done, entry.recipe.epochs):
        for train in trains:
            train.set_epoch(epoch)
        started = time.perf_counter()
        logs = seeds.train(trains)
        clock.seconds.append((time.perf_counter() - started) / len(runs))
        refuse_diverged(epoch, logs["loss"])
        if epoch + 1 in looks:
            logs |= {f"val_{key}": value for key, value in seeds.evaluate(val).items()}
        for i, run in enumerate(runs):
            seeds.put(i, model)
            run.state.set_model(model)
            run.state.on_epoch_end(epoch, {key: value[i] for key, value in logs.items()})
        report(epoch + 1, {key: float(np.mean(value)) for key, value in logs.items()})


class StackedSeeds:
    """S models of one architecture, each variable an array `(S, …)`; a step is one call for all.

    Args:
        model: compiled, with the architecture of all.
        states: S `values` of such models.
        batch: `(x, y)`, any; metrics are made from it.
    """

    def __init__(self, model, states, batch):
        self.state = [list(map(_stack, zip(*part, strict=True))) for part in zip(*states, strict=True)]
        self._no_metrics = [_stack([value] * len(states)) for value in _fresh_metrics(model, batch)]
        self._train = jax.jit(jax.vmap(model.train_step), donate_argnums=0)
        self._test = jax.jit(jax.vmap(model.test_step, in_axes=(0, None)))

    def train(self, datasets):
        """An epoch, every seed on its own dataset; returns `{key: (S,)}`."""
        state = (*self.state, self._metrics())
        for step in range(len(datasets[0])):
            logs, state = self._train(state, jax.tree.map(lambda *x: _stack(x), *(d[step] for d in datasets)))
        self.state = list(state[:3])
        return jax.tree.map(np.asarray, logs)

    def evaluate(self, dataset):
        """Every seed on the same dataset; returns `{key: (S,)}`."""
        state = (*self.state[:2], self._metrics())
        for step in range(len(dataset)):
            logs, (_, _, metrics) = self._test(state, dataset[step])
            state = (*self.state[:2], metrics)
        return jax.tree.map(np.asarray, logs)

    def put(self, seed, model):
        """Gives `model` and its optimizer the state of one seed."""
        _assign(model, [[value[seed] for value in part] for part in self.state])

    def _metrics(self):
        # A copy: a train step takes its arguments' memory.
        return [jnp.array(value) for value in self._no_metrics]


class SpreadSeeds:
    """S models of one architecture, each on one of this process's devices, all with the same compiled step.

    Args:
        model: compiled, with the architecture of all.
        states: S `values` of such models.
        batch: `(x, y)`, any; metrics are made from it.
    """

    def __init__(self, model, states, batch):
        devices = jax.local_devices()
        self.devices = [devices[i % len(devices)] for i in range(len(states))]
        self.state = list(states)
        self._no_metrics = _fresh_metrics(model, batch)
        self._train, self._test = jax.jit(model.train_step, donate_argnums=0), jax.jit(model.test_step)

    def train(self, datasets):
        """An epoch, every seed on its own dataset; returns `{key: (S,)}`."""
        states, logs = self._run(self._train, self._states(), datasets)
        self.state = [state[:3] for state in states]
        return logs

    def evaluate(self, dataset):
        """Every seed on the same dataset; returns `{key: (S,)}`."""
        states = [(*state[:2], state[3]) for state in self._states()]
        return self._run(self._test, states, [dataset] * len(states))[1]

    def put(self, seed, model):
        """Gives `model` and its optimizer the state of one seed."""
        # By way of NumPy: the model's own variables lie on another device than most seeds.
        _assign(model, jax.tree.map(np.asarray, self.state[seed]))

    def _states(self):
        return [
            jax.device_put((*state, self._no_metrics), device)
            for state, device in zip(self.state, self.devices, strict=True)
        ]

    def _run(self, step, states, datasets):
        logs = None
        for index in range(len(datasets[0])):
            batches = {dataset: dataset[index] for dataset in dict.fromkeys(datasets)}
            begun = [
                step(state, jax.device_put(batches[dataset], device))
                for state, dataset, device in zip(states, datasets, self.devices, strict=True)
            ]
            # One step ahead of the devices: more would hold all batches in memory.
            jax.block_until_ready(logs)
            logs, states = zip(*begun, strict=True)
        return states, jax.tree.map(lambda *values: np.array(values), *logs)


def values(model):
    """Trainable, other and optimizer variables as three lists of arrays: copies, since a step takes their memory."""
    return [[np.array(v.value) for v in variables] for variables in _variables(model)]


def _assign(model, state):
    for variables, part in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, part, strict=True):
            variable.assign(value)


def _fresh_metrics(model, batch):
    """What the metrics of a model are at the begin of an epoch, copies."""
    # Keras makes the variables of metrics from a batch; a test step changes nothing else.
    model.test_on_batch(*batch)
    model.reset_metrics()
    return [np.array(v.value) for v in model.metrics_variables]


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables, model.optimizer.variables


def _stack(arrays):
    return jnp.stack(list(arrays))
