"""The example of an application behind a proxy, as it is and as it is after its repairs."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

from streamlint import rule
from streamlint.config import Config, Selection
from streamlint.fix import Level
from streamlint.outcome import Outcome
from streamlint.run import Request, run

FOLDER = Path(__file__).parent.parent / "examples" / "deployed_app"
BY_HAND = ("Answer(timeout=45)", "Answer(timeout=None)")
"""What the help of STL308 says."""


def linted(folder: Path, *, advice: bool = False, fix: bool = False) -> Outcome:
    """A run over the example alone, whatever lies around it."""
    selection = Selection().override(rule.codes(), extend_select=["ALL"]) if advice else Selection()
    return run(Request((folder,), Config(root=folder), selection, Level.UNSAFE, fix, root=folder))


def copied(to: Path, changes: Mapping[str, str]) -> Path:
    """The example in another folder, with other words in its files; each must be there."""
    shutil.copytree(FOLDER, to)
    for before, after in changes.items():
        paths = [path for path in to.rglob("*") if path.is_file() and before in path.read_text("utf-8")]
        assert paths, f"{before} is nowhere in the example"
        for path in paths:
            path.write_text(path.read_text("utf-8").replace(before, after), "utf-8")
    return to


def repaired(folder: Path) -> Path:
    """The same folder after `--fix --unsafe-fixes`, and what its help leaves to a person."""
    for change in linted(folder, fix=True).changes:
        change.before.path.write_bytes(change.after.encode(change.after.text))
    application = folder / "backend" / "application.py"
    text = application.read_text("utf-8")
    assert BY_HAND[0] in text
    application.write_text(text.replace(*BY_HAND), "utf-8")
    return folder
