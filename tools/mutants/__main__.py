"""Put faults into the model and the analyses and see which no test notices: `python -m tools.mutants --sample 100 --seed 1`.

Each fault runs in a copy of this process (not on Windows), with the tests that come by its statement, the fastest first. A fault is
killed when one of them fails or takes ten times as long as it should. What nobody notices is printed as a diff in the end. A first
run, and each after a change, takes as long as all tests, to see which tests come by which statements.
"""

from __future__ import annotations

import argparse
import difflib
import importlib
import random
import sys
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

_JUDGED = ("streamlint/project", "streamlint/languages")
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
    """A fault and the tests that come by it."""

    fault: Fault
    tests: Sequence[str]


def main() -> int:
    options = _options()
    # every trial imports the same modules again
    sys.dont_write_bytecode = False
    for name in _IMPORTED_BEFORE:
        importlib.import_module(name)
    modules = {path.relative_to(ROOT).as_posix(): path.read_text("utf-8") for path in _paths()}
    where = reached(modules)
    chosen = _chosen(modules, options)
    trials = [Trial(fault, options.tests or where.tests(fault)) for fault in chosen]
    print(f"{len(trials)} faults in {len({trial.fault.path for trial in trials})} modules", flush=True)
    survivors = list(_survivors(trials, where, options.jobs))
    for trial in survivors:
        print(f"\n{_told(trial.fault)}: survived {len(trial.tests)} tests\n{_diff(trial.fault, where)}")
    print(f"\n{len(trials) - len(survivors)} of {len(trials)} killed")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sample", type=int, default=100, help="how many faults; 100 where not given")
    parser.add_argument("--seed", type=int, default=0, help="another sample for every number")
    parser.add_argument("--only", default="", help="the part of a path, or path:line, in which faults are put")
    parser.add_argument("--skip", type=int, default=0, help="leave out the first faults of the sample")
    parser.add_argument("--jobs", type=int, default=1, help="how many at a time")
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
    killed = 0
    for done, (number, session) in enumerate(in_children([partial(_tried, each, where) for each in trials], jobs), 1):
        trial = trials[number]
        survived = session is not None and not session.failed
        if survived and session and len(session.seconds) < len(trial.tests):
            raise RuntimeError(f"of {len(trial.tests)} tests {len(session.seconds)} were found")
        killed += not survived
        took = f"{session.total:5.1f} s" if session else "no end "
        ending = "SURVIVED" if survived else f"killed by {session.failed}" if session else "killed by time"
        print(f"{done:4} {killed / done:5.1%} {took} {_told(trial.fault)}: {ending}", flush=True)
        if survived:
            yield trial


def _tried(trial: Trial, where: Reached) -> Session:
    """The session of one fault, in a process of its own."""
    if not trial.tests:
        return Session()
    path = trial.fault.path
    text = trial.fault.apply(where.modules[path])
    replace({path: compile(text, str(ROOT / path), "exec", dont_inherit=True)})
    return chosen_tests(trial.tests, where.seconds)


def _told(fault: Fault) -> str:
    return f"{fault.path}:{fault.line} {fault.what}"


def _diff(fault: Fault, where: Reached) -> str:
    before = where.modules[fault.path]
    lines = difflib.unified_diff(before.splitlines(), fault.apply(before).splitlines(), n=1, lineterm="")
    return "\n".join(line for line in lines if not line.startswith(("---", "+++")))


if __name__ == "__main__":
    sys.exit(main())
