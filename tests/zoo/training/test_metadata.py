import json
from types import SimpleNamespace

import pytest

from ave_keras import AVEError
from zoo.training.metadata import training_metadata

NAMES = ("Bark", "Meow")


def test_what_extraction_says_goes_into_the_file(tmp_path):
    ave = SimpleNamespace(title="own", class_names=NAMES, folder=tmp_path)
    metadata = {"data": "own", "class_names": list(NAMES)}
    assert training_metadata(ave) == metadata
    recipe = {key: {"encoder": key, "options": {}} for key in ("audio", "visual")}
    (tmp_path / "extraction.json").write_text(json.dumps({"recipe": {**recipe, "segments": 10}}))
    assert training_metadata(ave) == {**metadata, "encoders": recipe}
    (tmp_path / "extraction.json").write_text("{}")
    with pytest.raises(AVEError, match=r"extraction\.json"):
        training_metadata(ave)
