import json
import sys

import keras
import pytest

from ave_keras import AVEError
from benchmarks.cli import against
from benchmarks.cli.against import compare_with_released
from benchmarks.cli.speed import speed
from zoo.cli import terminal

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="measures in processes of its own")

# Our own stand-in for the released network, with the same arguments and calls for GPUs.
NETWORK = """
import torch
class att_Net(torch.nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        assert sizes == (128, 128, 512, 29)
        self.classify = torch.nn.Linear(128, 29).cuda()
        print("a line of the user's code")
    def forward(self, audio, visual):
        assert visual.shape[1:] == (10, 7, 7, 512)
        return torch.softmax(self.classify(audio + torch.zeros(1).cuda()), -1)
"""


def copy(folder, code, file="models.py"):
    (folder / file).write_text(code)
    return folder


def test_table_and_rows(tmp_path, capsys):
    options = {"entries": ["av_att"], "batch_size": 2, "backend": "torch", "policy": "float32", "profile": None}
    out, copied = tmp_path / "rows.json", copy(tmp_path, NETWORK)
    speed(**options, released=copied, repeats=1, out=out)
    (row,) = json.loads(out.read_text())
    assert row["entry"] == "av_att" and len(row["step_ms"]) == len(row["released_ms"]) == 1
    assert min(row["step_ms"] + row["released_ms"]) > 0
    printed = capsys.readouterr().out
    assert "torch, float32, batch 2, CPU" in printed and "in alternation (1 of each)" in printed


def test_alternation(tmp_path, monkeypatch, capsys):
    spent = {"torch": iter([0.3, 0.2]), "jax": iter([0.1, 0.2])}
    order = []

    def measured(module, task, backend, **env):
        order.append((backend, task["released"] is not None))
        return [next(spent[backend])] * 3

    monkeypatch.setattr(against, "in_own_process", measured)
    (row,) = compare_with_released(copy(tmp_path, NETWORK), None, 2, "jax", 2, "float32")
    assert order == [("torch", True), ("jax", False)] * 2
    assert (row["released_ms"], row["step_ms"]) == ([300, 200], [100, 200])
    # 300 / 100 and 200 / 200, and their median.
    printed = capsys.readouterr().out
    assert "2.00" in printed and "1.00 … 3.00" in printed


def test_code_that_does_not_run(tmp_path):
    found = r"ModuleNotFoundError: No module named 'no_such_package'\.$"
    with pytest.raises(AVEError, match=rf"^the released code does not run \(\S*models\.py\): found {found}"):
        compare_with_released(copy(tmp_path, "import no_such_package"), ["av_att"], 1, "torch", 2, "float32")


@pytest.mark.parametrize(
    ("entries", "repeats", "message"),
    [
        (["av_att"], 1, r"no such file of the released code \(\S*models\.py\).*YapengTian"),
        (None, 1, r"no such file of the released code \(\S*models\.py\)"),
        (["w_av_att"], 1, r"no such file of the released code \(\S*models_weakly\.py\)"),
        (["a"], 1, "no such network .*'--entries'.*av_att.*found a"),
        (["av_att"], 0, "invalid number .*'--repeats'"),
    ],
)
def test_bad_options(tmp_path, entries, repeats, message):
    with pytest.raises(AVEError, match=message):
        compare_with_released(tmp_path, entries, repeats, "torch", 2, "float32")


def test_without_pytorch(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(AVEError, match=r"needs torch.*ave-keras\[torch\]"):
        compare_with_released(copy(tmp_path, NETWORK), None, 1, "torch", 2, "float32")


def test_options_that_do_not_go_with_it(tmp_path):
    with pytest.raises(AVEError, match=r"not an option of --against.*'--profile'"):
        speed(["av_att"], released=tmp_path, profile=tmp_path, backend="torch", policy="float32")


def test_exit_code(tmp_path, capsys):
    from benchmarks.__main__ import app

    with pytest.raises(SystemExit) as caught:
        terminal.run(app, ["speed", "--entries", "av_att", "--against", str(tmp_path / "absent")])
    assert caught.value.code == 2 and capsys.readouterr().err.startswith("error: no such file")


def test_the_authors_code(shared, tmp_path):
    folder = shared / "AVE-ECCV18"
    if not (folder / "models.py").is_file():
        pytest.skip("no copy of the released code")
    (row,) = compare_with_released(folder, ["av_att"], 1, "torch", 2, "float32")
    assert row["released_ms"][0] > 0
