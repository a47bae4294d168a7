"""Trains all seeds of an entry in one program, on JAX.

GPUs use `jax.vmap` over stacked weights, optimizer states and batches, so a step of all seeds launches as many kernels
as a step of one. On CPUs, XLA is slower on the stack than on one seed after the other; there, every seed calls the same
compiled step, on one of as many parallel devices as the process has threads.
"""

import contextlib
import time
from itertools import groupby

import jax
import numpy as np
from jax import numpy as jnp

from benchmarks.execution.cell import finish, open_data, start_cell
from benchmarks.execution.resource_usage import EpochSeconds, PeakMemory
from zoo.training import eval_dataset, train_dataset, validation_epochs
from zoo.training.callbacks import refuse_diverged


def run_group(group, folder, store, report=lambda epoch, logs: None):
    """Trains the cells of a `grid.cells.SeedGroup` together and stores each record under its own key.

    Every seed has the same first weights and order of videos as in a separate run. Its state is also written after
    every epoch, so an interrupted group resumes. Cells that have finished different numbers of epochs, because the
    group was killed between writes or a cell has run separately, resume in one group per number.

    Args:
        group: The `SeedGroup`.
        folder: The folder of the data set.
        store: The `Store`.
        report: A function that is called with `(epochs done, logs)` after every epoch; logs are means over seeds.

    Returns:
        `{"test_accuracy": mean over the seeds}`, or "val_accuracy" for cells of a study; None if other processes are
        running all of the cells.
    """
    with contextlib.ExitStack() as locks:
        cells = [cell for cell in group.cells if locks.enter_context(store.lock(cell.key))]
        records = {cell.key: store.read(cell.key) for cell in cells}
        missing = [cell for cell in cells if not records[cell.key]]
        if missing:
            records.update(_train(missing, open_data(str(folder), bool(cells[0].data["bad_rows"])), store, report))
    key = f"{group.cells[0].score}_accuracy"
    return {key: float(np.mean([r[key] for r in records.values()]))} if records else None


def _train(cells, ave, store, report):
    """Trains cells that this process has locked; returns `{key: record}`."""
    start_time, memory, started = time.time(), PeakMemory(), []
    for cell in cells:
        run = start_cell(cell, ave, store)
        started.append((run, values(run.model)))
    # All models have the same architecture, so one can hold the weights of any seed.
    model = started[-1][0].model
    records = {}
    for done, members in groupby(sorted(started, key=lambda s: s[0].done), key=lambda s: s[0].done):
        runs, states = zip(*members, strict=True)
        clock = EpochSeconds()
        if done < runs[0].entry.recipe.epochs:
            _fit(model, runs, states, done, report, clock)
        for run in runs:
            seconds = (time.time() - start_time) / len(cells)
            together = [r.cell.seed for r in runs]
            result = finish(run, model, seconds, clock, memory, store, trained_together=together)
            records[run.cell.key] = result
    return records


def _fit(model, runs, states, done, report, clock):
    """Does what `zoo.training.fit` does, for several seeds; the clock records the share of one seed."""
    entry, ave = runs[0].entry, runs[0].ave
    trains = [train_dataset(entry, ave, run.cell.seed) for run in runs]
    seeds = (SpreadSeeds if jax.default_backend() == "cpu" else StackedSeeds)(model, states, trains[0][0])
    val, validated = eval_dataset(entry, ave, entry.recipe.select or "val"), validation_epochs(entry.recipe)
    clock.steps = len(trains[0])
    for epoch in range(done, entry.recipe.epochs):
        for train in trains:
            train.set_epoch(epoch)
        started = time.perf_counter()
        logs = seeds.train(trains)
        clock.seconds.append((time.perf_counter() - started) / len(runs))
        refuse_diverged(epoch, logs["loss"])
        if epoch + 1 in validated:
            logs |= {f"val_{key}": value for key, value in seeds.evaluate(val).items()}
        for i, run in enumerate(runs):
            seeds.put(i, model)
            run.state.set_model(model)
            run.state.on_epoch_end(epoch, {key: value[i] for key, value in logs.items()})
        report(epoch + 1, {key: float(np.mean(value)) for key, value in logs.items()})


class StackedSeeds:
    """S models of one architecture, with variables stacked to `(S, …)`; one call trains a step of all seeds.

    Args:
        model: A compiled model of this architecture.
        states: The `values` of the S models.
        batch: Any batch `(x, y)`, used to create the metrics.
    """

    def __init__(self, model, states, batch):
        self.state = [list(map(_stack, zip(*part, strict=True))) for part in zip(*states, strict=True)]
        self._no_metrics = [_stack([value] * len(states)) for value in _fresh_metrics(model, batch)]
        self._train = jax.jit(jax.vmap(model.train_step), donate_argnums=0)
        self._test = jax.jit(jax.vmap(model.test_step, in_axes=(0, None)))

    def train(self, datasets):
        """Trains an epoch, each seed on its own dataset; returns logs `{key: (S,)}`."""
        state = (*self.state, self._metrics())
        for step in range(len(datasets[0])):
            logs, state = self._train(state, jax.tree.map(lambda *x: _stack(x), *(d[step] for d in datasets)))
        self.state = list(state[:3])
        return jax.tree.map(np.asarray, logs)

    def evaluate(self, dataset):
        """Evaluates each seed on the same dataset; returns logs `{key: (S,)}`."""
        state = (*self.state[:2], self._metrics())
        for step in range(len(dataset)):
            logs, (_, _, metrics) = self._test(state, dataset[step])
            state = (*self.state[:2], metrics)
        return jax.tree.map(np.asarray, logs)

    def put(self, seed, model):
        """Loads the state of one seed into `model` and its optimizer."""
        _assign(model, [[value[seed] for value in part] for part in self.state])

    def _metrics(self):
        # A copy, since a train step reuses the memory of its arguments.
        return [jnp.array(value) for value in self._no_metrics]


class SpreadSeeds:
    """S models of one architecture, distributed over the devices of this process; all call the same compiled step.

    Args:
        model: A compiled model of this architecture.
        states: The `values` of the S models.
        batch: Any batch `(x, y)`, used to create the metrics.
    """

    def __init__(self, model, states, batch):
        devices = jax.local_devices()
        self.devices = [devices[i % len(devices)] for i in range(len(states))]
        self.state = list(states)
        self._no_metrics = _fresh_metrics(model, batch)
        self._train, self._test = jax.jit(model.train_step, donate_argnums=0), jax.jit(model.test_step)

    def train(self, datasets):
        """Trains an epoch, each seed on its own dataset; returns logs `{key: (S,)}`."""
        states, logs = self._run(self._train, self._states(), datasets)
        self.state = [state[:3] for state in states]
        return logs

    def evaluate(self, dataset):
        """Evaluates each seed on the same dataset; returns logs `{key: (S,)}`."""
        states = [(*state[:2], state[3]) for state in self._states()]
        return self._run(self._test, states, [dataset] * len(states))[1]

    def put(self, seed, model):
        """Loads the state of one seed into `model` and its optimizer."""
        # Through NumPy, since most seeds are on another device than the model's variables.
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
            outputs = [
                step(state, jax.device_put(batches[dataset], device))
                for state, dataset, device in zip(states, datasets, self.devices, strict=True)
            ]
            # Stay one step ahead of the devices; more would keep all batches in memory.
            jax.block_until_ready(logs)
            logs, states = zip(*outputs, strict=True)
        return states, jax.tree.map(lambda *values: np.array(values), *logs)


def values(model):
    """Copies of a model's trainable, other and optimizer variables, as three lists of arrays."""
    return [[np.array(v.value) for v in variables] for variables in _variables(model)]


def _assign(model, state):
    for variables, part in zip(_variables(model), state, strict=True):
        for variable, value in zip(variables, part, strict=True):
            variable.assign(value)


def _fresh_metrics(model, batch):
    """Copies of the metric variables of a model, in their state at the start of an epoch."""
    # Keras creates metric variables on the first batch; a test step changes no other variable.
    model.test_on_batch(*batch)
    model.reset_metrics()
    return [np.array(v.value) for v in model.metrics_variables]


def _variables(model):
    return model.trainable_variables, model.non_trainable_variables, model.optimizer.variables


def _stack(arrays):
    return jnp.stack(list(arrays))
