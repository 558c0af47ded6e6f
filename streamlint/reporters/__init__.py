"""One pure function per output format: `render(outcome, style) -> str`."""

from __future__ import annotations

import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from streamlint.outcome import Outcome
from streamlint.reporters.style import Style

Reporter = Callable[[Outcome, Style], str]
FORMATS = ("full", "concise", "json", "github")


def reporter(name: str) -> Reporter:
    render: Reporter = import_module(f"streamlint.reporters.{name}").render
    return render


def shown(path: Path) -> str:
    """A path as people read it: relative to the working folder where it lies below."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith(os.pardir + os.sep) else relative.replace(os.sep, "/")
