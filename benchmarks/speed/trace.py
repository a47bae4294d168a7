"""Where a step's time goes: recorded by the backend's own profiler, summed by operation."""

import re
from collections import Counter

import keras


def operations(function, folder, times=10):
    """Runs `function` some times under the profiler; returns `{operation: share of the time}`, the largest first.

    Counted is the time of every operation on all threads without that of the operations it calls; where JAX or PyTorch
    has a GPU, on the GPU alone. A first call, which compiles, is left out. The trace stays in `folder`: of PyTorch for
    Perfetto, of the others for TensorBoard's profiler.
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
    """Of `(name, start, end)` of one thread, which nest: `Counter` of the time in each and in none inside it."""
    spent, around = Counter(), []
    for name, start, end in sorted(events, key=lambda event: (event[1], -event[2])):
        while around and around[-1][1] <= start:
            around.pop()
        spent[name] += end - start
        if around:
            spent[around[-1][0]] -= end - start
        around.append((name, end))
    return spent


def _torch(steps, folder):
    import torch

    with torch.profiler.profile() as profile:
        steps()
    profile.export_chrome_trace(str(folder / "trace.json"))
    spent = Counter()
    for event in profile.key_averages():
        # A kernel stands there too, beside the operation that started it and has its time.
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
    # XLA numbers its operations: fusion.12.
    kind = re.compile(r"^([a-z_-]+)(\.\d+)*(\.clone)*$")
    if gpus := [plane for plane in planes if plane.name.startswith("/device:GPU")]:
        # Kernels of XLA are named after their operation, loop_add_fusion_3; those of libraries have types and
        # arguments: void gemm<float>(…).
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
    # An operation is told by its place and kind: functional/dense/MatMul:MatMul, on oneDNN …:_MklMatMul.
    return _sum(threads, re.compile(r"[^:]:_?(?:Mkl)?([A-Z]\w*)$"))


def _sum(threads, kind):
    """Of all threads, by the part of the name that says what kind of operation it is; what is none is left out."""
    spent = Counter()
    for events in threads:
        for name, time in self_times(events).items():
            if found := kind.search(name):
                spent[found[1]] += time
    return spent


def _newest(folder):
    return max(folder.rglob("*.xplane.pb"), key=lambda path: path.stat().st_mtime)
