"""What the README shows runs and prints what it says, and its figures are those of `zoo/results.csv`."""

import re
import subprocess
import sys
from pathlib import Path

import keras
import pytest

import zoo
from benchmarks.reports import publishing
from zoo.card import RESULTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()
SHARE = re.compile(r"\b(\d+)%")


@pytest.mark.skipif(keras.backend.backend() == "jax", reason="two backends are enough")
def test_python_blocks_print_what_is_shown(tmp_path, monkeypatch, capsys):
    """Text must be equal; shares, which depend on backend and processor, within ten points."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```\n(?:\n```text\n(.*?)```)?", README, re.S)
    assert len(blocks) >= 2
    names = {}
    for code, shown in blocks:
        exec(code, names)
        printed = capsys.readouterr().out
        assert SHARE.sub("%", printed) == SHARE.sub("%", shown)
        for found, expected in zip(SHARE.findall(printed), SHARE.findall(shown), strict=True):
            assert abs(int(found) - int(expected)) <= 10


def test_commands_exist():
    """Each `make` target, and each command with its options; what they do is tested beside them."""
    lines = [line for block in re.findall(r"\n\n```\n(.*?)```", README, re.S) for line in block.splitlines()]
    assert len(lines) >= 5
    for line in lines:
        command = line.partition("#")[0].strip()
        if command.startswith("make "):
            assert subprocess.run([*command.split(), "-n"], cwd=ROOT, capture_output=True).returncode == 0, command
        else:
            name, *options = command.removeprefix(".venv/bin/python -m benchmarks ").split()
            done = subprocess.run([sys.executable, "-m", "benchmarks", name, "--help"], capture_output=True, text=True)
            assert done.returncode == 0
            assert all(option in done.stdout for option in options if option.startswith("--")), command


@pytest.mark.parametrize("name", ["README.md", "docs/results.md"])
def test_figures_are_the_published_ones(name, tmp_path):
    page = tmp_path / "page.md"
    page.write_text((ROOT / name).read_text())
    publishing.fill(page, RESULTS)
    assert page.read_text() == (ROOT / name).read_text()


def test_pages_that_it_names_exist():
    pages = re.findall(r"`((?:docs|examples)/[\w./-]*)`|\]\((docs/[\w./-]+)\)", README)
    assert len(pages) >= 5
    assert not [page for pair in pages for page in pair if page and not (ROOT / page).exists()]
    assert len(README.splitlines()) < 120


def test_names_of_models_exist():
    text = (ROOT / "docs/models.md").read_text()
    fusions, stages = re.search(r"`\{([a-z,]+)\}_\{([a-z,]+)\}`", text).groups()
    matrix = {f"{fusion}_{stage}" for fusion in fusions.split(",") for stage in stages.split(",")}
    named = set(re.findall(r"`([a-z_]+)`", text[text.index("| Family |") : text.index("`concat_late` is")]))
    assert matrix | named == set(zoo.list())
    assert f"{len(zoo.list())} names" in (ROOT / "docs/commands.md").read_text()
