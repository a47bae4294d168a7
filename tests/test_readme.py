"""What the README shows runs, and its figures are those of `zoo/results.csv`."""

import re
from pathlib import Path

import pytest

import zoo
from benchmarks.reports import publishing
from zoo.card import RESULTS

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def test_python_blocks_run():
    blocks = re.findall(r"```python\n(.*?)```", README, re.S)
    assert blocks
    for block in blocks:
        names = {}
        exec(block, names)
        assert len(names["history"].history["val_segment_accuracy"]) == 2


@pytest.mark.parametrize("name", ["README.md", "docs/results.md"])
def test_figures_are_the_published_ones(name, tmp_path):
    page = tmp_path / "page.md"
    page.write_text((ROOT / name).read_text())
    publishing.fill(page, RESULTS)
    assert page.read_text() == (ROOT / name).read_text()


def test_names_exist():
    fusions, stages = re.search(r"`\{([a-z,]+)\}_\{([a-z,]+)\}`", README).groups()
    matrix = {f"{fusion}_{stage}" for fusion in fusions.split(",") for stage in stages.split(",")}
    models = README[README.index("## Models") : README.index("`concat_late` is")]
    named = set(re.findall(r"`([a-z_]+)`", models))
    assert matrix | named == set(zoo.list())
    assert f"{len(zoo.list())} names" in README
