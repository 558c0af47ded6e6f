"""Which location of nginx takes a path: exact, the longest prefix, `^~`, the first regular expression, locations in locations."""

from __future__ import annotations

from enum import Enum

from streamlint.deployment.expressions import expression, is_too_long
from streamlint.deployment.nginx_sites import Location, Siblings


class Nowhere(Enum):
    """Why no location can be named."""

    NONE = "no location takes it"
    REDIRECTED = "nginx answers with the address with a slash at its end"
    UNKNOWN = "a location cannot be read"


def chosen(locations: Siblings, path: str) -> Location | Nowhere:
    """What nginx chooses among locations, and those in them, for a decoded path without query."""
    return _found(locations, path)[0]


def _found(locations: Siblings, path: str) -> tuple[Location | Nowhere, bool]:
    """The choice, and whether regular expressions further out are not asked any more."""
    if not locations.are_known:
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


def _of_prefixes(locations: Siblings, path: str) -> Location | Nowhere:
    """The exact location, or the one with the longest prefix."""
    exact = locations.exact.get(path)
    if exact is not None:
        return exact
    ends = range(len(path), -1, -1) if locations.prefixes else ()
    longest = next((found for end in ends if (found := locations.prefixes.get(path[:end])) is not None), None)
    if longest is not None and longest.pattern == path:
        return longest
    return Nowhere.REDIRECTED if path in locations.folders else longest or Nowhere.NONE


def _of_expressions(locations: Siblings, path: str) -> Location | Nowhere | None:
    """The first regular expression that fits, or a location in it."""
    for each in locations.expressions:
        compiled = expression(each.pattern, ignores_case=each.modifier == "~*")
        if compiled is None or is_too_long(each.pattern, path):
            return Nowhere.UNKNOWN
        if compiled.search(path):
            inside = chosen(each.inner, path)
            return each if inside is Nowhere.NONE else inside
    return None
