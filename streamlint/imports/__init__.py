"""The import statements of a Python text: which names are free, where a new one goes, which ones are no longer used."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import libcst as cst

from streamlint.fix import Import
from streamlint.imports.names import canonical, clash, read, top_level, words
from streamlint.imports.outline import Outline, outline
from streamlint.imports.placing import placed
from streamlint.imports.pruning import pruned, useless
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
    module = parsed(text)
    if module is None or _LONE_RETURN.search(text):
        return False
    if not {needed.binds for needed in imports} & set(words(text)):
        return True
    return not any(clash(binding, needed) for needed in imports for binding in read(module).bindings)


@lru_cache(maxsize=8)
def arrange(before: str, after: str, needed: frozenset[Import]) -> str:
    """`after` with the imports in `needed`, and without those that `before` used and `after` does not.

    It stays as it is where it is no Python, or where libcst cannot read what an import is written beside.
    """
    added, gone = missing(after, needed), useless(before, after)
    around = outline(after) if added or gone else None
    if around is None or around.module is None:
        return after
    changed = around.module
    for each in added:
        changed = placed(changed, each)
    return _spliced(around, around.module, pruned(changed, gone))


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
