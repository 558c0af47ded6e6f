"""Which tests come by which statements of the modules that are judged, and how long each test takes."""

from __future__ import annotations

import ast
import hashlib
import pickle
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from tools.mutants.children import in_child
from tools.mutants.counted import COUNTER, counted, statements
from tools.mutants.faults import Fault
from tools.mutants.replaced import ROOT, replace
from tools.mutants.sessions import Session, every_test

CACHE = ROOT / ".mutants" / "reached"
_SOURCES = ("streamlint/**/*", "tests/**/*", "tools/*.py", "pyproject.toml")

Place = tuple[str, int]
"""A statement in a function: the path of its module and its first line."""


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

    def _affected(self, fault: Fault) -> Iterable[Place]:
        places = [place for name in fault.names for place in self._mentions.get(name, ())]
        return places or [place for place in self.places if place[0] == fault.path]

    @cached_property
    def _numbers(self) -> Mapping[Place, int]:
        return {place: number for number, place in enumerate(self.places)}

    @cached_property
    def _fastest(self) -> list[str]:
        return sorted(self.hits, key=lambda test: self.seconds[test])

    @cached_property
    def _mentions(self) -> Mapping[str, list[Place]]:
        """The statements that mention a name, whatever it means there."""
        found: dict[str, list[Place]] = defaultdict(list)
        for path, text in self.modules.items():
            for statement in statements(ast.parse(text)):
                for node in ast.walk(statement):
                    if isinstance(node, ast.Name | ast.Attribute):
                        found[node.id if isinstance(node, ast.Name) else node.attr].append((path, statement.lineno))
        return found


def reached(modules: Mapping[str, str]) -> Reached:
    """Where the tests come by; kept until a source, a test or a fixture changes."""
    key = _key()
    if CACHE.exists():
        kept_key, kept = pickle.loads(CACHE.read_bytes())
        if kept_key == key and isinstance(kept, Reached) and kept.modules == modules:
            return kept
    made = _measured(modules)
    CACHE.parent.mkdir(exist_ok=True)
    CACHE.write_bytes(pickle.dumps((key, made)))
    return made


def _key() -> str:
    digest = hashlib.sha256()
    for pattern in _SOURCES:
        for path in sorted(ROOT.glob(pattern)):
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(path.relative_to(ROOT).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def _measured(modules: Mapping[str, str]) -> Reached:
    lines = ((path, each.lineno) for path, text in modules.items() for each in statements(ast.parse(text)))
    places = tuple(dict.fromkeys(lines))
    session = in_child(lambda: _counted(modules, places))
    if session is None or session.failed:
        raise SystemExit(f"without a fault the tests have to pass: {session.failed if session else 'they did not end'}")
    hits = {test: bytes_set for test, bytes_set in session.hits.items() if any(bytes_set)}
    return Reached(modules, places, session.seconds, hits)


def _counted(modules: Mapping[str, str], places: tuple[Place, ...]) -> Session:
    numbers: dict[str, dict[int, int]] = {path: {} for path in modules}
    for number, (path, line) in enumerate(places):
        numbers[path][line] = number
    counter = bytearray(len(places))
    codes = {path: counted(text, str(ROOT / path), numbers[path]) for path, text in modules.items()}
    replace(codes, **{COUNTER: counter})
    return every_test(counter)
