"""The rules of the house: who imports whom, how large things get, what is public, what is registered."""

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
PACKAGES = ("ave_keras", "zoo", "benchmarks")
MOST_MODULES, MOST_LINES = 12, 300
# What each room may import of the other rooms; a room is a folder, or a loose module, of one of the three packages.
# `runtime` and `errors` lie below all.
ROOMS = {
    "ave_keras": ("layers", "localization", "losses", "matching", "metrics", "models", "optimizers"),
    "zoo": ("ave_keras", "card", "loading", "registry", "training", "weights"),
    "benchmarks": (),
    "ave_keras.errors": (),
    "ave_keras.event_model": (),
    "ave_keras.runtime": (),
    "ave_keras.layers": (),
    "ave_keras.losses": ("layers",),
    "ave_keras.metrics": (),
    "ave_keras.optimizers": (),
    "ave_keras.models": ("event_model", "layers"),
    "ave_keras.matching": (),
    "ave_keras.data": ("checkpoints",),
    "ave_keras.checkpoints": ("layers",),
    "ave_keras.features": ("checkpoints", "data"),
    "ave_keras.films": ("data", "features"),
    "ave_keras.plots": ("metrics",),
    "ave_keras.localization": ("features", "layers", "metrics", "models", "plots"),
    "ave_keras.exporting": ("data", "models"),
    "zoo.recipe": ("ave_keras",),
    "zoo.entry": ("ave_keras", "recipe"),
    "zoo.registry": ("ave_keras", "entry", "recipe"),
    "zoo.card": ("registry", "weights"),
    "zoo.differences": ("registry",),
    "zoo.loading": ("ave_keras", "registry", "sharing", "weights"),
    "zoo.weights": ("registry", "sharing"),
    "zoo.sharing": ("ave_keras", "evaluation", "registry"),
    "zoo.evaluation": ("ave_keras",),
    "zoo.training": ("ave_keras", "evaluation"),
    "zoo.demo": ("ave_keras", "evaluation"),
    "zoo.cli": (
        *("ave_keras", "zoo", "card", "demo", "evaluation", "loading", "registry", "sharing", "training", "weights"),
    ),
    "benchmarks.results": ("ave_keras", "zoo"),
    "benchmarks.grid": ("ave_keras", "zoo", "results"),
    "benchmarks.execution": ("ave_keras", "zoo", "benchmarks", "grid", "results"),
    "benchmarks.reports": ("ave_keras", "zoo", "grid", "results"),
    "benchmarks.studies": ("ave_keras", "zoo", "execution", "grid", "reports", "results"),
    "benchmarks.speed": ("ave_keras", "zoo", "execution"),
    "benchmarks.unknown": ("ave_keras", "zoo"),
    "benchmarks.drills": ("ave_keras", "zoo", "benchmarks", "execution", "grid", "reports", "results"),
    "benchmarks.cli": (
        *("ave_keras", "zoo", "drills", "execution", "grid", "reports", "results", "speed", "studies", "unknown"),
    ),
    "benchmarks.exports": ("drills",),
    "benchmarks.scenes": ("drills",),
    "benchmarks.__main__": ("cli", "zoo"),
}
BACKENDS = {"tensorflow", "jax", "torch"}
TERMINAL = {"typer", "rich"}


def modules():
    """`{dotted name: file}` of the three packages."""
    files = (file for package in PACKAGES for file in (ROOT / package).rglob("*.py"))
    return {".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): file for file in files}


MODULES = modules()


def imports(file, known=MODULES):
    """Dotted names of all modules that a file imports, also inside functions, but not for type checkers only.

    A package imports what its stub names, too: `lazy_loader` does so on first use.
    """
    package = file.parent.relative_to(ROOT).parts
    stub = file.with_suffix(".pyi")
    trees = [ast.parse(path.read_text()) for path in (file, stub) if path.is_file()]
    for node in (node for tree in trees for part in tree.body for node in at_run_time(part)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package[: len(package) + 1 - node.level] if node.level else ()
            module = ".".join((*above, *filter(None, [node.module])))
            inner = (f"{module}.{alias.name}" for alias in node.names)
            yield from (name if name in known else module for name in inner)
        elif isinstance(node, ast.Call) and name_of(node.func) in ("import_module", "__import__"):
            yield from (part.value for part in node.args[:1] if isinstance(part, ast.Constant))


def at_run_time(part):
    """All nodes of a statement, of `if TYPE_CHECKING` those of its `else`."""
    if isinstance(part, ast.If) and name_of(part.test) == "TYPE_CHECKING":
        return (node for other in part.orelse for node in ast.walk(other))
    return ast.walk(part)


def name_of(node):
    """`f` of the expressions `f` and `a.f`."""
    return getattr(node, "id", None) or getattr(node, "attr", None)


def room(module):
    return ".".join(module.split(".")[:2])


def wrong_imports(module, imported):
    """Those among the modules `imported` by `module` that its room may not import."""
    package, own = module.split(".")[0], room(module)
    assert own in ROOMS, f"{own} is new: say in ROOMS, and in CONTRIBUTING.md, what it may import"
    allowed = {name if name in PACKAGES else f"{package}.{name}" for name in ROOMS[own]}
    allowed |= {own, "ave_keras.errors", "ave_keras.runtime"}
    for other in imported:
        # Another package is imported for its public names; within a package the rooms count.
        whole = other.split(".")[0] if other.split(".")[0] != package else None
        if other.split(".")[0] in PACKAGES and not {room(other), whole} & allowed:
            yield other


def test_rooms_import_what_the_plan_allows():
    wrong = {module: list(wrong_imports(module, imports(file))) for module, file in MODULES.items()}
    assert {module: names for module, names in wrong.items() if names} == {}


@pytest.mark.parametrize(
    ("module", "line", "expected"),
    [
        ("ave_keras.layers.gmu", "import zoo", ["zoo"]),
        ("ave_keras.layers.gmu", "import numpy, ave_keras.errors, ave_keras.layers.fusion.mrn as m", []),
        ("ave_keras.layers.gmu", "from ave_keras import localize", ["ave_keras"]),
        ("ave_keras.layers.gmu", "from ..data import AVE", ["ave_keras.data"]),
        ("ave_keras.layers.gmu", "from .. import data", ["ave_keras.data"]),
        ("ave_keras.layers.gmu", "def f():\n from ..data.ave import AVE", ["ave_keras.data.ave"]),
        ("ave_keras.layers.gmu", "def f():\n import ave_keras as a; return a.localize", ["ave_keras"]),
        ("ave_keras.layers.gmu", "import importlib\nimportlib.import_module('zoo.card')", ["zoo.card"]),
        ("ave_keras.models.gmu", "if TYPE_CHECKING:\n import zoo\nelse:\n import zoo.card", ["zoo.card"]),
        ("ave_keras.models.ssn", "import ave_keras.data.pairs, tests.kit", ["ave_keras.data.pairs"]),
        ("ave_keras", "import zoo.card", ["zoo.card"]),
        ("zoo", "import benchmarks", ["benchmarks"]),
        ("zoo.evaluation.model", "import zoo.training.fitting as f", ["zoo.training.fitting"]),
    ],
)
def test_a_wrong_import_is_found(module, line, expected, tmp_path, monkeypatch):
    monkeypatch.setitem(globals(), "ROOT", tmp_path)
    file = (tmp_path / module.replace(".", "/")).with_suffix(".py")
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(line)
    assert list(wrong_imports(module, imports(file))) == expected


def circles(imported):
    """Modules that lead back to themselves, given `{module: modules}`."""
    found = []
    for start in imported:
        reached, waiting = set(), list(imported[start])
        while waiting:
            module = waiting.pop()
            if module not in reached:
                reached.add(module)
                waiting += imported.get(module, ())
        if start in reached:
            found.append(start)
    return found


def test_no_import_circle():
    imported = {module: {name for name in imports(file) if name in MODULES} for module, file in MODULES.items()}
    assert circles(imported) == []
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c"]


def test_tests_are_imported_by_tests_only():
    for file in MODULES.values():
        assert not any(name.split(".")[0] == "tests" for name in imports(file)), file


def test_folders_and_modules_are_small():
    for folder in {file.parent for file in MODULES.values()}:
        assert len(list(folder.glob("*.py"))) <= MOST_MODULES, folder
    for file in MODULES.values():
        assert len(file.read_text().splitlines()) <= MOST_LINES, file


def test_tests_mirror_the_packages():
    for package in PACKAGES:
        for file in (ROOT / "tests" / package).rglob("test_*.py"):
            assert (ROOT / file.parent.relative_to(ROOT / "tests")).is_dir(), file


@pytest.mark.parametrize("folder", ["layers", "losses", "metrics", "models", "optimizers"])
def test_mathematics_is_backend_agnostic(folder):
    for file in (ROOT / "ave_keras" / folder).rglob("*.py"):
        assert not BACKENDS & {name.split(".")[0] for name in imports(file)}, file


def test_the_library_prints_nothing():
    for file in (ROOT / "ave_keras").rglob("*.py"):
        assert not TERMINAL & {name.split(".")[0] for name in imports(file)}, file
        names = {ast.unparse(node) for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.expr)}
        assert not {"print", "sys.stdout", "sys.stderr"} & names, file


# Rooms whose public functions and methods have type hints; Keras layers, losses and the like follow Keras.
TYPED = ("zoo", "ave_keras.checkpoints", "ave_keras.data", "ave_keras.exporting", "ave_keras.features")
TYPED += ("ave_keras.localization", "ave_keras.matching", "ave_keras.plots", "ave_keras.runtime", "benchmarks.results")
INTERNAL = ("legacy", "names", "objects", "pickles", "zipped")


def untyped(tree):
    """Names of public functions and methods of public classes that lack a type hint."""
    for node in tree.body:
        if node_is_public(node, ast.ClassDef):
            yield from (f"{node.name}.{name}" for name in untyped(node))
        elif node_is_public(node, ast.FunctionDef):
            arguments = [*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs]
            arguments += filter(None, (node.args.vararg, node.args.kwarg))
            hints = [a.annotation for a in arguments if a.arg not in ("self", "cls")]
            if None in (*hints, node.returns):
                yield node.name


def node_is_public(node, kind):
    return isinstance(node, kind) and not node.name.startswith("_")


def test_public_functions_are_typed():
    typed = [module for module in MODULES if module.startswith(TYPED) and not module.endswith(INTERNAL)]
    missing = {module: list(untyped(ast.parse(MODULES[module].read_text()))) for module in typed}
    assert {module: names for module, names in missing.items() if names} == {}


def test_a_missing_type_hint_is_found():
    assert list(untyped(ast.parse("def f(a: int): pass\nclass C:\n  def g(self, b) -> int: pass"))) == ["f", "C.g"]


def public_classes():
    parts = (ave_keras.layers, ave_keras.losses, ave_keras.metrics, ave_keras.optimizers)
    for module in parts:
        for name in module.__all__:
            if inspect.isclass(getattr(module, name)):
                yield getattr(module, name)


@pytest.mark.parametrize("cls", list(public_classes()), ids=lambda c: c.__name__)
def test_public_classes_are_registered_and_documented(cls):
    assert keras.saving.get_registered_object(f"ave_keras>{cls.__name__}") is cls
    for section in ("Example:", "Reference:"):
        assert section in cls.__doc__, f"{cls.__name__} has no {section}"


def test_names_in_saved_models_stay():
    """Files saved by earlier versions contain these; a class may move but not change its name."""
    names = {cls.__name__ for cls in public_classes()}
    assert names >= {
        *("AudioGuidedAttention", "CanonicalProjection", "ChannelNormalization", "MILPooling", "PairwiseDistance"),
        *("ProposalDecoding", "SpatialAveragePooling", "StructuredPyramidPooling", "SegmentAccuracy", "TorchAdam"),
        *("DMRN", "GMU", "MRN", "Additive", "Bilinear", "Concat", "Gated", "GatedBilinear", "MaxPooling"),
        *("CCALoss", "ContrastiveLoss", "MultiLabelSoftMargin", "ProposalLoss"),
        *("ContrastiveBranch", "CosineSimilarity", "EventDecision", "GatedScaling", "GuidedPooling", "TopKPooling"),
        *("PositiveSamplePropagation", "SpatialChannelAttention", "UnscaledAttention", "VisualGuidedAudio"),
        *("FeedForward", "Interaction", "ResidualAttention", "TemporalDecoder", "TemporalEncoder"),
    }


def test_what_is_public():
    assert sorted(zoo.__all__) == ["card", "entry", "list", "load", "training", "weights"]
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
