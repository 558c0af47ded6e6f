"""Which tests come by which statements of the modules that are judged, and how long each test takes."""

from __future__ import annotations

import ast
import hashlib
import pickle
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from pathlib import Path

from tools.mutants.children import in_children
from tools.mutants.counted import COUNTER, counted, names, statements
from tools.mutants.faults import Fault
from tools.mutants.replaced import ROOT, replace
from tools.mutants.sessions import Session, every_test

CACHE = ROOT / ".mutants" / "reached"

Place = tuple[str, int]
"""A statement in a function: the path of its module and its first line."""


@dataclass(frozen=True)
class _File:
    """What is kept of one file of tests."""

    key: str
    seconds: dict[str, float]
    hits: dict[str, bytes]


@dataclass(frozen=True)
class Reached:
    """The tests and where each comes by."""

    modules: Mapping[str, str]
    """The texts of the modules by their paths."""
    places: tuple[Place, ...]
    seconds: Mapping[str, float]
    """Processor time of each test."""
    hits: Mapping[str, bytes] = field(repr=False)
    """For each test, one byte for each of `places`."""

    @classmethod
    def unknown(cls, modules: Mapping[str, str]) -> Reached:
        """Nothing is known of any test."""
        return cls(modules, (), {}, {})

    def tests(self, fault: Fault) -> list[str]:
        """The tests that come by a fault, fastest first.

        What stands outside of functions runs when the module is imported: there it is the tests that come by a statement which
        mentions what the faulty statement binds, and where there is none, those that come by the module at all.
        """
        return self.at([(fault.path, fault.statement)] if fault.statement else self._affected(fault))

    def at(self, places: Iterable[Place]) -> list[str]:
        """The tests that come by one of these places, fastest first."""
        numbers = [self._numbers[place] for place in set(places) if place in self._numbers]
        return [test for test in self._fastest if any(self.hits[test][number] for number in numbers)]

    def seen(self, test: str, path: str) -> int:
        """How many statements of a module a test comes by; 1 where nothing is known."""
        return self.way(test, path).count(1) or 1

    def way(self, test: str, path: str) -> bytes:
        """Which statements of a module a test comes by, a byte for each; empty where nothing is known."""
        first, last = self._modules.get(path, (0, 0))
        return self.hits[test][first:last] if test in self.hits else b""

    def _affected(self, fault: Fault) -> Iterable[Place]:
        places = [place for name in fault.names for place in self._mentions.get(name, ())]
        return places or [place for place in self.places if place[0] == fault.path]

    @cached_property
    def _numbers(self) -> Mapping[Place, int]:
        return {place: number for number, place in enumerate(self.places)}

    @cached_property
    def _modules(self) -> Mapping[str, tuple[int, int]]:
        """Where the statements of each module begin and end among `places`."""
        found: dict[str, tuple[int, int]] = {}
        for number, (path, _) in enumerate(self.places):
            found[path] = (found.get(path, (number, 0))[0], number + 1)
        return found

    @cached_property
    def _fastest(self) -> list[str]:
        return sorted(self.hits, key=lambda test: self.seconds[test])

    @cached_property
    def _mentions(self) -> Mapping[str, list[Place]]:
        """The statements that mention a name, whatever it means there."""
        found: dict[str, list[Place]] = defaultdict(list)
        for path, text in self.modules.items():
            for statement in statements(ast.parse(text)):
                for name in names(statement):
                    found[name].append((path, statement.lineno))
        return found


def reached(modules: Mapping[str, str], chosen: Sequence[str] = (), jobs: int = 1) -> Reached:
    """Where the tests come by; kept, for each file of tests, until it, a source or a fixture that it reads changes.

    Of `chosen` files, or of all where none is; `jobs` files are run at a time. What fails without a fault is told and left out.
    """
    lines = ((path, each.lineno) for path, text in modules.items() for each in statements(ast.parse(text)))
    places = tuple(dict.fromkeys(lines))
    kept = _kept()
    keys = {path.relative_to(ROOT).as_posix(): key for path, key in _keys()}
    files = {file: keys[file.partition("::")[0]] for file in chosen or keys}
    changed = [file for file, key in files.items() if file not in kept or kept[file].key != key]
    if changed:
        print(f"{len(changed)} files of tests are run to see where they come by", flush=True)
    kept = {file: kept[file] for file in files if file not in changed}
    for file, measured in _measured(changed, modules, places, jobs):
        kept[file] = _File(files[file], measured.seconds, measured.hits)
        CACHE.mkdir(parents=True, exist_ok=True)
        (CACHE / Path(file).name.replace("::", "-")).write_bytes(pickle.dumps((file, kept[file])))
    seconds = {test: each for file in kept.values() for test, each in file.seconds.items()}
    return Reached(modules, places, seconds, {test: hits for file in kept.values() for test, hits in file.hits.items()})


def _kept() -> dict[str, _File]:
    return dict(pickle.loads(path.read_bytes()) for path in CACHE.glob("test_*"))


def _keys() -> Iterator[tuple[Path, str]]:
    """The files of tests, each with a text that changes when its tests may take another way."""
    sources = _digest("streamlint/**/*", "tools/*.py", "tests/conftest.py", "pyproject.toml")
    fixtures = _digest("tests/fixtures/**/*", "tests/test_fixtures.py")
    for path in sorted((ROOT / "tests").glob("test_*.py")):
        text = path.read_bytes()
        used = fixtures if b"fixtures" in text.lower() else ""
        yield path, hashlib.sha256(f"{sources} {used} ".encode() + text).hexdigest()


def _digest(*patterns: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(path for pattern in patterns for path in ROOT.glob(pattern)):
        if path.is_file() and "__pycache__" not in path.parts:
            digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _measured(
    files: Sequence[str], modules: Mapping[str, str], places: tuple[Place, ...], jobs: int
) -> Iterator[tuple[str, Session]]:
    """Each file of tests with its session, of which those tests are kept that come by any of the places."""
    for number, session in in_children([partial(_counted, file, modules, places) for file in files], jobs):
        if session is None:
            raise SystemExit(f"without a fault the tests have to end: {files[number]}")
        for failure in session.failures:
            print(f"left out, it fails without a fault: {failure}", flush=True)
        session.hits = {test: hits for test, hits in session.hits.items() if any(hits)}
        session.seconds = {test: session.seconds[test] for test in session.hits}
        yield files[number], session


def _counted(file: str, modules: Mapping[str, str], places: tuple[Place, ...]) -> Session:
    numbers: dict[str, dict[int, int]] = {path: {} for path in modules}
    for number, (path, line) in enumerate(places):
        numbers[path][line] = number
    counter = bytearray(len(places))
    codes = {path: counted(text, str(ROOT / path), numbers[path]) for path, text in modules.items()}
    replace(codes, **{COUNTER: counter})
    return every_test(file, counter)
