"""Whether the model says the same of a real tree whatever is asked first: `python -m tools.same_values FOLDER_OR_PACKAGE...`

Every round asks for every expression, in another order, in a new project. Where something may be more than the model keeps
apart ("gave up: too many alternatives", which `--timings` counts), the order may show; such places are told like any other.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from streamlint.model import syntax as ir
from streamlint.project import Project
from streamlint.values.activations import Frame
from streamlint.values.domain import Value
from tools.same_answers import folder_of

_FRAMES = 8_000
_SHOWN = 10


def questions(project: Project) -> list[tuple[ir.Expression, Frame]]:
    """Every expression of the modules that matter, with the frame of any call of its scope."""
    found = []
    for module in project.modules.loaded():
        for scope in module.scopes:
            frame = project.evaluator.any_call(module, scope)
            found += [(expression, frame) for expression in scope.expressions()]
    return found


def placed(tree: str) -> tuple[Path, Path]:
    """The folder of a tree, and the one from which its imports are resolved: that above the whole package, for a part of one."""
    folder = folder_of(tree)
    return folder, folder if Path(tree).is_dir() else folder.parents[tree.count(".")]


def answers(folder: Path, seed: int, root: Path | None = None) -> list[tuple[str, str]]:
    """The place and the value of every expression, asked in the order that the seed gives; 0 is that of the text."""
    project = Project(root or folder, sorted(folder.rglob("*.py")))
    asked = questions(project)
    order = list(range(len(asked)))
    if seed:
        random.Random(seed).shuffle(order)
    given = {number: [_told(value) for value in project.evaluator.value(*asked[number])] for number in order}
    return [(_place(*question), ", ".join(given[number])) for number, question in enumerate(asked)]


def differences(folder: Path, rounds: int, root: Path) -> Iterator[tuple[str, str, str]]:
    """The places where a later round gives another value than the first, with both."""
    first = answers(folder, 0, root)
    for seed in range(1, rounds):
        for (place, before), (_, after) in zip(first, answers(folder, seed, root), strict=True):
            if before != after:
                yield place, before, after


def _place(expression: ir.Expression, frame: Frame) -> str:
    position = frame.module.source.position(expression.start)
    return f"{frame.module.path}:{position.line}:{position.column}"


def _told(value: Value) -> str:
    parts = (getattr(value, name, "") for name in ("name", "kind", "scope", "value"))
    return " ".join([type(value).__name__, *(str(part) for part in parts if part != "")])


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("trees", nargs="+", help="folders, or installed packages by the name that imports them")
    parser.add_argument("--rounds", type=int, default=3, help="how many orders; 3 where not given")
    options = parser.parse_args(arguments)
    sys.setrecursionlimit(_FRAMES)
    unequal = False
    for tree in options.trees:
        folder, root = placed(tree)
        found = list(differences(folder, options.rounds, root))
        print(f"{tree}: {f'{len(found)} values differ' if found else 'the same'}", flush=True)
        for place, before, after in found[:_SHOWN]:
            print(f"{place}\n  first: {before}\n  later: {after}")
        unequal |= bool(found)
    return int(unequal)


if __name__ == "__main__":
    sys.exit(main())
