"""What people see of a stream that fails, in their own words, and what may be behind it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.immutable import immutable
from streamlint.knowledge.table import read

_SECONDS = re.compile(r"(\d+(?:\.\d+)?)\s*(s\b|sec|min|m\b)?", re.IGNORECASE)


@immutable
class Cause:
    """What may be behind a symptom; `seconds` after how many it ends a stream, where that is fixed."""

    where: str
    rules: tuple[str, ...]
    seconds: float | None


@immutable
class Symptom:
    """One kind of failure, with what may be behind it: what fits the question best comes first."""

    title: str
    cure: str
    causes: tuple[Cause, ...]


def symptoms(question: str) -> tuple[Symptom, ...]:
    """Those that a question in words may mean: `cut after 60 s`."""
    table, asked = read("symptoms"), _words(question)
    wanted = _seconds(question)
    return tuple(
        Symptom(row.text("title"), row.text("cure"), tuple(_causes(row.text("title"), wanted)))
        for row in table.rows("symptom")
        if any(set(_words(phrase)) <= set(asked) for phrase in row.texts("words"))
    )


def _causes(title: str, seconds: float | None) -> Iterator[Cause]:
    rows = [
        Cause(row.text("where"), row.texts("rules"), row.real("seconds"))
        for row in read("symptoms").rows("cause")
        if row.text("symptom") == title
    ]
    yield from sorted(rows, key=lambda each: seconds is not None and each.seconds != seconds)


def _seconds(question: str) -> float | None:
    match = _SECONDS.search(question)
    if match is None:
        return None
    is_minutes = (match[2] or "").lower().startswith("m")
    return float(match[1]) * (60 if is_minutes else 1)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.lower())
