"""`ave-keras`: the commands put together."""

import logging
import os
from collections.abc import Callable

from zoo.cli.data.app import app as data
from zoo.cli.demo import demo
from zoo.cli.entries import card, list_entries
from zoo.cli.evaluate import evaluate
from zoo.cli.export import export, export_torch, import_weights
from zoo.cli.extract import extract
from zoo.cli.localize import localize
from zoo.cli.match import match
from zoo.cli.sharing.publish import publish
from zoo.cli.terminal import new_app, run
from zoo.cli.train import calibrate, train

app = new_app("Audio-visual event localization in Keras.", rich_markup_mode="markdown")
app.add_typer(data, name="data")
COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo,
    "extract": extract,
    "list": list_entries,
    "card": card,
    "train": train,
    "calibrate": calibrate,
    "evaluate": evaluate,
    "localize": localize,
    "match": match,
    "publish": publish,
    "export": export,
    "import": import_weights,
    "export-torch": export_torch,
}
for name, command in COMMANDS.items():
    app.command(name)(command)


def main() -> None:
    """The command line."""
    # Without most of TensorFlow's remarks, also in worker processes.
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.getLogger("tensorflow").setLevel(logging.ERROR)
    run(app)
