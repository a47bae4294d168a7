"""Independent PyTorch versions of the encoders' networks, with the names of their releases."""

import torch
from torch import nn


def _convolutions(plan, channels):
    layers = []
    for width in plan:
        if width == "M":
            layers.append(nn.MaxPool2d(2, 2))
        else:
            layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
            channels = width
    return nn.Sequential(*layers)


class VGGish(nn.Module):
    """torchvggish's network; it flattens the features with channels last."""

    def __init__(self, filters, units, dim):
        super().__init__()
        a, b, c, d = filters
        self.features = _convolutions([a, "M", b, "M", c, c, "M", d, d, "M"], 1)
        hidden = [nn.Linear(6 * 4 * d, units), nn.ReLU(), nn.Linear(units, units), nn.ReLU(), nn.Linear(units, dim)]
        self.embeddings = nn.Sequential(*hidden, nn.ReLU())

    def forward(self, x, last_relu=True):
        cells = self.features(x[:, None]).permute(0, 2, 3, 1).flatten(1)
        return self.embeddings(cells) if last_relu else self.embeddings[:-1](cells)


class VGG19(nn.Module):
    """Torchvision's network, up to the last pooling layer."""

    def __init__(self):
        super().__init__()
        plan = [64, 64, "M", 128, 128, "M", *[256] * 4, "M", *[512] * 4, "M", *[512] * 4, "M"]
        self.features = _convolutions(plan, 3)

    def forward(self, x):
        return self.features(x)


class C3D(nn.Module):
    """The PyTorch port of C3D."""

    def __init__(self, filters, units):
        super().__init__()
        channels, names = 3, ("1", "2", "3a", "3b", "4a", "4b", "5a", "5b")
        for name, width in zip(names, [f for i, f in enumerate(filters) for _ in range(1 + (i > 1))], strict=True):
            setattr(self, f"conv{name}", nn.Conv3d(channels, width, 3, padding=1))
            channels = width
        self.fc6, self.fc7 = nn.Linear(16 * channels, units), nn.Linear(units, units)
        self.fc8 = nn.Linear(units, 487)

    def forward(self, x, output):
        x = x.permute(0, 4, 1, 2, 3)
        for name in ("1", "2", "3a", "3b", "4a", "4b", "5a", "5b"):
            x = torch.relu(getattr(self, f"conv{name}")(x))
            if name in ("1", "2", "3b", "4b"):
                x = nn.functional.max_pool3d(x, (1, 2, 2) if name == "1" else 2)
        if output == "conv5b":
            return x.mean(2).permute(0, 2, 3, 1)
        x = nn.functional.max_pool3d(x, 2, padding=(0, 1, 1)).flatten(1)
        x = torch.relu(self.fc6(x))
        return (x if output == "fc6" else torch.relu(self.fc7(x)))[:, None, None]


def random(module, seed=0):
    """Sets random weights that keep the scale of the signal, and nonzero biases."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, parameter in module.named_parameters():
            if name.endswith("weight"):
                nn.init.kaiming_uniform_(parameter, nonlinearity="relu")
            else:
                nn.init.uniform_(parameter, -0.1, 0.1)
    return module.eval()


def saved(module, path):
    """Saves the state dict; returns the path."""
    torch.save(module.state_dict(), path)
    return path
