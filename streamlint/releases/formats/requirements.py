"""Requirement files of pip, with what they include: `requirements.txt`, `requirements.in`, constraints."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.releases.declared import Declared, Kind, Reading, of_egg, of_text
from streamlint.source import Source, Span
from streamlint.surroundings import Fault

_INCLUDE = re.compile(
    r"(?:-(?P<short>[rc])|--(?P<long>requirement|constraint))(?:\s*=\s*|\s+|(?=[\w./\"']))(?P<name>\S+)"
)
_OPTION = re.compile(r"\s--?[a-z][\w-]*.*$", re.DOTALL)
_COMMENT = re.compile(r"(?:^|(?<=\s))#.*$")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_WRITERS = (
    ("uv pip compile", "uv pip compile"), ("pip-compile", "pip-compile"), ("poetry export", "poetry"), ("pdm export", "pdm"),
    ("uv export", "uv"), ("pipenv requirements", "pipenv"),
)  # fmt: skip
_HEAD = 2_000
"""Characters in which a program says that it wrote the file."""
_ABOUT = "llama"


@immutable
class _Logical:
    """A line with its continuations: of each character but comments and the ends of lines, where it stands."""

    text: str
    span: Span


def read(source: Source) -> Reading:
    """What a requirement file says itself."""
    declared: list[Declared] = []
    faults: list[Fault] = []
    includes: list[tuple[Path, Kind]] = []
    for line in _logical_lines(source.text):
        included = _INCLUDE.match(line.text)
        if included is not None:
            is_constraint = (included["short"] or included["long"][0]) == "c"
            path = _beside(source.path, included["name"].strip("\"'"))
            includes.append((path, Kind.CONSTRAINT if is_constraint else Kind.REQUIRED))
        elif found := _requirement(source, line):
            declared.append(found)
        elif not line.text.startswith("-") and _ABOUT in line.text.lower() and "/" not in line.text:
            faults.append(Fault(line.span.start, "this line is no requirement"))
    return Reading(tuple(declared), tuple(faults), tuple(includes), _writer(source.text))


def _writer(text: str) -> str:
    head = text[:_HEAD]
    lines = "\n".join(line for line in head.splitlines() if line.startswith("#")).lower()
    return next(
        (manager for words, manager in _WRITERS if words in lines and ("generated" in lines or "exported" in lines)), ""
    )


def _requirement(source: Source, line: _Logical) -> Declared | None:
    if line.text.startswith("-"):
        return of_egg(source, line.text, line.span)
    bare = _OPTION.sub("", line.text).rstrip()
    is_whole = source.text.startswith(bare, line.span.start)
    span = Span(line.span.start, line.span.start + len(bare)) if is_whole else line.span
    found = of_text(source, bare, line.span.start if is_whole else None, span)
    is_hashed = "--hash" in line.text
    return replace(found, written=None) if found is not None and is_hashed else found


def _logical_lines(text: str) -> Iterator[_Logical]:
    held, start = "", -1
    for match in _LINE.finditer(text):
        line = match[1]
        bare = _COMMENT.sub("", line) if "#egg=" not in line else line
        if start < 0 and bare.strip():
            start = match.start() + len(bare) - len(bare.lstrip())
        if bare.endswith("\\"):
            held += f"{bare[:-1]} "
            continue
        whole = (held + bare).strip()
        if whole:
            yield _Logical(whole, Span(start, match.start() + len(bare.rstrip())))
        held, start = "", -1


def _beside(path: Path, name: str) -> Path:
    return Path(*(path.parent / name).parts) if ".." not in name else Path(disk.real(path.parent / name))
