"""The rules of the house: who imports whom, what is public, what is registered."""

import ast
import inspect
import os
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import ave_keras
import zoo

ROOT = Path(__file__).parents[1]
FORBIDDEN = {"ave_keras": {"zoo", "benchmarks", "tests"}, "zoo": {"benchmarks", "tests"}, "benchmarks": {"tests"}}
BACKENDS = {"tensorflow", "jax", "torch"}


def imports(file):
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", FORBIDDEN)
def test_data_flows_one_way(package):
    for file in (ROOT / package).rglob("*.py"):
        assert not FORBIDDEN[package] & set(imports(file)), file


@pytest.mark.parametrize("folder", ["layers", "losses", "metrics", "models", "optimizers"])
def test_mathematics_is_backend_agnostic(folder):
    for file in (ROOT / "ave_keras" / folder).rglob("*.py"):
        assert not BACKENDS & set(imports(file)), file


def public_classes():
    parts = (ave_keras.layers, ave_keras.layers.fusion, ave_keras.losses, ave_keras.metrics, ave_keras.optimizers)
    for module in parts:
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                yield getattr(module, name)


@pytest.mark.parametrize("cls", list(public_classes()), ids=lambda c: c.__name__)
def test_public_classes_are_registered_and_documented(cls):
    assert keras.saving.get_registered_object(f"ave_keras>{cls.__name__}") is cls
    for section in ("Example:", "Reference:"):
        assert section in cls.__doc__, f"{cls.__name__} has no {section}"


def test_what_is_public():
    assert sorted(zoo.__all__) == ["card", "entry", "list", "load", "training"]
    parts = ["layers", "losses", "matching", "metrics", "models", "optimizers"]
    assert sorted(ave_keras.__all__) == sorted(["AVEError", "attention_maps", "localize", *parts])


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="in a process of its own, on Keras' NumPy backend")
def test_imports_without_tensorflow():
    """A finder that refuses TensorFlow stands in for a machine without it; Keras' NumPy backend needs nothing else."""
    code = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.split(".")[0] == "tensorflow": raise ImportError("no TensorFlow here")
sys.meta_path.insert(0, Refuse())
import ave_keras, zoo, ave_keras.data
x = {"audio": __import__("numpy").zeros((1, 10, 128), "float32")}
assert zoo.load("a", compile=False).predict(x, verbose=0).shape == (1, 10, 29)
assert "tensorflow" not in sys.modules
"""
    env = {**os.environ, "KERAS_BACKEND": "numpy"}
    done = subprocess.run([sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]


def test_no_machine_paths_or_registries():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    for file in tracked:
        if (ROOT / file).suffix in {".py", ".md", ".toml", ".yaml", ".txt", ".cfg", ""} and (ROOT / file).is_file():
            text = (ROOT / file).read_text(errors="ignore")
            for word in ("/work/", "/root/", "/home/", "pypi." + "org", "index" + "-url"):
                assert word not in text or file == "tests/test_house.py", f"{file} holds {word}"
