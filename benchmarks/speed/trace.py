"""Profiles train steps with the profiler of the backend, and sums the time by operation."""

import re
from collections import Counter

import keras


def operations(function, folder, times=10):
    """Profiles a function, after a first call that compiles it.

    The time of an operation is summed over all threads and does not include the operations that it calls. With JAX or
    PyTorch on a GPU, only GPU time counts.

    Args:
        function: The function to call.
        folder: The folder for the trace, to view in Perfetto (PyTorch) or in TensorBoard's profiler (JAX, TensorFlow).
        times: The number of calls to profile.

    Returns:
        `{operation: share of the time}`, the largest share first.
    """
    folder.mkdir(parents=True, exist_ok=True)
    function()
    profile = {"torch": _torch, "jax": _jax, "tensorflow": _tensorflow}[keras.backend.backend()]

    def steps():
        for _ in range(times):
            function()

    spent = profile(steps, folder)
    total = sum(spent.values())
    return {name: time / total for name, time in spent.most_common()}


def self_times(events):
    """The time in each operation without nested ones, as a `Counter`.

    Args:
        events: The nested `(name, start, end)` of one thread.
    """
    spent, stack = Counter(), []
    for name, start, end in sorted(events, key=lambda event: (event[1], -event[2])):
        while stack and stack[-1][1] <= start:
            stack.pop()
        spent[name] += end - start
        if stack:
            spent[stack[-1][0]] -= end - start
        stack.append((name, end))
    return spent


def _torch(steps, folder):
    import torch

    with torch.profiler.profile() as profile:
        steps()
    profile.export_chrome_trace(str(folder / "trace.json"))
    spent = Counter()
    for event in profile.key_averages():
        # Skip kernels: the operation that launched a kernel already has its time.
        if event.device_type == torch.autograd.DeviceType.CPU:
            time = event.self_device_time_total if torch.cuda.is_available() else event.self_cpu_time_total
            spent[event.key.removeprefix("aten::")] += time
    return spent


def _jax(steps, folder):
    import jax

    with jax.profiler.trace(str(folder)):
        steps()
    data = jax.profiler.ProfileData.from_file(str(_newest(folder)))
    planes = list(data.planes)
    # XLA numbers its operations, as in fusion.12.
    kind = re.compile(r"^([a-z_-]+)(\.\d+)*(\.clone)*$")
    if gpus := [plane for plane in planes if plane.name.startswith("/device:GPU")]:
        # Kernels of XLA are named after their operation, such as loop_add_fusion_3; names of library kernels include
        # types and arguments, such as void gemm<float>(…).
        planes, kind = gpus, re.compile(r"^(?:void )?(\w[\w:-]*?)([._]\d+)*([<(].*)?$")
    threads = [[(e.name, e.start_ns, e.end_ns) for e in line.events] for plane in planes for line in plane.lines]
    return _sum(threads, kind)


def _tensorflow(steps, folder):
    import tensorflow as tf
    from tensorflow.tsl.profiler.protobuf import xplane_pb2

    with tf.profiler.experimental.Profile(str(folder)):
        steps()
    space = xplane_pb2.XSpace()
    space.ParseFromString(_newest(folder).read_bytes())
    threads = [
        [(plane.event_metadata[e.metadata_id].name, e.offset_ps, e.offset_ps + e.duration_ps) for e in line.events]
        for plane in space.planes
        for line in plane.lines
    ]
    # Names are a path and a kind, such as functional/dense/MatMul:MatMul, or …:_MklMatMul with oneDNN.
    return _sum(threads, re.compile(r"[^:]:_?(?:Mkl)?([A-Z]\w*)$"))


def _sum(threads, kind):
    """Sums the times of all threads by kind of operation, the first group of the pattern `kind`; skips other names."""
    spent = Counter()
    for events in threads:
        for name, time in self_times(events).items():
            if match := kind.search(name):
                spent[match[1]] += time
    return spent


def _newest(folder):
    return max(folder.rglob("*.xplane.pb"), key=lambda path: path.stat().st_mtime)
