"""The table of `--timings`: CPU seconds by phase, what was parsed and computed, and where the model gave up."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint import reporters
from streamlint.timings import PARSING, TREES, GivenUp, Timings

_SHOWN = 10
_LEAST = 0.005
"""Seconds below which a phase is shown as nothing, and left out."""


def render(timings: Timings) -> str:
    effort = timings.effort
    lines = ["CPU seconds"]
    lines += (f"{seconds:10.2f}  {name}" for name, seconds in _phases(timings))
    lines.append(f"{sum(timings.seconds.values()):10.2f}  together")
    lines.append("Counts")
    lines.append(f"{timings.counts[PARSING]:10}  modules parsed")
    lines.append(f"{timings.counts[TREES]:10}  files parsed with libcst")
    lines.append(f"{effort.steps:10}  steps of the evaluator")
    lines.append(f"{sum(row.times for row in effort.given_up):10}  searches given up")
    lines += _places(effort.given_up)
    return "\n".join(lines) + "\n"


def _phases(timings: Timings) -> Iterator[tuple[str, float]]:
    rows = sorted(timings.seconds.items(), key=lambda row: (-row[1], row[0]))
    return ((name, seconds) for name, seconds in rows if seconds >= _LEAST)


def _places(given_up: tuple[GivenUp, ...]) -> Iterator[str]:
    for row in given_up[:_SHOWN]:
        yield f"{row.times:10}  {_place(row)}: {row.limit}"
    if len(given_up) > _SHOWN:
        rest = given_up[_SHOWN:]
        yield f"{sum(row.times for row in rest):10}  at {len(rest)} other places"


def _place(row: GivenUp) -> str:
    return f"{reporters.shown(row.path)}:{row.line}" if row.line else reporters.shown(row.path)
