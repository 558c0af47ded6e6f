"""What streamlint's own fixes make of the code under test."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from streamlint import config, rule, run
from streamlint.fix import Level

from .hosting import MODULE


class NothingFixed(Exception):
    """The fixes left the code as it was; the text says what was found."""


def repair(
    code: str, *, level: str = "response", files: Mapping[str, str] | None = None, select: Sequence[str] | None = None
) -> tuple[str, dict[str, str]]:
    """The code and the other files after `--fix`, with fixes up to `level` and of the selected rules only."""
    texts = {f"{MODULE}.py": code, **(files or {})}
    with tempfile.TemporaryDirectory(prefix="witness-") as name:
        root = Path(name).resolve()
        for path, text in texts.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_text(text, encoding="utf-8")
        selection = config.Selection().override(rule.codes(), select=select)
        request = run.Request((root,), config.Config(root), selection, level=Level(level), fix=True, root=root)
        outcome = run.run(request)
        fixed = {change.after.path.relative_to(root).as_posix(): change.after.text for change in outcome.changes}
    if not fixed:
        found = "\n".join(f"{finding.code} {finding.message}" for finding in outcome.findings)
        raise NothingFixed(f"{found or 'no findings'}\n\n{code}")
    texts.update(fixed)
    return texts.pop(f"{MODULE}.py"), texts
