"""What streamlint reports, and the codes that the program itself reports."""

from __future__ import annotations

from dataclasses import field, replace
from enum import StrEnum
from pathlib import Path

from streamlint.fix import Fix, Level
from streamlint.immutable import immutable
from streamlint.source import Position, Source, Span


class Severity(StrEnum):
    """error: the user gets no stream or the server stalls; warning: fails under load, time or another version;
    advice: reported only when selected."""

    ERROR = "error"
    WARNING = "warning"
    ADVICE = "advice"


class Symptom(StrEnum):
    """What somebody sees of a fault, of whichever rule; the first are seen by every reader."""

    ALL_AT_ONCE = "all at once"
    FAILS = "fails"
    WRONG_TEXT = "wrong text"
    CUT = "cut"
    FREEZES = "freezes others"
    AFTER_LEAVING = "after leaving"

    @property
    def meaning(self) -> str:
        return _MEANINGS[self]


_MEANINGS = {
    Symptom.ALL_AT_ONCE: "the answer comes at its end",
    Symptom.FAILS: "an error comes, or nothing",
    Symptom.WRONG_TEXT: "it is not what the model wrote",
    Symptom.CUT: "it ends early, as if it were all",
    Symptom.FREEZES: "others wait while one is served",
    Symptom.AFTER_LEAVING: "work goes on, or is lost",
}


@immutable
class Place:
    """A span in a file, with the positions that people read; `end` is just behind the last character."""

    path: Path
    span: Span
    start: Position
    end: Position
    line: str = ""
    """The text of the first line, so that a reporter can show it without reading the file."""

    @classmethod
    def of(cls, source: Source, span: Span) -> Place:
        """The place of a span in a text that is there."""
        start = source.position(span.start)
        return cls(source.path, span, start, source.position(span.end), source.line(start.line))


@immutable
class Related:
    """A secondary place of a finding, in the same file or another, with what it contributes."""

    place: Place
    label: str


@immutable
class Also:
    """Another rule that sees the same fault, and where it does; it is not reported, but an ignore comment may name it."""

    code: str
    place: Place


@immutable
class Finding:
    """A fault at a place: what happens to the stream (`message`), why this token (`label`), the way out (`help`)."""

    code: str
    name: str
    severity: Severity
    message: str
    place: Place
    label: str = ""
    related: tuple[Related, ...] = ()
    help: str = ""
    notes: tuple[str, ...] = ()
    fix: Fix | None = None
    also: tuple[Also, ...] = ()
    readers: tuple[Related, ...] = ()
    """Who in the repository reads the answer that the fix changes."""
    hint: str = ""
    """Which ignore comment may have been meant for it, and what that comment lacks."""

    @property
    def codes(self) -> frozenset[str]:
        """The codes of all rules that see this fault."""
        return frozenset((self.code, *(other.code for other in self.also)))

    @property
    def places(self) -> tuple[Place, ...]:
        """Where they see it, the finding's own place first."""
        return (self.place, *(other.place for other in self.also))

    @property
    def path(self) -> Path:
        return self.place.path

    @property
    def is_fixable(self) -> bool:
        """Whether it has a fix that may be applied."""
        return self.fix is not None and self.fix.level is not Level.DISPLAY

    def without(self, reason: str) -> Finding:
        """The finding with its fix only shown, for this reason."""
        return self if self.fix is None else replace(self, fix=replace(self.fix, level=Level.DISPLAY, reason=reason))

    @property
    def sort_key(self) -> tuple[str, int, int, str]:
        return (str(self.place.path), self.place.span.start, self.place.span.end, self.code)


@immutable
class ToolCode:
    """A code that the program itself reports, outside of any rule."""

    code: str
    name: str
    severity: Severity
    summary: str
    documentation: str = field(repr=False, default="")


UNREADABLE_FILE = ToolCode(
    "STL001",
    "unreadable-file",
    Severity.ERROR,
    "the file cannot be read, decoded or parsed, so nothing in it was checked",
    "The file cannot be read, decoded or parsed, so nothing in it was checked. Source for a newer Python than the one that runs\n"
    "streamlint is a warning that says which one it needs; it does not change the exit code.",
)
UNUSED_IGNORE = ToolCode(
    "STL002", "unused-ignore", Severity.WARNING, "an ignore comment that no finding needs, or that names no rule"
)
BLANKET_IGNORE = ToolCode(
    "STL003", "blanket-ignore", Severity.WARNING, "an ignore comment without a code hides every finding on its line"
)
RULE_CRASHED = ToolCode("STL009", "rule-crashed", Severity.ERROR, "a rule failed on this file; the other rules went on")
TOOL_CODES = (UNREADABLE_FILE, UNUSED_IGNORE, BLANKET_IGNORE, RULE_CRASHED)
