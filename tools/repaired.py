"""What `--fix --unsafe-fixes` makes of real trees, and of varied fixtures: `python -m tools.repaired FOLDER... [--varied SEED]`

Each tree is copied, repaired and looked at again: every result is Python, no finding stays after its own repair, none is new, a
second run changes nothing, and no import is there twice or left without a use. `--varied` does the same to the bad fixtures,
each written in other ways (`tools/varied.py`).
"""

from __future__ import annotations

import argparse
import ast
import shutil
import sys
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

from streamlint.config import Config, Selection
from streamlint.finding import TOOL_CODES, Finding, Severity
from streamlint.fix import Level
from streamlint.outcome import Outcome
from streamlint.run import Request, run, write
from tools.fixtures import FIXTURES, bare
from tools.varied import varied

_OURS = frozenset(code.code for code in TOOL_CODES)


@dataclass
class Tally:
    """Figures of a tree, and what is wrong."""

    files: int = 0
    changed: int = 0
    applied: int = 0
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return f"{self.files} files, {self.applied} repairs in {self.changed} files, {len(self.wrong)} wrong"


def repaired(folder: Path) -> Tally:
    """Repairs a folder that may be changed, and judges the result."""
    counted = _faults(lint(folder).findings)
    request = _request(folder, fix=True)
    outcome = run(request)
    texts = {change.before.path: (change.before.text, change.after.text) for change in outcome.changes}
    tally = Tally(outcome.checked, len(texts), len(outcome.applied))
    tally.wrong += [f"{path}: no Python" for path, (_, after) in texts.items() if not _is_python(after)]
    tally.wrong += [f"{path}: {what}" for path, both in texts.items() for what in _wrong_imports(*both)]
    write(request, outcome)
    ended = _faults(one.finding for one in outcome.applied)
    left = _faults(lint(folder).findings)
    for (path, code), count in left.items():
        if count > max(0, counted[path, code] - ended[path, code]):
            what = "stays after its own repair" if ended[path, code] else "is new"
            tally.wrong.append(f"{path}: {code} {what}")
    tally.wrong += [f"{change.before.path}: changes at a second run" for change in run(request).changes]
    return tally


def lint(folder: Path) -> Outcome:
    return run(_request(folder, fix=False))


def _request(folder: Path, *, fix: bool) -> Request:
    return Request((folder,), Config(root=folder), Selection(select=("STL",)), Level.UNSAFE, fix)


def _faults(findings: Iterable[Finding]) -> Counter[tuple[Path, str]]:
    """How often each rule speaks in each file; advice may come."""
    counted = (one for one in findings if one.severity is not Severity.ADVICE and one.code not in _OURS)
    return Counter((one.path, one.code) for one in counted)


def _is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _wrong_imports(before: str, after: str) -> Iterator[str]:
    """What is imported twice, or without a use, and was not so before."""
    if _is_python(before) and _is_python(after):
        yield from (f"imports {name} twice" for name in (_twice(after) - _twice(before)))
        yield from (f"imports {name} without a use" for name in sorted(_unused(after) - _unused(before)))


def _bound(text: str) -> Iterator[str]:
    """What the top of a module imports, each as often as it does."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _twice(text: str) -> set[str]:
    return {name for name, count in Counter(_bound(text)).items() if count > 1}


def _unused(text: str) -> set[str]:
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return {name for name in _bound(text) if name.partition(".")[0] not in used}


def fixtures(folder: Path, seed: int, every: int = 1) -> Iterator[Path]:
    """The bad fixtures of one file, or a part of them, each varied, each as a project of its own."""
    single = (path for path in sorted(FIXTURES.glob("STL*/bad_*.py")) if not path.name.endswith(".fixed.py"))
    for path in islice(single, seed % every, None, every):
        for number, text in enumerate(varied(bare(path.read_text("utf-8")), seed)):
            project = folder / f"{path.parent.name}_{path.stem}_{number}"
            project.mkdir()
            (project / "pyproject.toml").write_text("[project]\nname = 'varied'\n", "utf-8")
            (project / "application.py").write_text(text, "utf-8")
            yield project


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="*", type=Path, help="folders; they are copied, never changed")
    parser.add_argument("--varied", type=int, metavar="SEED", help="repair the bad fixtures too, written in other ways")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="of the fixtures only every Nth")
    options = parser.parse_args()
    wrong = 0
    with TemporaryDirectory() as scratch:
        for number, tree in enumerate(options.trees):
            copy = Path(scratch) / str(number) / tree.name
            shutil.copytree(tree, copy, ignore=shutil.ignore_patterns(".git"), symlinks=True)
            wrong += _told(str(tree), repaired(copy))
        if options.varied is not None:
            total = Tally()
            for project in fixtures(Path(scratch), options.varied, options.every):
                tally = repaired(project)
                total.files, total.changed = total.files + tally.files, total.changed + tally.changed
                total.applied, total.wrong = total.applied + tally.applied, [*total.wrong, *tally.wrong]
            wrong += _told("varied fixtures", total)
    return int(wrong > 0)


def _told(name: str, tally: Tally) -> int:
    print(f"{name}: {tally}", flush=True)
    for row in tally.wrong:
        print(f"  {row}", flush=True)
    return len(tally.wrong)


if __name__ == "__main__":
    sys.exit(main())
