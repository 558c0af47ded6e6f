"""One pure function per output format: `render(outcome, style) -> str`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from streamlint.outcome import Outcome
from streamlint.reporters.style import Style
from streamlint.reporters.text import visible

Reporter = Callable[[Outcome, Style], str]
FORMATS = ("full", "concise", "grouped", "json", "json-lines", "sarif", "github", "gitlab", "junit")
FOR_PEOPLE = ("full", "concise", "grouped", "statistics")
COUNTED = dict.fromkeys(FOR_PEOPLE, "statistics") | {"json": "statistics-json"}
"""What a format becomes where findings are only counted; the others have no such form."""


def reporter(name: str, quiet: bool = False) -> Reporter:
    """The function of a format; `quiet` leaves out everything but the findings where the format is for people."""
    function = "render_findings" if quiet and name in FOR_PEOPLE else "render"
    render: Reporter = getattr(import_module(f"streamlint.reporters.{name.replace('-', '_')}"), function)
    return render


def shown(path: Path) -> str:
    """A path as people read it, on one line whatever its name holds: relative to the working folder where it lies below."""
    return visible(relative(path))


def relative(path: Path) -> str:
    """A path as programs read it, with the characters that it has."""
    way = os.path.relpath(path)
    return str(path) if way.startswith(os.pardir + os.sep) else way.replace(os.sep, "/")
