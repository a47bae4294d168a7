"""Writes a page with the help of every command before the site is built."""

import re
import subprocess
import sys
from pathlib import Path

PROGRAMS = {"ave-keras": "zoo.cli.app", "python -m benchmarks": "benchmarks.__main__"}


def setup(app):
    """Writes the page when Sphinx starts; Typer writes its text from the commands themselves."""
    parts = []
    for name, module in PROGRAMS.items():
        arguments = [sys.executable, "-m", "typer", module, "utils", "docs", "--name", name]
        done = subprocess.run(arguments, capture_output=True, text=True, check=True, cwd=Path(app.srcdir).parent)
        parts.append(re.sub("^#", "##", done.stdout, flags=re.MULTILINE))
    Path(app.srcdir, "command_reference.md").write_text("# Command reference\n\n" + "\n".join(parts), encoding="utf-8")
    return {"parallel_read_safe": True}
