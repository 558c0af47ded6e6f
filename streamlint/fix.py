"""Repairs as text edits, and what they promise."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from streamlint.immutable import immutable
from streamlint.source import Span


class Level(StrEnum):
    """What a fix promises, from the strongest promise down."""

    SAFE = "safe"
    """The same response, only streamed or unblocked."""
    RESPONSE = "response"
    """The client receives something else: a token stream in place of JSON, or framing."""
    UNSAFE = "unsafe"
    """May change behaviour in a way that cannot be seen from here; the reason is stated."""
    DISPLAY = "display"
    """Shown, never applied."""

    def allows(self, other: Level) -> bool:
        """Whether a run at this level applies a fix of level `other`."""
        order = list(Level)
        return other is not Level.DISPLAY and order.index(other) <= order.index(self)


@immutable(slots=True, order=True)
class Edit:
    """Replace the characters of `span` by `text`; an empty span inserts."""

    span: Span
    text: str


@immutable(slots=True, order=True)
class Import:
    """A name that a fix needs: `from module import name`, or `import module` where `name` is empty."""

    module: str
    name: str = ""

    @property
    def binds(self) -> str:
        """The name that the statement brings into the file."""
        return self.name or self.module.partition(".")[0]


@immutable
class Fix:
    """Edits that belong together; all of them are applied or none.

    `reason` argues the level. `imports` are added once, and the imports of names that the edits stop using are removed.
    `claims` are spans that no other fix may touch in the same round, beside the edits themselves.
    `drops` is the code that is not there any more: what is not named is there still.
    """

    title: str
    edits: tuple[Edit, ...]
    level: Level
    reason: str
    imports: frozenset[Import] = frozenset()
    claims: tuple[Span, ...] = ()
    drops: tuple[str, ...] = ()
    """Expressions or statements, with `_` for what stays of them: `"".join(_)`, `text = ""`, `time.sleep`."""
    is_partial: bool = False
    """Whether something is left to do, as the finding says: a name that is nowhere, a package to be installed."""
    width: int = 0
    """How long the lines of its file may be; 0 where nobody has asked."""
    keeps: frozenset[str] = frozenset()
    """Names whose imports stay, as other files read them through this one."""
    is_held: bool = False
    """Whether something in the repository reads what the fix changes, so that only who names the level applies it."""

    def within(self, level: Level) -> bool:
        """Whether a run at this level applies it."""
        return not self.is_held and level.allows(self.level)

    def waits(self, level: Level) -> bool:
        """Whether a run at this level would apply it if nothing held it."""
        return self.is_held and level.allows(self.level)

    @property
    def touched(self) -> tuple[Span, ...]:
        """Everything that no other fix may touch in the same round."""
        return (*(edit.span for edit in self.edits), *self.claims)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text after some edits that go together."""
    parts: list[str] = []
    done = 0
    for edit in sorted(edits):
        parts += (text[done : edit.span.start], edit.text)
        done = edit.span.end
    return "".join(parts) + text[done:]
