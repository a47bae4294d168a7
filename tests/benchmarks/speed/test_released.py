import sys

import keras
import pytest

from ave_keras import AVEError
from benchmarks.speed.released import released_step

pytestmark = pytest.mark.skipif(keras.backend.backend() != "torch", reason="the released code is PyTorch code")

# Our own stand-ins for the released networks, with the same arguments, outputs and calls for GPUs.
WEAK = """
import torch
class att_Net(torch.nn.Module):
    def __init__(self, *sizes):
        super().__init__()
        self.classify = torch.nn.Linear(128, 29).cuda()
    def forward(self, audio, visual):
        scores = self.classify(audio + torch.zeros(1).cuda())
        return torch.softmax(scores.amax(1), -1), scores
"""


@pytest.fixture
def step(tmp_path, monkeypatch):
    torch = pytest.importorskip("torch")
    for kind in (torch.Tensor, torch.nn.Module):
        monkeypatch.setattr(kind, "cuda", kind.cuda)
    monkeypatch.setattr(sys, "path", list(sys.path))

    def make(code, file, name):
        (tmp_path / file).write_text(code)
        x = {"audio": torch.rand(2, 10, 128), "visual": torch.rand(2, 10, 7, 7, 512)}
        return released_step(tmp_path, name, x, {"video": torch.eye(29)[:2], "segments": None})

    return make


def test_the_weak_form_learns_from_the_labels_of_videos(step):
    step(WEAK, "models_weakly.py", "w_av_att")()


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("import sys; sys.exit('usage')", "SystemExit: usage"),
        ("class Net: pass", "AttributeError.*TBMRF_Net"),
        (WEAK.replace("att_Net", "TBMRF_Net").replace("amax(1)", "amax(9)"), "IndexError: Dimension out of range"),
    ],
)
def test_code_that_does_not_run(step, code, found):
    with pytest.raises(AVEError, match=rf"^the released code does not run \(\S*models_fusion\.py\): found {found}"):
        step(code, "models_fusion.py", "dmrn_late")
