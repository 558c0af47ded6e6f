"""The import statements of a Python text: which names are free, where a new one goes, which ones are no longer used."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from functools import lru_cache

import libcst as cst

from streamlint.fix import Import
from streamlint.form_feeds import straighten
from streamlint.imports.names import canonical, clash, parse, read, top_level, words
from streamlint.imports.placing import placed
from streamlint.imports.pruning import pruned, useless

_LONE_RETURN = re.compile(r"\r(?!\n)")


def parses(text: str) -> bool:
    """Whether libcst can read the text as Python."""
    return parse(text) is not None


def available(text: str, imports: Collection[Import]) -> bool:
    """Whether each of these imports can be placed, and binds a name that means nothing else anywhere in `text`.

    libcst loses the last line end of a file with lone carriage returns, so nothing is placed there.
    """
    module = parse(text)
    if module is None or _LONE_RETURN.search(text):
        return False
    if not {needed.binds for needed in imports} & set(words(text)):
        return True
    return not any(clash(binding, needed) for needed in imports for binding in read(module).bindings)


@lru_cache(maxsize=8)
def arrange(before: str, after: str, needed: frozenset[Import]) -> str:
    """`after` with the imports in `needed`, and without those that `before` used and `after` does not."""
    module = parse(after)
    if module is None:
        return after
    held = {canonical(binding.origin) for binding in top_level(module) if binding.origin is not None}
    changed = module
    for each in sorted(needed):
        if canonical(each) not in held:
            changed = placed(changed, each)
    changed = pruned(changed, useless(before, after, module))
    return _spliced(after, module, changed)


def _spliced(text: str, old: cst.Module, new: cst.Module) -> str:
    """The code of `new`, made from the text of `old` by writing only the statements in which they differ.

    To let libcst write the whole module takes ten times as long as to parse it.
    """
    start = _common(old.body, new.body)
    end = _common(old.body[start:][::-1], new.body[start:][::-1])
    if len(old.body) == len(new.body) == start:
        return text
    prefix = _code(old, old.body[:start], old.header)
    before = _code(old, old.body[start : len(old.body) - end])
    after = _code(old, new.body[start : len(new.body) - end])
    parsed = straighten(text)
    if not parsed.text.startswith(prefix + before):
        return new.code
    return text[: parsed.offset(len(prefix))] + after + text[parsed.offset(len(prefix) + len(before)) :]


def _common(one: Sequence[cst.CSTNode], other: Sequence[cst.CSTNode]) -> int:
    """How many nodes both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a is not b), min(len(one), len(other)))


def _code(module: cst.Module, body: Sequence[cst.CSTNode], header: Sequence[cst.EmptyLine] = ()) -> str:
    part = module.with_changes(body=body, header=header, footer=(), has_trailing_newline=True)
    return part.code if body or header else ""
