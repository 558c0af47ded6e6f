"""`python -m tools.old_code FOLDER...`: rewrites copies of old code and really imports what it imports then."""

from __future__ import annotations

import argparse
import ast
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from streamlint.knowledge.llama_index_moves import distribution
from tools.old_code.environment import Environment, Outcome
from tools.old_code.statements import PACKAGE, Imported, Place, places

_COPIED = "rewritten"


@dataclass(frozen=True)
class Rewritten:
    """What became of one folder: `broken` are files that no longer compile, `old` and `new` the names imported before and after."""

    name: str
    changed: int
    broken: tuple[Path, ...]
    old: tuple[Place, ...]
    new: tuple[Place, ...]


def rewrite(folder: Path, work: Path, command: Sequence[str]) -> Rewritten:
    """Rewrite a copy of a folder by a command that is given it; a package `llama_index` in it would be its own, and is renamed."""
    copy = work / folder.name
    shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(".*"))
    for own in sorted(copy.rglob(PACKAGE), reverse=True):
        own.rename(own.with_name(_COPIED))
    before = {path: path.read_bytes() for path in sorted(copy.rglob("*.py"))}
    readable = {path: held for path, held in before.items() if _parses(held)}
    subprocess.run([*command, copy], check=False, capture_output=True)
    changed = [path for path, held in readable.items() if path.read_bytes() != held]
    broken = tuple(path for path in changed if not _parses(path.read_bytes()))
    old = (place for path, held in readable.items() for place in places(path, held.decode("utf-8")))
    new = (place for path in readable if path not in broken for place in places(path, path.read_text("utf-8")))
    return Rewritten(folder.name, len(changed), broken, tuple(old), tuple(new))


def fixing(select: str) -> tuple[str, ...]:
    """The command that applies every repair of the rules named."""
    return (sys.executable, "-m", "streamlint", "--fix", "--unsafe-fixes", "--select", select)


def _parses(text: bytes) -> bool:
    try:
        ast.parse(text)
        text.decode("utf-8")
    except (SyntaxError, ValueError):
        return False
    return True


def complete(
    environment: Environment, imports: Sequence[Imported], written: Collection[Imported]
) -> dict[Imported, Outcome]:
    """What comes of the imports when the integrations are installed that the rewritten ones name, and those that these import."""
    tried = {"", "llama-index-core"}
    while True:
        outcomes = environment.outcomes(imports)
        wanted = {needed for one in written for needed in _needed(one, outcomes[one])} - tried
        if not wanted:
            return outcomes
        for name in environment.add(sorted(wanted)):
            print(f"not in the package index: {name}", file=sys.stderr)
        tried |= wanted


def _needed(imported: Imported, outcome: Outcome) -> set[str]:
    """The distributions of an import that finds no module: its own, and that of the integration which is missing."""
    if outcome.what != "no such module":
        return set()
    is_another = outcome.missing.count(".") > 1 and not imported.module.startswith(outcome.missing)
    return {distribution(outcome.missing if is_another else imported.module)}


def report(done: Iterable[Rewritten], before: dict[Imported, Outcome], after: dict[Imported, Outcome]) -> None:
    """Print the figures of each folder, and then every import that does not resolve, with why and where."""
    for one in done:
        broke = [place for place in one.old if not before[place.imported].resolves]
        fails = [place for place in one.new if not after[place.imported].resolves]
        print(f"{one.name}: {one.changed} files rewritten, {len(one.broken)} do not compile")
        print(f"  {len(one.old)} names imported, {len(broke)} of them not in {PACKAGE} any more as written")
        counted = Counter(after[place.imported].what for place in one.new)
        print("  after:", ", ".join(f"{number} {what}" for what, number in counted.most_common()))
        for place in fails:
            got = after[place.imported]
            print(f"    {place.path.name}:{place.line}: {place.imported}: {got.what}: {got.missing}")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tools.old_code", description=__doc__)
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--environment", type=Path, default=Path.home() / ".cache" / "streamlint-old-code")
    parser.add_argument("--release", default="0.14.25", help="of llama-index-core")
    parser.add_argument("--select", default="STL401", help="the rules whose repairs are applied")
    options = parser.parse_args()
    environment = Environment.made(options.environment, options.release)
    with tempfile.TemporaryDirectory() as work:
        done = [rewrite(folder, Path(work), fixing(options.select)) for folder in options.folders]
        old = Counter(place.imported for one in done for place in one.old)
        new = Counter(place.imported for one in done for place in one.new)
        before = environment.outcomes(sorted(old))
        after = complete(environment, sorted(new), (new - old).keys())
        report(done, before, after)


if __name__ == "__main__":
    main()
