"""`python -m ave_keras.exporting FOLDER NAME FORMAT`: the process that `export` starts, with TensorFlow as backend."""

import json
import sys
from pathlib import Path
from typing import Any

from ave_keras.exporting import conversion
from ave_keras.exporting.formats import FORMATS
from ave_keras.exporting.process import MADE, MODEL, RESULT
from ave_keras.models.files import read_model


def main(folder: Path, name: str, format: str) -> None:
    """Converts the model in `folder` to a file called `name` there, compares, and writes the result."""
    form = FORMATS[format]
    made = folder / MADE / name
    try:
        model = read_model(folder / MODEL, compile=False)
        conversion.convert(model, made, form)
        result: dict[str, Any] = {"difference": conversion.difference(model, made, form) if form.runs_here else None}
    # Converters raise all kinds of errors; the parent process reports them in one line.
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {' '.join(str(error).split())[:500]}"}
    (folder / RESULT).write_text(json.dumps(result), encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:])
