"""Which fixes go together, how they become a new text, and how that takes the place of the old one."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from heapq import heappop, heappush
from pathlib import Path

from streamlint import writing
from streamlint.finding import Finding
from streamlint.fix import Edit, Fix, Import, Level, edited
from streamlint.source import Source, UnreadableFile
from streamlint.writing import UnwritableFile


def choose(findings: Iterable[Finding], level: Level, source: Source) -> tuple[Fix, ...]:
    """The fixes of one file that `level` allows and that go together, in the order of their places.

    Of two that touch the same text the first stays; the other is for the next round. A fix is left out that
    needs a name which means something else in this file, or that would turn a text that parses into one that does not.
    """
    offered = (finding.fix for finding in findings if finding.fix is not None)
    allowed = dict.fromkeys(fix for fix in offered if fix.within(level) and fix.edits)
    ordered = sorted(allowed, key=lambda fix: min(fix.edits).span)
    near = _near(ordered)
    chosen: dict[int, Fix] = {}
    bound: dict[str, Import] = {}
    for number, fix in enumerate(ordered):
        named = all(bound.get(each.binds, each) == each for each in fix.imports)
        rivals = (chosen[other] for other in near[number] if other in chosen)
        if named and _nameable(source, fix) and not any(_conflict(fix, rival) for rival in rivals):
            chosen[number] = fix
            bound.update((each.binds, each) for each in fix.imports)
    return _sound(source, tuple(chosen.values()))


def apply(source: Source, fixes: Sequence[Fix]) -> str:
    """The text after `fixes`, which must go together, with their imports placed and the imports that they made useless removed.

    A text that does not parse after the edits is returned as it is, without a look at its imports.
    """
    return edited(source.text, whole(source, fixes))


def whole(source: Source, fixes: Sequence[Fix]) -> tuple[Edit, ...]:
    """The edits of `fixes`, which must go together, with those of the imports around them."""
    together = _together(fixes)
    if not source.is_python or not any(together[:2]):
        return together[0]
    from streamlint import imports

    return imports.arranged(source.text, *together).edits


def _together(fixes: Sequence[Fix]) -> tuple[tuple[Edit, ...], frozenset[Import], int, frozenset[str]]:
    """All edits of some fixes, all imports that they need, how long lines may be, and names whose imports stay."""
    return (
        tuple(sorted({edit for fix in fixes for edit in fix.edits})),
        frozenset[Import]().union(*(fix.imports for fix in fixes)),
        max((fix.width for fix in fixes), default=0),
        frozenset[str]().union(*(fix.keeps for fix in fixes)),
    )


def write(source: Source, text: str) -> None:
    """Replace the file that `source` was read from by `text`, as a whole or not at all; raises `UnwritableFile`.

    A symbolic link keeps pointing to its file. A text that is the same is not written.
    """
    if text == source.text:
        return
    content = encode(source, text)
    try:
        target = Path(os.path.realpath(source.path, strict=True))
        writing.replace(target, source.encode(source.text), content)
    except OSError as error:
        raise UnwritableFile(error.strerror or str(error)) from error


def encode(source: Source, text: str) -> bytes:
    """The bytes of `text` in the place of those of `source`; raises `UnwritableFile` where they would say something else."""
    if not source.is_rewritable:
        raise UnwritableFile(f"its encoding, {source.encoding}, would write the rest of the file differently")
    try:
        content = source.encode(text)
        if source.again(content).text == text:
            return content
    except UnicodeEncodeError as error:
        unfit = text[error.start : error.end]
        raise UnwritableFile(f"its encoding, {source.encoding}, has no bytes for {unfit!r}") from error
    except UnicodeError as error:
        raise UnwritableFile(f"its encoding, {source.encoding}, refuses the result: {error}") from error
    except UnreadableFile as error:
        raise UnwritableFile(f"the result {error}") from error
    raise UnwritableFile("the result would read differently")


def _near(fixes: Sequence[Fix]) -> list[list[int]]:
    """By the number of a fix: the numbers of those before it that touch a place at which it does something too."""
    places = sorted({(span.start, span.end, number) for number, fix in enumerate(fixes) for span in fix.touched})
    near: list[set[int]] = [set() for _ in fixes]
    open_: list[tuple[int, int]] = []
    for start, end, number in places:
        while open_ and open_[0][0] < start:
            heappop(open_)
        for _, other in open_:
            near[max(number, other)].add(min(number, other))
        heappush(open_, (end, number))
    return [sorted(others - {number}) for number, others in enumerate(near)]


def _conflict(one: Fix, other: Fix) -> bool:
    """Whether two fixes touch the same text in a way that only one of them can have."""
    if any(_collide(edit, rival) for edit in one.edits for rival in other.edits):
        return True
    return any(
        mine.overlaps(theirs) or (mine == theirs and mine in (*one.claims, *other.claims))
        for mine in one.touched
        for theirs in other.touched
        if mine in one.claims or theirs in other.claims
    )


def _collide(edit: Edit, rival: Edit) -> bool:
    if edit.span == rival.span:
        return edit.text != rival.text or edit.span.start != edit.span.end
    return edit.span.overlaps(rival.span)


def _nameable(source: Source, fix: Fix) -> bool:
    if not fix.imports:
        return True
    from streamlint import imports

    return imports.available(source.text, fix.imports)


def _sound(source: Source, fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """Those of `fixes` after which the text still parses."""
    if not fixes or not source.is_python:
        return fixes
    from streamlint import imports

    if not imports.parses(source.text) or _is_sound(source, fixes):
        return fixes
    return _sound_with(source, (), fixes)


def _sound_with(source: Source, kept: tuple[Fix, ...], fixes: tuple[Fix, ...]) -> tuple[Fix, ...]:
    """Those of `kept`, and of further fixes of which not all go, in their order; halves are tried before each is alone."""
    middle = len(fixes) // 2
    for part in (fixes[:middle], fixes[middle:]):
        if not part or _is_sound(source, (*kept, *part)):
            kept = (*kept, *part)
        elif len(part) > 1:
            kept = _sound_with(source, kept, part)
    return kept


def _is_sound(source: Source, fixes: tuple[Fix, ...]) -> bool:
    """Whether the text is Python after some fixes, and has the imports that they need."""
    from streamlint import imports

    try:
        return imports.arranged(source.text, *_together(fixes)).is_sound
    except (
        RecursionError
    ):  # libcst writes code recursively; deeply nested code in front of the imports is too much for it
        return False
