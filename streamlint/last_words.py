"""What is said when a run does not come to its end: what failed, and what was not done."""

from __future__ import annotations

import platform
import shlex
import sys
import traceback
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from streamlint import __version__
from streamlint.outcome import Interrupted
from streamlint.reporters import shown
from streamlint.rule import named

_NAMED = 5
"""How many of the files that an interrupted run leaves are named."""
_FRAMES = 20
_BENEATH = ("libcst", "click", "PyYAML")


def of_failure(error: BaseException) -> str:
    """What broke in streamlint itself, with all that a report of it needs."""
    trail = "".join(traceback.format_tb(error.__traceback__, limit=-_FRAMES))
    command = shlex.join([Path(sys.argv[0]).name, *sys.argv[1:]])
    return (
        f"{trail}\n"
        f"streamlint: internal error: {named(error)}\n"
        "    This is a fault of streamlint, not of your code. Please report it with the lines above and these:\n"
        f"    {ingredients()}\n"
        f"    {command}\n"
        "    A small file that makes it fail the same way helps most.\n"
    )


def ingredients() -> str:
    """Which releases of what are at work."""
    found = [f"streamlint {__version__}", *(f"{name} {_version(name)}" for name in _BENEATH)]
    return ", ".join((*found, f"Python {platform.python_version()}", platform.platform()))


def of_interruption(error: KeyboardInterrupt) -> str:
    """That a run was interrupted, and what it has not done."""
    if not isinstance(error, Interrupted) or not error.left:
        return "streamlint: interrupted\n"
    names = [shown(path) for path in error.left[:_NAMED]]
    more = len(error.left) - len(names)
    listed = ", ".join(names) + (f" and {more} more" if more else "")
    one = len(error.left) == 1
    return (
        f"streamlint: interrupted; {len(error.left)} {'file was' if one else 'files were'} not {error.what}: {listed}\n"
    )


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "of an unknown release"
