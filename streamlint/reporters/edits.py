"""A whole fix as edits of lines: its imports are placed, and nothing else is to be done to the text."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING

from streamlint.fix import Edit
from streamlint.reporters.diff import changes, lines
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.fix import Fix
    from streamlint.source import Source


def ready(fix: Fix, source: Source) -> tuple[Edit, ...]:
    from streamlint.fixing import apply

    before, after = lines(source.text), lines(apply(source, (fix,)))
    ends = list(accumulate(map(len, before), initial=0))
    return tuple(
        Edit(Span(ends[old_from], ends[old_to]), "".join(after[new_from:new_to]))
        for old_from, old_to, new_from, new_to in changes(before, after)
    )
