"""Put faults into the model and the analyses and see which no test notices: `python -m tools.mutants --sample 100 --seed 1`.

Each fault runs in a copy of this process (not on Windows), with the tests that come by its statement; those that are fast and see
much of its module come first. A fault is killed when one of them fails or takes ten times as long as it should. What nobody notices
is printed as a diff in the end. A first run, and each after a change, takes as long as all tests, to see which tests come by which
statements; with `--files` as long as those in these files, and no others count.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import random
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path

from tools.mutants.children import in_children
from tools.mutants.faults import Fault, faults, is_python
from tools.mutants.reached import Reached, reached
from tools.mutants.replaced import ROOT, replace
from tools.mutants.sessions import Session, chosen_tests

_ROOMS = ("model", "values", "serving", "streams", "sharing", "waiting", "faults", "releases", "tree")
_JUDGED = tuple(f"streamlint/{room}" for room in _ROOMS)
_IMPORTED_BEFORE = (
    "libcst",
    "click.testing",
    "packaging.specifiers",
    "packaging.requirements",
    "hypothesis",
    "tomllib",
)


@dataclass(frozen=True)
class Trial:
    """A fault, the tests that come by it, the fastest first, and how long all of them may take without it."""

    fault: Fault
    tests: Sequence[str]
    limit: float

    def chosen(self, where: Reached, killed: Mapping[str, int]) -> list[str]:
        """The tests to run, without those beyond the limit: sooner come those that have noticed many faults, and those that see
        much of the faulty module.
        """

        def rank(test: str) -> float:
            return where.seconds.get(test, 0.0) / (1 + killed.get(test, 0)) / where.seen(test, self.fault.path) ** 2

        ordered, chosen, total = self._by_ways(sorted(self.tests, key=rank), where), list[str](), 0.0
        for test in ordered:
            took = where.seconds.get(test, 0.0)
            if total + took <= self.limit:
                chosen.append(test)
                total += took
        return chosen or ordered[:1]

    def _by_ways(self, tests: Sequence[str], where: Reached) -> list[str]:
        """The tests in another order: first one for each way through the faulty module, then a second one, and so on."""
        times, turns = Counter[bytes](), dict[str, int]()
        for test in tests:
            way = where.way(test, self.fault.path)
            turns[test] = times[way]
            times[way] += 1
        return sorted(tests, key=turns.__getitem__)


def main() -> int:
    options = _options()
    # every trial imports the same modules again
    sys.dont_write_bytecode = False
    for name in _IMPORTED_BEFORE:
        importlib.import_module(name)
    modules = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in _paths()}
    where = Reached.unknown(modules) if options.tests else reached(modules, options.files, options.jobs)
    chosen = _chosen(modules, options)
    trials = [Trial(fault, options.tests or where.tests(fault), options.seconds) for fault in chosen]
    print(f"{len(trials)} faults in {len({trial.fault.path for trial in trials})} modules", flush=True)
    survivors = list(_survivors(trials, where, options.jobs))
    for trial in survivors:
        print(f"\n{_told(trial.fault)}: {len(trial.tests)} tests come by\n{_diff(trial.fault, where)}")
    print(f"\n{len(trials) - len(survivors)} of {len(trials)} killed")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="how many faults; 100 where not given")
    parser.add_argument("--seed", type=int, default=0, help="another sample for every number")
    parser.add_argument("--only", default="", help="the part of a path, or path:line, in which faults are put")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first faults of the sample")
    parser.add_argument(
        "--seconds", type=float, default=60.0, help="the time that the tests of one fault take without it, at most; 60"
    )
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
    parser.add_argument("--files", nargs="*", default=(), help="the files, or functions, of tests that count")
    parser.add_argument(
        "--tests", nargs="*", default=(), help="tests to run, by their node ids, in place of those that come by"
    )
    return parser.parse_args()


def _paths() -> Iterator[Path]:
    for folder in _JUDGED:
        yield from sorted((ROOT / folder).rglob("*.py"))


def _chosen(modules: Mapping[str, str], options: argparse.Namespace) -> list[Fault]:
    """A sample of the faults; the same for the same sources and options."""
    every = [fault for path, text in modules.items() for fault in faults(path, text)]
    wanted = [fault for fault in every if options.only in f"{fault.path}:{fault.line}:"]
    random.Random(options.seed).shuffle(wanted)
    possible = (fault for fault in wanted if is_python(fault.apply(modules[fault.path])))
    return list(islice(possible, options.skip, options.sample))


def _survivors(trials: Sequence[Trial], where: Reached, jobs: int) -> Iterator[Trial]:
    """Run the trials; those that no test notices."""
    killed: Counter[str] = Counter()
    survived = 0
    for done, (number, session) in enumerate(
        in_children([partial(_tried, each, where, killed) for each in trials], jobs), 1
    ):
        trial = trials[number]
        lives = session is not None and not session.failed
        if lives and trial.tests and session and not session.seconds:
            raise RuntimeError(f"none of the {len(trial.tests)} tests of {_told(trial.fault)} was found")
        killed.update([session.failed] if session and session.failed else [])
        survived += lives
        took = f"{session.total:5.1f} s" if session else " no end"
        ending = "SURVIVED" if lives else f"killed by {session.failed}" if session else "killed by time"
        print(f"{done:4} {1 - survived / done:6.1%} {took} {_told(trial.fault)}: {ending}", flush=True)
        if lives:
            yield trial


def _tried(trial: Trial, where: Reached, killed: Mapping[str, int]) -> Session:
    """The session of one fault, in a process of its own."""
    if not trial.tests:
        return Session()
    path = trial.fault.path
    text = trial.fault.apply(where.modules[path])
    replace({path: compile(text, str(ROOT / path), "exec", dont_inherit=True)})
    return chosen_tests(trial.chosen(where, killed), where.seconds)


def _told(fault: Fault) -> str:
    return f"{fault.path}:{fault.line} {fault.what}"


def _diff(fault: Fault, where: Reached) -> str:
    before = where.modules[fault.path]
    lines = difflib.unified_diff(before.splitlines(), fault.apply(before).splitlines(), n=1, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


if __name__ == "__main__":
    sys.exit(main())
