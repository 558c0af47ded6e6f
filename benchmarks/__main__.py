"""Measure every program on every tree, all in turn, several times, and print medians and ratios."""

from __future__ import annotations

import argparse
import json
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from benchmarks.environments import environment, tree
from benchmarks.measuring import Cost, Failed, measure
from benchmarks.rows import HERE, Program, Tree, programs, trees
from benchmarks.table import machine, table


@dataclass
class Run:
    """What was asked for, and what came of it: costs by tree and program, and why a program is missing."""

    work: Path
    times: int
    costs: dict[str, dict[str, list[Cost]]] = field(default_factory=lambda: defaultdict(lambda: defaultdict(list)))
    missing: dict[str, str] = field(default_factory=dict)

    def measure(self, one: Tree, programs: Mapping[str, tuple[Program, Path]]) -> None:
        for _ in range(self.times):
            for name, (program, home) in programs.items():
                if name in self.missing or (program.within is not None and one.size > program.within):
                    continue
                try:
                    self.costs[one.name][name].append(self._once(program, home, one))
                except Failed as error:
                    self.missing[name] = f"{one.name}: {error}"

    def _once(self, program: Program, home: Path, one: Tree) -> Cost:
        # in no folder that a run lists, as what it makes would be a change there
        cache = self.work / "caches" / "cache"
        shutil.rmtree(cache, ignore_errors=True)
        cache.parent.mkdir(parents=True, exist_ok=True)
        places = {
            "python": home / "python",
            "bin": home,
            "here": HERE,
            "tree": one.folder,
            "file": one.file,
            "cache": cache,
        }
        arguments, first = ([each.format_map(places) for each in row] for row in (program.arguments, program.first))
        if first:
            measure(first)
        if not program.edits:
            return measure(arguments)
        text = one.file.read_bytes()
        try:
            one.file.write_bytes(text + f"\n{program.edits}\n".encode())
            return measure(arguments)
        finally:
            one.file.write_bytes(text)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--work", type=Path, default=HERE / ".work", help="where environments and trees are kept")
    parser.add_argument("--times", type=int, default=3, help="how often each is run (default: 3)")
    parser.add_argument("--tree", action="append", help="only trees whose wheel begins so; may be given several times")
    parser.add_argument("--program", action="append", help="only programs whose name begins so")
    parser.add_argument("--json", type=Path, help="also write all costs to this file")
    options = parser.parse_args()
    run = Run(options.work.resolve(), options.times)
    chosen = {}
    for program in programs():
        if options.program and not program.name.startswith(tuple(options.program)):
            continue
        try:
            chosen[program.name] = (program, environment(run.work, program.needs))
        except Failed as error:
            run.missing[program.name] = str(error)
    for name, wheels, file in trees():
        if not options.tree or name.startswith(tuple(options.tree)):
            folder = tree(run.work, name, wheels)
            run.measure(Tree(name, folder, folder / file), chosen)
    missing = (f"\n{name} is missing: {reason}" for name, reason in run.missing.items())
    print(machine(), *table(run.costs), *missing, sep="\n")
    if options.json:
        plain = {w: {n: [asdict(c) for c in found] for n, found in costs.items()} for w, costs in run.costs.items()}
        options.json.write_text(json.dumps({"machine": machine(), "costs": plain, "missing": run.missing}, indent=1))
    return 1 if run.missing else 0


if __name__ == "__main__":
    sys.exit(main())
