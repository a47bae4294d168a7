"""Malicious and corrupted files: nothing is run, and the error describes the file."""

import json
import os
import pickle
import struct
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from ave_keras import AVEError, checkpoints
from tests.ave_keras.checkpoints import hostile

ROOT = Path(__file__).parents[3]


class Calls:
    """Pickles as a call."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.fixture
def refuse(tmp_path):
    """Checks that reading bytes in both formats raises an error and does not create the canary file."""
    canary = tmp_path / "canary"

    def refuse(make, match):
        for kind, content in {"legacy": hostile.legacy, "zip": hostile.zipped}.items():
            file = tmp_path / f"{kind}.pt"
            file.write_bytes(content(make(canary)))
            with pytest.raises(AVEError, match=match):
                checkpoints.read(file)
            assert not canary.exists()

    return refuse


def with_system(canary):
    return Calls(os.system, f"touch {canary}")


@pytest.mark.parametrize("protocol", [0, 1, 2, 3, 4, 5])
def test_a_call_of_os_system(refuse, protocol, tmp_path):
    refuse(lambda canary: pickle.dumps(with_system(canary), protocol), r"more than weights.*(posix|nt)\.system.*run")
    # The canary works: unpickling the same bytes with Python creates it.
    pickle.loads(pickle.dumps(with_system(tmp_path / "canary"), protocol))
    assert (tmp_path / "canary").exists()


def test_calls_inside_other_things(refuse):
    refuse(lambda canary: pickle.dumps({"state_dict": {"L1.weight": [with_system(canary)]}}, 2), "system")
    refuse(lambda canary: pickle.dumps([Calls(eval, f"open({str(canary)!r}, 'w')")], 2), r"eval")
    refuse(lambda canary: f"(S'touch {canary}'\nios\nsystem\n.".encode(), r"os\.system")
    refuse(lambda canary: f"(cos\nsystem\nS'touch {canary}'\no.".encode(), r"os\.system")
    getattr_call = b"c__builtin__\ngetattr\n(cos\nsystem\nX\x08\x00\x00\x00__call__tR."
    refuse(lambda _: getattr_call, r"getattr")
    # Also refused as an argument, a key or the state of an allowed class.
    refuse(lambda _: b"ccollections\nOrderedDict\n(cos\nsystem\ntR.", r"unreadable weights file|os\.system")
    refuse(lambda _: b"\x80\x02cos\nsystem\n)\x81}b.", r"os\.system")
    refuse(lambda _: b"\x80\x02cos\nsystem\n)\x81.", r"os\.system")


def test_a_nested_pickle(refuse):

    def inner(canary):
        return pickle.dumps(with_system(canary), 2)

    refuse(lambda canary: pickle.dumps(Calls(pickle.loads, inner(canary)), 3), r"_pickle\.loads")
    refuse(lambda canary: pickle.dumps({"state_dict": inner(canary)}, 3), r"0 modules or state dicts")


def test_numpy_internals(refuse):
    refuse(lambda _: pickle.dumps({"L1.weight": np.zeros(3)}, 3), r"numpy\._core\.multiarray\._reconstruct")
    refuse(lambda _: b"}X\x01\x00\x00\x00acnumpy.core.multiarray\n_reconstruct\ns.", r"numpy\.core\.multiarray")
    refuse(lambda _: pickle.dumps(np.float32(1), 3), r"numpy\._core\.multiarray\.scalar|numpy\.dtype")


def test_unknown_instructions_and_references(refuse):
    refuse(lambda _: b"\x82\x01.", "EXT1 is not allowed")
    refuse(lambda _: b"X\x01\x00\x00\x00aQ.", "unreadable weights file")
    refuse(lambda _: b"(X\x07\x00\x00\x00storagecos\nsystem\ntQ.", r"os\.system|unreadable weights file")


@pytest.mark.parametrize("name", hostile.valid())
def test_complete_and_truncated_files(tmp_path, name):
    file, content = tmp_path / name, hostile.valid()[name]
    file.write_bytes(content)
    for key, array in checkpoints.read(file).arrays.items():
        np.testing.assert_array_equal(array, hostile.ARRAYS[key])
    for size in range(0, len(content), 7):
        file.write_bytes(content[:size])
        with pytest.raises(AVEError, match=r"unreadable weights file.*Download it again"):
            checkpoints.read(file)


def declared(kind, numbers):
    """A safetensors file with one tensor `a` of two numbers of the type `kind`."""
    text = json.dumps({"a": {"dtype": kind, "shape": [2], "data_offsets": [0, len(numbers)]}}).encode()
    return struct.pack("<Q", len(text)) + text + numbers


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("BF16", b"\xc0\x3f\x00\xc0"),
        ("F8_E4M3", b"\x3c\xc0"),
        ("F8_E5M2", b"\x3e\xc0"),
        ("F16", b"\x00\x3e\x00\xc0"),
        ("F64", np.array([1.5, -2]).tobytes()),
        ("I8", b"\x01\xfe"),
    ],
)
def test_number_types_of_safetensors(tmp_path, kind, numbers):
    (tmp_path / "a.safetensors").write_bytes(declared(kind, numbers))
    array = checkpoints.read(tmp_path / "a.safetensors").arrays["a"]
    np.testing.assert_array_equal(array, [1, -2] if kind == "I8" else [1.5, -2])
    types = {"F16": "float16", "F64": "float64", "I8": "int8"}
    assert array.dtype == types.get(kind, "float32")


def test_unknown_number_types(tmp_path):
    (tmp_path / "a.safetensors").write_bytes(declared("F4", b"\x00"))
    with pytest.raises(AVEError, match=r"a\.safetensors, key 'a'\): expected one of .* found 'F4'.*float32"):
        checkpoints.read(tmp_path / "a.safetensors")


def big(array, shape):
    """A pickled state dict with a tensor of another shape than the array."""
    return hostile._pickled({"L1.weight": np.lib.stride_tricks.as_strided(array, shape, (4,) * len(shape))})


def test_zip_bombs(tmp_path):
    """Sizes larger than the file, in every place that states a size, are refused quickly and without much memory."""
    huge, numbers = 1 << 30, np.zeros(4, "<f4").tobytes()
    bomb = big(np.zeros(4, "<f4"), (huge,))
    lying = hostile.zipped(bomb, {"data/0": numbers})
    packed = hostile.zipped(bomb, {"data/0": bytes(4 * 1 << 20)}, zipfile.ZIP_DEFLATED)
    directory = bytearray(hostile.zipped(hostile._pickled({"a": np.zeros(4)}), {"data/0": numbers}))
    entry = directory.rindex(b"PK\1\2")
    directory[entry + 20 : entry + 28] = struct.pack("<II", huge, huge)
    text = json.dumps({"a": {"dtype": "F32", "shape": [huge], "data_offsets": [0, 4 * huge]}}).encode()
    files = {
        "lying.pt": (lying, "'0' has the wrong size"),
        "packed.pt": (packed, "is compressed"),
        "directory.pt": (bytes(directory), "extends past the end of the file"),
        "legacy.pt": (hostile.legacy(bomb, ("0",), struct.pack("<q", huge) + numbers), "buffer is smaller"),
        "small.pt": (hostile.legacy(bomb, ("0",), struct.pack("<q", 4) + numbers), "'0' has the wrong size"),
        "header.safetensors": (struct.pack("<Q", 1 << 60) + b"{", "header too large"),
        "offsets.safetensors": (struct.pack("<Q", len(text)) + text + numbers, "incomplete metadata"),
        "memo.pt": (hostile.legacy(b"Nr\xff\xff\xff\xff."), "neither a module"),
        "bytes.pt": (hostile.legacy(b"\x8e\xff\xff\xff\xff\x00\x00\x00\x00."), "expected 4294967295 bytes"),
    }
    started = time.perf_counter()
    for name, (content, message) in files.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(AVEError, match=f"unreadable weights file.*{message}"):
            checkpoints.read(tmp_path / name)
    assert time.perf_counter() - started < 2


MODULE = b"cm\nN\n)\x81%b}(X\x0b\x00\x00\x00_parameters}X\x08\x00\x00\x00_modules}(%bub"


def nested_modules():
    """A short file with nine levels of eight modules each: a billion modules."""
    inner = b""
    for level in range(9):
        names = b"".join(b"X\x01\x00\x00\x00%dh%c" % (i, level - 1) for i in range(8)) if level else b""
        first = b"X\x01\x00\x00\x00x" + inner if level else b""
        inner = MODULE % (b"q%c" % level, first + names + b"u")
    return inner + b"."


@pytest.mark.parametrize(
    ("pickled", "message"),
    [
        (nested_modules(), "too many modules"),
        (MODULE % (b"q\x00", b"X\x01\x00\x00\x00ah\x00u") + b".", "too many modules"),
        (b"}()" + b"\x85" * 100_000 + b"Nu.", "a key of type tuple"),
    ],
    ids=["wide", "inside itself", "deep key"],
)
def test_modules_without_end(tmp_path, pickled, message):
    (tmp_path / "net.pt").write_bytes(hostile.legacy(pickled))
    with pytest.raises(AVEError, match=f"unreadable weights file.*{message}"):
        checkpoints.read(tmp_path / "net.pt")


@pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="independent of the backend")
def test_fuzzing(tmp_path):
    """In a process with little memory, corrupted files are read or raise AVEError within seconds."""
    seconds = os.environ.get("AVE_KERAS_FUZZ_SECONDS", "5")
    command = [sys.executable, "-m", "tests.ave_keras.checkpoints.fuzz", str(tmp_path), seconds]
    env = {**os.environ, "KERAS_BACKEND": "numpy"}
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    tried, refused = map(int, done.stdout.split())
    assert tried > 100 and 0 < refused < tried
