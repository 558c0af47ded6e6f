"""What a rule is, and where rules are found."""

from __future__ import annotations

import importlib
import inspect
import re
import textwrap
import traceback
from collections.abc import Callable, Collection, Iterator
from enum import StrEnum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from streamlint.finding import RULE_CRASHED, TOOL_CODES, Finding, Place, Severity, Symptom
from streamlint.immutable import immutable
from streamlint.source import Position, Span

if TYPE_CHECKING:
    from streamlint.fact import Fact
    from streamlint.project import Project

Check = Callable[..., Iterator["Fact"]]
Where = Callable[[Any, Any], bool]
"""Of a file and one of its scopes: whether a check can have something to say there."""
Method = TypeVar("Method", bound=Check)

_FILE_NAME = re.compile(r"(stl\d{3})_([a-z0-9_]+)\.py")
_RULES = "streamlint.rules"
_LONGEST_ERROR = 300


class Language(StrEnum):
    """Which files a rule looks at."""

    PYTHON = "Python"
    DEPENDENCIES = "dependencies"
    """Files that say which packages are needed, whatever their format."""
    DEPLOYMENT = "deployment"
    """Files that say how the program is served: of servers, containers and proxies."""


class Rule:
    """One bad pattern, with one code; a rule remembers nothing between two checks."""

    code: ClassVar[str]
    name: ClassVar[str]
    severity: ClassVar[Severity]
    symptom: ClassVar[Symptom | None] = None
    """What somebody sees of the fault; None: nothing, as it is no fault of a stream."""
    since: ClassVar[str]
    message: ClassVar[str]
    stands_on: ClassVar[tuple[str, ...]]
    """The nodes of libcst, by name, that a finding of the rule can be about."""
    language: ClassVar[Language] = Language.PYTHON
    words: ClassVar[tuple[str, ...]] = ()
    """The rule can only fire in a file that holds one of these words; empty: in any file."""

    anywhere: ClassVar[tuple[str, ...]] = ()
    """The rule looks at a file that holds one of these words even where no request runs its code."""

    only_named: ClassVar[bool] = False
    """The rule gives nothing but advice, and takes long to find it: it is asked where somebody selected it by name."""

    def looks_beyond(self, text: str) -> bool:
        """Whether the rule looks at a file of which no request runs the code."""
        return any(word in text for word in self.anywhere)

    def is_about(self, project: Project, path: Path) -> bool:
        """Whether the rule can find something in such a file, by what the project knows of it; asked before it is parsed."""
        return True


def on(*kinds: type[Any], where: Where | None = None) -> Callable[[Method], Method]:
    """Mark a method `check(self, node, scope, file)` as the one that looks at nodes of the Summary of these kinds.

    A check of scopes is `check(self, scope, file)`. With `where` (see `within`) it sees only the nodes in such scopes.
    """

    def mark(method: Method) -> Method:
        vars(method)["kinds"], vars(method)["where"] = kinds, where
        return method

    return mark


@immutable
class RuleName:
    """What the name of a rule's file says about it."""

    code: str
    name: str
    module: str


@cache
def catalogue() -> tuple[RuleName, ...]:
    """All rules by the names of their files, in the order of their codes; imports none of them."""
    folder = Path(__file__).with_name("rules")
    matches = [match for file in sorted(folder.iterdir()) if (match := _FILE_NAME.fullmatch(file.name))]
    return tuple(
        RuleName(match[1].upper(), match[2].replace("_", "-"), f"{_RULES}.{match.group().removesuffix('.py')}")
        for match in matches
    )


@cache
def codes() -> dict[str, str]:
    """Every code that can be selected, with its name: those of the program itself and those of the rules."""
    return {row.code: row.name for row in TOOL_CODES} | {row.code: row.name for row in catalogue()}


class BrokenRule(Exception):
    """A rule that cannot be imported: nothing can be said without it."""


def discover(selected: Collection[str] | None = None) -> tuple[Rule, ...]:
    """Import the rules with these codes (None: all); raises `BrokenRule`, which stops the program."""
    return tuple(_load(row) for row in catalogue() if selected is None or row.code in selected)


def _load(row: RuleName) -> Rule:
    try:
        module = importlib.import_module(row.module)
    except Exception as error:
        raise BrokenRule(f"{row.module} cannot be imported: {error}") from error
    kinds = [kind for kind in vars(module).values() if isinstance(kind, type)]
    rules: list[type[Rule]] = [kind for kind in kinds if issubclass(kind, Rule) and kind.__module__ == row.module]
    if len(rules) != 1 or (rules[0].code, rules[0].name) != (row.code, row.name):
        raise BrokenRule(f"{row.module} must define one Rule with code {row.code!r} and name {row.name!r}")
    return rules[0]()


def summary(rule: Rule) -> str:
    """What a rule finds: the first sentence of its documentation that is not a heading, on one line."""
    paragraphs = (inspect.getdoc(type(rule)) or "").split("\n\n")
    first = next((paragraph for paragraph in paragraphs if not paragraph.lstrip().startswith("#")), "")
    return re.split(r"(?<=\.) (?=[A-Z])", " ".join(first.split()))[0]


def crash(what: str, error: Exception, place: Place) -> Finding:
    """The finding for a failure of our own at `place`."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    trail = tuple(f"{frame.filename}:{frame.lineno} in {frame.name}: {frame.line}" for frame in frames)
    return Finding(
        code=RULE_CRASHED.code,
        name=RULE_CRASHED.name,
        severity=RULE_CRASHED.severity,
        message=f"{what} failed here with {named(error)}",
        place=place,
        label="while it looked at this",
        help="this is a fault of streamlint, not of your code; please report it with the lines below",
        notes=trail,
    )


def named(error: BaseException) -> str:
    """An error as it is told, with no more of its words than a person reads: some repeat whole values."""
    return textwrap.shorten(f"{type(error).__name__}: {error}", _LONGEST_ERROR, placeholder=" …")


def file_place(path: Path, line: int = 1, column: int = 1) -> Place:
    """An empty place in a file of which no text is known."""
    position = Position(line, column)
    return Place(path, Span(0, 0), position, position)
