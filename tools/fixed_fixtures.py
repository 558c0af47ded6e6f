"""Write `bad_*.fixed.py` anew where only its layout differs from what `--fix` writes now: python -m tools.fixed_fixtures"""

from __future__ import annotations

import ast
import tempfile
from pathlib import Path

from streamlint.run import run
from tools.fixtures import FIXTURES, bare, broken_of, laid_out, level_of, request


def main() -> None:
    for path in sorted(FIXTURES.glob("*/bad_*.fixed.py")):
        old, new = path.read_bytes().decode(), fixed(path)
        if new == bare(old):
            continue
        marked = with_marks(old, new)
        if marked is None or ast.dump(ast.parse(new)) != ast.dump(ast.parse(old)):
            print(f"{path}: by hand")
            continue
        path.write_bytes(marked.encode())
        print(path)


def with_marks(old: str, new: str) -> str | None:
    """The new text with the marks of the old one, where the lines that bear them are still there, each once."""
    lines = new.splitlines(keepends=True)
    for line in old.splitlines(keepends=True):
        plain = bare(line)
        if plain == line:
            continue
        if lines.count(plain) != 1:
            return None
        lines[lines.index(plain)] = line
    return "".join(lines)


def fixed(path: Path) -> str:
    """What `--fix` makes of the broken file beside a fixed one."""
    with tempfile.TemporaryDirectory() as folder:
        laid_out(broken_of(path), Path(folder))
        outcome = run(request(Path(folder), path.parent.name, fix=True, level=level_of(path)))
    return outcome.changes[0].after.text if outcome.changes else ""


if __name__ == "__main__":
    main()
