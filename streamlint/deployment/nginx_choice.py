"""Which location of nginx takes a path: exact, the longest prefix, `^~`, the first regular expression, locations in locations."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import Enum
from functools import cache

from streamlint.deployment.nginx_sites import Location

_GROUP = re.compile(r"\(\?<(?![=!])")


class Nowhere(Enum):
    """Why no location can be named."""

    NONE = "no location takes it"
    REDIRECTED = "nginx answers with the address with a slash at its end"
    UNKNOWN = "a location cannot be read"


def chosen(locations: Sequence[Location], path: str) -> Location | Nowhere:
    """What nginx chooses among locations, and those in them, for a decoded path without query."""
    return _found(locations, path)[0]


def _found(locations: Sequence[Location], path: str) -> tuple[Location | Nowhere, bool]:
    """The choice, and whether regular expressions further out are not asked any more."""
    if any(not each.is_known for each in locations):
        return Nowhere.UNKNOWN, True
    best = _of_prefixes(locations, path)
    if best is Nowhere.REDIRECTED or (isinstance(best, Location) and best.modifier == "="):
        return best, True
    found: Location | Nowhere = best
    if isinstance(best, Location):
        inside, is_final = _found(best.inner, path)
        if is_final:
            return inside, True
        found = best if inside is Nowhere.NONE else inside
        if best.modifier == "^~":
            return found, False
    by_expression = _of_expressions(locations, path)
    return (found, False) if by_expression is None else (by_expression, True)


def _of_prefixes(locations: Sequence[Location], path: str) -> Location | Nowhere:
    """The exact location, or the one with the longest prefix."""
    exact = next((each for each in locations if each.modifier == "=" and each.pattern == path), None)
    if exact is not None:
        return exact
    prefixes = [each for each in locations if each.modifier in ("", "^~") and path.startswith(each.pattern)]
    longest = max(prefixes, key=lambda each: len(each.pattern), default=None)
    if longest is not None and longest.pattern == path:
        return longest
    if any(_sends_away(each, path) for each in locations):
        return Nowhere.REDIRECTED
    return longest or Nowhere.NONE


def _sends_away(location: Location, path: str) -> bool:
    """Whether nginx sends a request for `/chat` to `/chat/`, which this location passes on."""
    is_static = location.modifier in ("", "^~", "=")
    return is_static and location.passing is not None and location.pattern == f"{path}/"


def _of_expressions(locations: Sequence[Location], path: str) -> Location | Nowhere | None:
    """The first regular expression that fits, or a location in it."""
    for each in locations:
        if each.modifier not in ("~", "~*"):
            continue
        compiled = expression(each.pattern, ignores_case=each.modifier == "~*")
        if compiled is None:
            return Nowhere.UNKNOWN
        if compiled.search(path):
            inside = chosen(each.inner, path)
            return each if inside is Nowhere.NONE else inside
    return None


@cache
def expression(pattern: str, *, ignores_case: bool = False) -> re.Pattern[str] | None:
    """A regular expression of nginx; None where Python does not understand it."""
    try:
        return re.compile(_GROUP.sub("(?P<", pattern), re.IGNORECASE if ignores_case else 0)
    except (re.error, RecursionError, OverflowError):
        return None
