"""Independent PyTorch versions of the authors' networks, with the released parameter names."""

import torch
from torch import nn


class Net(nn.Module):
    """A+V-att, its weak form, or DMRN with `fusion=True`."""

    def __init__(self, sizes, weak=False, fusion=False):
        super().__init__()
        audio, visual, cells, lstm, attention, head, classes = sizes
        self.weak, self.fusion = weak, fusion
        self.lstm_audio = nn.LSTM(audio, lstm, 1, batch_first=True, bidirectional=True)
        self.lstm_video = nn.LSTM(visual, lstm, 1, batch_first=True, bidirectional=True)
        self.relu = nn.ReLU()
        self.affine_audio = nn.Linear(audio, attention)
        self.affine_video = nn.Linear(visual, attention)
        self.affine_v = nn.Linear(attention, cells, bias=False)
        self.affine_g = nn.Linear(attention, cells, bias=False)
        self.affine_h = nn.Linear(cells, 1, bias=False)
        if fusion:
            width = 2 * lstm
            self.U_v = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width))
            self.U_a = nn.Sequential(nn.Linear(width, width), nn.Tanh(), nn.Linear(width, width))
        else:
            self.L1 = nn.Linear(4 * lstm, head)
        self.L2 = nn.Linear(2 * lstm if fusion else head, classes)

    def forward(self, audio, visual):
        cells = visual.flatten(2, 3)
        picture = self.affine_v(torch.relu(self.affine_video(cells)))
        sound = self.affine_g(torch.relu(self.affine_audio(audio)))
        scores = self.affine_h(torch.tanh(picture + sound[..., None]))
        attended = (torch.softmax(scores, 2) * cells).sum(2)
        a, v = self.lstm_audio(audio)[0], self.lstm_video(attended)[0]
        if self.fusion:
            merged = (self.U_a(a) + self.U_v(v)) / 2
            # The released code swaps the residuals.
            a, v = torch.tanh(v + merged), torch.tanh(a + merged)
            logits = self.L2((a + v) / 2)
        else:
            logits = self.L2(torch.relu(self.L1(torch.relu(torch.cat([a, v], -1)))))
        segments = torch.softmax(logits, -1)
        return {"video": torch.softmax(logits.amax(1), -1), "segments": segments} if self.weak else segments


#: audio_dim, d_v, cells, LSTM units, attention units, head units, classes.
RELEASED = (128, 512, 49, 128, 512, 64, 29)
#: The sizes of `tests.small`.
SMALL = (6, 8, 6, 4, 7, 6, 5)
FORMS = {"av_att": {}, "w_av_att": {"weak": True}, "dmrn_late": {"fusion": True}}


def net(entry, sizes=SMALL, seed=0):
    """A network with random weights, scaled up so that errors show in the outputs."""
    torch.manual_seed(seed)
    module = Net(sizes, **FORMS[entry])
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.mul_(2)
    return module.eval()


def outputs(module, x):
    """The NumPy outputs for `{"audio", "visual"}`."""
    with torch.no_grad():
        found = module(*(torch.tensor(x[key]) for key in ("audio", "visual")))
    return {key: value.numpy() for key, value in found.items()} if isinstance(found, dict) else found.numpy()
