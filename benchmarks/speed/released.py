"""Times train steps of an entry, or of its counterpart in the authors' released PyTorch code.

Runs as a program, so that both are measured in the same kind of process.
"""

import importlib.util
import json
import sys
import time
import warnings
from pathlib import Path

from ave_keras.errors import AVEError, first_line
from benchmarks.speed.measurement import make_batch

#: File, class and further arguments of the released network of an entry.
NETWORKS = {
    "av_att": ("models.py", "att_Net", ()),
    "w_av_att": ("models_weakly.py", "att_Net", ()),
    "dmrn_late": ("models_fusion.py", "TBMRF_Net", (1,)),
}
# Arguments of all three: the sizes of audio features, LSTMs, attention and classes.
SIZES = (128, 128, 512, 29)


def measure(name: str, batch_size: int, policy: str, released: Path | None = None, steps: int = 20) -> list[float]:
    """The seconds of train steps on one batch in memory, after two more steps.

    Args:
        name: The name of the entry.
        batch_size: The number of videos per step.
        policy: The Keras dtype policy of the entry; the released code computes in float32.
        released: The folder of the released code, to time its network instead, which needs PyTorch as the backend.
        steps: The number of steps.

    Raises:
        AVEError: The released code does not run.
    """
    import keras

    import zoo

    keras.config.set_dtype_policy(policy)
    x, y = make_batch(zoo.entry(name), batch_size)
    if released:
        train = released_step(released, name, x, y)
    else:
        model = zoo.load(name)

        def train():
            model.train_on_batch(x, y)

    spent = []
    for _ in range(steps + 2):
        start = time.perf_counter()
        train()
        spent.append(time.perf_counter() - start)
    return spent[2:]


def released_step(folder, name, x, y):
    """A function that trains the released network on a batch, as the authors' main programs do.

    Args:
        folder: The folder of the released code.
        name: The name of the entry.
        x: `{"audio", "visual"}`, tensors.
        y: The labels of segments, or for the weak form a dict with those of videos.

    Raises:
        AVEError: The code does not run.
    """
    import torch

    file, kind, further = NETWORKS[name]
    # The code is written for GPUs.
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *_, **__: self
    # It calls functions that PyTorch has renamed.
    warnings.filterwarnings("ignore")
    network = _run(lambda: getattr(_imported(folder / file), kind)(*SIZES, *further), folder / file)
    loss_function = torch.nn.MultiLabelSoftMarginLoss()
    optimizer = torch.optim.Adam(network.parameters(), lr=1e-3)
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, step_size=15000, gamma=0.1)
    labels = y["video"] if isinstance(y, dict) else y

    def step():
        network.zero_grad()
        scores = network(x["audio"], x["visual"])
        loss = loss_function(scores[0] if isinstance(scores, tuple) else scores, labels)
        loss.item()
        loss.backward()
        scheduler.step()
        optimizer.step()

    _run(step, folder / file)
    return step


def _imported(file):
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _run(function, file):
    # The code is the user's: it may raise anything, or end the program.
    try:
        return function()
    except (Exception, SystemExit) as error:
        found = f"{type(error).__name__}: {first_line(error)}"
        raise AVEError("the released code does not run", file=file, found=found) from error


if __name__ == "__main__":
    task = json.loads(sys.argv[1])
    task["released"] = task["released"] and Path(task["released"])
    try:
        print(json.dumps(measure(**task)))
    except AVEError as error:
        sys.exit(f"error: {error}")
