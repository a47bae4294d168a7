"""Files in the format of PyTorch 0.3, which pickled tensors, parameters and modules differently from today."""

import io
import pickle
import struct
from collections import OrderedDict

import numpy as np
import pytest

from ave_keras import checkpoints
from tests.ave_keras.checkpoints import hostile


def named(text, **attributes):
    """A class that pickles under any name, even if that name does not exist here."""
    module, _, name = text.rpartition(".")
    return type(name, (), {"__module__": module, "__qualname__": name, **attributes})


class Writer(pickle._Pickler):
    """Python's pickler without its check that names exist."""

    def save_global(self, obj, name=None):
        module, name = obj.__module__, obj.__qualname__
        # Protocol 2 uses the names of Python 2.
        module = {"builtins": "__builtin__"}.get(module, module)
        self.write(pickle.GLOBAL + f"{module}\n{name}\n".encode())
        self.memoize(obj)

    def persistent_id(self, obj):
        return obj.identifier if isinstance(obj, Persistent) else None


Writer.dispatch = {**pickle._Pickler.dispatch, type: Writer.save_global}


class Persistent:
    """An object that PyTorch pickles as a persistent id."""

    def __init__(self, *identifier):
        self.identifier = identifier


class Reduced:
    """Pickles as a call and a state."""

    def __init__(self, *call):
        self.call = call

    def __reduce__(self):
        return self.call


FLOATS = named("torch.FloatStorage")
REBUILD = named("torch._utils._rebuild_tensor")
PARAMETER = named("torch.nn.parameter.Parameter")
BACKEND = named("torch.nn.backends.thnn._get_thnn_function_backend")


def parameter(storage, offset, shape):
    """A Parameter of PyTorch 0.3: a Variable around a tensor, on the GPU of its training."""
    strides = tuple(int(np.prod(shape[i + 1 :])) for i in range(len(shape)))
    tensor = Reduced(REBUILD, (storage, offset, shape, strides))
    return Reduced(PARAMETER, (tensor,), (True, False, OrderedDict()))


def module(text, parameters=(), modules=(), **state):
    """A module of PyTorch 0.3."""
    cls = named(text)
    instance = cls()
    empty = {name: OrderedDict() for name in ("_buffers", "_backward_hooks", "_forward_hooks", "_forward_pre_hooks")}
    contents = {"_parameters": OrderedDict(parameters), "_modules": OrderedDict(modules)}
    instance.__dict__ = {"_backend": Reduced(BACKEND, ()), **contents, **empty, "training": True, **state}
    return instance


@pytest.mark.parametrize("view", [None, ("77", 2, 20)])
def test_a_module_trained_on_a_gpu(tmp_path, view):
    """LSTM weights share one storage or are views of it, as cuDNN requires; the dropout state has no contents."""
    numbers = np.arange(40, dtype="<f4")
    shared = Persistent("storage", FLOATS, "5", "cuda:3", 40, view)
    dropout_state = named("torch.backends.cudnn.rnn.Unserializable", __getstate__=lambda self: "<unserializable>")()
    lstm = module(
        "torch.nn.modules.rnn.LSTM",
        {"weight_ih_l0": parameter(shared, 0, (4, 2)), "bias_ih_l0": parameter(shared, 8, (4,))},
        dropout_state={"desc_3": dropout_state},
        _data_ptrs=[],
        _all_weights=[["weight_ih_l0", "bias_ih_l0"]],
    )
    net = module("models.att_Net", {}, {"lstm_audio": lstm, "relu": module("torch.nn.modules.activation.ReLU")})
    file = io.BytesIO()
    Writer(file, 2).dump(net)
    content = hostile.legacy(file.getvalue(), ("5",), struct.pack("<q", 40) + numbers.tobytes())
    (tmp_path / "AV_att.pt").write_bytes(content)
    found = checkpoints.read(tmp_path / "AV_att.pt")
    assert found.network == "models.att_Net"
    start = 0 if view is None else 2
    np.testing.assert_array_equal(found.arrays["lstm_audio.weight_ih_l0"], numbers[start : start + 8].reshape(4, 2))
    np.testing.assert_array_equal(found.arrays["lstm_audio.bias_ih_l0"], numbers[start + 8 : start + 12])


def test_a_state_dict_of_python_2(tmp_path):
    """Strings have a separate instruction, and OrderedDict is built from a list of pairs."""
    storage = b"(U\x07storagectorch\nFloatStorage\nU\x010U\x03cpuK\x06NtQ"
    tensor = b"ctorch._utils\n_rebuild_tensor\n(" + storage + b"K\x00K\x02K\x03\x86K\x03K\x01\x86tR"
    pickled = b"\x80\x02ccollections\nOrderedDict\n(](](U\x09L2.weight" + tensor + b"eetRq\x01}U\x09_metadata}sb."
    numbers = struct.pack("<q", 6) + hostile.ARRAYS["L2.weight"].tobytes()
    (tmp_path / "net.pt").write_bytes(hostile.legacy(pickled, ("0",), numbers))
    found = checkpoints.read(tmp_path / "net.pt")
    np.testing.assert_array_equal(found.arrays["L2.weight"], hostile.ARRAYS["L2.weight"])
