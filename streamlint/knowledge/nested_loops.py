"""Which calls fail where an event loop runs already."""

from __future__ import annotations

from streamlint.immutable import immutable
from streamlint.knowledge.table import read


@immutable
class NestedLoopCalls:
    """Dotted names: what starts a loop, what asks whether one runs, what gives it, what makes loops within loops possible."""

    starts: frozenset[str]
    asks: frozenset[str]
    current: frozenset[str]
    patches: frozenset[str]

    @property
    def patching_packages(self) -> frozenset[str]:
        """What is imported to make loops within loops possible."""
        return frozenset(name.partition(".")[0] for name in self.patches)


def nested_loop_calls() -> NestedLoopCalls:
    return NestedLoopCalls(_names("starts"), _names("asks"), _names("current"), _names("patches"))


def _names(kind: str) -> frozenset[str]:
    rows = read("nested_loops").rows(kind)
    return frozenset(name for row in rows for name in (*row.texts("names"), *row.texts("methods")))
