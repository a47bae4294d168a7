"""The wheel carries every file of the three packages."""

import subprocess
import tomllib
from fnmatch import fnmatch
from pathlib import PurePath

from benchmarks import ROOT

PACKAGES = ("ave_keras", "zoo", "benchmarks")


def test_package_data_are_complete():
    setuptools = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]
    assert {f"{name}*" for name in PACKAGES} == set(setuptools["packages"]["find"]["include"])
    data = setuptools["package-data"]
    tracked = subprocess.run(["git", "ls-files", *PACKAGES], cwd=ROOT, capture_output=True, text=True, check=False)
    for file in map(PurePath, tracked.stdout.split()):
        package, *_ = file.parts
        inside = str(file.relative_to(package))
        packed = file.suffix == ".py" or any(fnmatch(file.name, pattern) for pattern in data["*"])
        assert packed or any(fnmatch(inside, pattern) for pattern in data.get(package, [])), file


def test_every_folder_with_modules_is_a_package():
    for package in PACKAGES:
        for folder in {file.parent for file in (ROOT / package).rglob("*.py")}:
            assert (folder / "__init__.py").is_file(), folder


def test_git_ignores_no_module():
    command = ["git", "ls-files", "--others", "--ignored", "--exclude-standard", *PACKAGES, "tests"]
    ignored = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.split()
    assert [file for file in ignored if PurePath(file).suffix in (".py", ".pyi", ".yaml")] == []
