"""Files of variables, as Compose reads them: a name and a value a line."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.immutable import immutable
from streamlint.surroundings.written import Written

_LINE = re.compile(
    r"""^[ \t]*(?:export[ \t]+)?(?P<name>[A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*"""
    r"""(?:'(?P<single>[^'\r\n]*)'|"(?P<double>[^"\\\r\n]*)"|(?P<plain>[^\r\n]*?))[ \t]*(?:(?<=[ \t])\#[^\r\n]*)?$""",
    re.MULTILINE,
)


@immutable(slots=True)
class Variable:
    """`is_known` is false where its value is made of others; `is_plain` where the value stands without quotes."""

    name: str
    value: Written
    is_known: bool
    is_plain: bool


def read(text: str) -> Iterator[Variable]:
    """The variables of a file in their order; what is no such line is left out. Never raises."""
    for match in _LINE.finditer(text):
        group = next(name for name in ("single", "double", "plain") if match[name] is not None)
        value = Written.plain(match[group], match.start(group))
        yield Variable(match["name"], value, group == "single" or "$" not in match[group], group == "plain")
