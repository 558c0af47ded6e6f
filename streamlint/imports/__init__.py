"""The import statements of a Python text: which names are free, where a new one goes, which ones are no longer used."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from functools import lru_cache

import libcst as cst

from streamlint.fix import Edit, Import, edited
from streamlint.immutable import immutable
from streamlint.imports.names import BoundName, canonical, clash, read, top_level, words
from streamlint.imports.outline import Outline, outline
from streamlint.imports.parts import Change, edit_between, parts_of
from streamlint.imports.placing import placed
from streamlint.imports.pruning import pruned
from streamlint.parsed import parsed

_LONE_RETURN = re.compile(r"\r(?!\n)")


def parses(text: str) -> bool:
    """Whether the text is Python."""
    return parsed(text) is not None


def missing(text: str, needed: Collection[Import]) -> list[Import]:
    """Those of some imports that a text does not have on its top level."""
    module = parsed(text) if needed else None
    held = (
        {canonical(one.origin) for one in top_level(module) if one.origin is not None} if module is not None else set()
    )
    return [each for each in sorted(needed) if canonical(each) not in held]


def available(text: str, imports: Collection[Import]) -> bool:
    """Whether each of these imports can be placed, and binds a name that means nothing else anywhere in `text`.

    libcst loses the last line end of a file with lone carriage returns, so nothing is placed there.
    """
    known = _words(text)
    if known is None:
        return False
    asked = [needed for needed in imports if needed.binds in known]
    return not any(clash(one, needed) for needed in asked for one in _bindings(text).get(needed.binds, ()))


@lru_cache(maxsize=2)
def _words(text: str) -> frozenset[str] | None:
    """Every word of a text; None where no import can be placed in it."""
    return frozenset(words(text)) if parsed(text) is not None and not _LONE_RETURN.search(text) else None


@lru_cache(maxsize=2)
def _bindings(text: str) -> Mapping[str, Sequence[BoundName]]:
    """What a text binds, by its name."""
    found: dict[str, list[BoundName]] = {}
    module = parsed(text)
    for binding in read(module).bindings if module is not None else ():
        found.setdefault(binding.name, []).append(binding)
    return found


@lru_cache(maxsize=8)
def arrange(
    before: str, after: str, needed: frozenset[Import], width: int = 0, keeps: frozenset[str] = frozenset()
) -> str:
    """`after` with the imports in `needed`, and without those that `before` used and `after` does not, but for those in `keeps`.

    It stays as it is where it is no Python, or where libcst cannot read what an import is written beside.
    """
    module, parts = parsed(after), parts_of(before)
    if module is None:
        return after
    gone = Change.whole(parts, after, module).useless() if parts is not None else frozenset[str]()
    return _changed(after, missing(after, needed), gone - keeps, width) or after


def _changed(text: str, added: Collection[Import], gone: Collection[str], width: int) -> str | None:
    """A text with some imports and without others; None where libcst cannot read what they are written beside."""
    around = outline(text) if added or gone else None
    if around is None or around.module is None:
        return None
    changed = around.module
    for each in sorted(added):
        changed = placed(changed, each, width)
    return _spliced(around, around.module, pruned(changed, gone))


@immutable
class Arranged:
    """Edits of a text, with those of the imports around them.

    `is_sound`: the text is Python after them, with the imports that they need.
    """

    edits: tuple[Edit, ...]
    is_sound: bool


def arranged(
    text: str,
    edits: Sequence[Edit],
    needed: frozenset[Import],
    width: int = 0,
    keeps: frozenset[str] = frozenset(),
) -> Arranged:
    """Edits that go together, with those which place the imports in `needed`, and remove those that nothing uses after them.

    An import goes on several lines where it would be longer than `width`, if there is one. Those of the names in `keeps` stay.
    """
    parts = parts_of(text)
    change = parts.change(edits) if parts is not None else None
    if change is not None:
        gone = change.useless() - keeps
        if not gone and not change.missing(needed):
            return Arranged(tuple(edits), is_sound=True)
        beside = _beside(text, needed, gone, width) if change.is_behind_imports else None
        if beside is not None and all(edit.span.end <= change.start for edit in beside.edits):
            return Arranged((*beside.edits, *edits), beside.is_sound)
    whole = arrange(text, edited(text, edits), needed, width, keeps)
    return Arranged(tuple(edit_between(text, whole)), parses(whole) and not missing(whole, needed))


@lru_cache(maxsize=32)
def _beside(text: str, needed: frozenset[Import], gone: frozenset[str], width: int) -> Arranged | None:
    """What is done to the imports of a text, whatever is changed far below them."""
    changed = _changed(text, missing(text, needed), gone, width)
    if changed is None:
        return None
    return Arranged(tuple(edit_between(text, changed)), parses(changed) and not missing(changed, needed))


def _spliced(text: Outline, old: cst.Module, new: cst.Module) -> str:
    """The code of `new`, made from the text of `old` by writing only the statements in which they differ.

    To let libcst write the whole module takes ten times as long as to parse it.
    """
    start = _common(old.body, new.body)
    end = _common(old.body[start:][::-1], new.body[start:][::-1])
    prefix = _code(old, old.body[:start], old.header)
    before = _code(old, old.body[start : len(old.body) - end])
    after = _code(old, new.body[start : len(new.body) - end])
    if not text.code.startswith(prefix + before):
        return text.whole(new.code)
    first, last = text.offset(len(prefix)), text.offset(len(prefix) + len(before))
    return text.text[:first] + text.whole(after, len(prefix)) + text.text[last:]


def _common(one: Sequence[cst.CSTNode], other: Sequence[cst.CSTNode]) -> int:
    """How many nodes both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a is not b), min(len(one), len(other)))


def _code(module: cst.Module, body: Sequence[cst.CSTNode], header: Sequence[cst.EmptyLine] = ()) -> str:
    part = module.with_changes(body=body, header=header, footer=(), has_trailing_newline=True)
    return part.code if body or header else ""
