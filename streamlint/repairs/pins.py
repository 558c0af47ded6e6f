"""Another specifier in the place of one: the edit of one line of a dependency file."""

from __future__ import annotations

import re

from packaging.specifiers import Specifier
from packaging.version import Version

from streamlint.fix import Edit, Fix, Level
from streamlint.releases import lines
from streamlint.releases.declared import Declared
from streamlint.source import Source, Span

_UPPER = re.compile(r"<=?\s*[\w.*+!]+")
"""The bound that a specifier has already; it is above the lines that are known."""
_SAME = "an installation of today brings the same releases, and a later one no others"
_LINE = "the code may have been written for an older line than the newest"
_OTHER = "another release may differ in more than this"


def bounded(source: Source, declared: Declared, newest: lines.Line) -> Fix | None:
    """Keep out the lines that are still to come."""
    span = declared.written
    if span is None:
        return None
    bound = f"<{lines.after(newest)}"
    old = source.slice(span).strip()
    bare = old.rstrip(",").rstrip()
    is_of_newest = any(each.operator[0] in ">~=" and lines.line_of(each.version) == newest for each in _plain(declared))
    level, reason = (Level.SAFE, _SAME) if is_of_newest else (Level.UNSAFE, _LINE)
    weaker = _UPPER.search(bare)
    if bare in ("", "*"):
        text, dropped = bound, bare
    elif weaker is not None:
        text, dropped = bare[: weaker.start()] + bound + bare[weaker.end() :], weaker[0]
    else:
        text, dropped = f"{bare}{', ' if ', ' in old else ','}{bound}", ""
    title = f"keep out what comes after {lines.shown(newest)}"
    return Fix(title, (Edit(span, text),), level, reason, drops=(dropped,) if dropped else ())


def _plain(declared: Declared) -> list[Specifier]:
    return [each for each in declared.specifier if not each.version.endswith(".*")]


def moved_on(source: Source, declared: Declared, old: Version, good: str) -> Fix | None:
    """Name the next good release where a bad one is named."""
    span = declared.written
    at = source.slice(span).find(str(old)) if span is not None else -1
    if span is None or at < 0:
        return None
    version = Span(span.start + at, span.start + at + len(str(old)))
    return Fix(f"use {declared.package} {good}", (Edit(version, good),), Level.UNSAFE, _OTHER, drops=(str(old),))
