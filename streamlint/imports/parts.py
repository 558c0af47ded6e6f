"""A text by the lines of its top level, so that what edits do to its imports is told by the lines that they touch."""

from __future__ import annotations

import ast
import re
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache

from streamlint.fix import Edit, Import, edited
from streamlint.imports.names import WORD, Reader, canonical, top_level, words
from streamlint.imports.outline import matters
from streamlint.parsed import lines_of, parsed
from streamlint.source import Span

_TYPE_COMMENT = re.compile(r"#\s*type:(.*)")
Rows = Mapping[str, Sequence[int]]
"""Numbers of lines of the top level, in their order, by a name that stands there."""


class Parts:
    """Of a text that is Python; `rows` are the statements of its top level."""

    def __init__(self, text: str, module: ast.Module) -> None:
        self.text = text
        self.rows = tuple(lines_of(text, module))
        self._starts = [row.start for row in self.rows]

    def change(self, edits: Collection[Edit]) -> Change | None:
        """What the edits make of the lines that they touch; None where only the whole text can tell."""
        spans: list[Span] = []
        for edit in sorted(edits):
            span = self._around(edit.span)
            if spans and span.start <= spans[-1].end:
                span = Span(spans.pop().start, span.end)
            spans.append(span)
        new = [self._new(span, edits) for span in spans]
        modules = [parsed(text) if text and text[-1] in "\r\n" else None for text in new]
        known = [module for module in modules if module is not None]
        return Change(self, spans, new, known) if len(known) == len(new) else None

    def _around(self, span: Span) -> Span:
        """The lines of the statements that a place touches."""
        first = max(bisect_right(self._starts, span.start) - 1, 0)
        last = max(bisect_left(self._starts, span.end), first + 1)
        return Span(
            self._starts[first] if first and self._starts else 0,
            self._starts[last] if last < len(self._starts) else len(self.text),
        )

    def _new(self, span: Span, edits: Collection[Edit]) -> str:
        within = (edit for edit in edits if span.contains(edit.span))
        moved = [Edit(Span(one.span.start - span.start, one.span.end - span.start), one.text) for one in within]
        return edited(self.text[span.start : span.end], moved)

    def numbers(self, span: Span) -> range:
        """The numbers of the statements in some lines."""
        return range(bisect_left(self._starts, span.start), bisect_left(self._starts, span.end))

    @cached_property
    def last_import(self) -> int:
        """The number of the last statement beside which imports are written, and at least that of the first one."""
        return max((number for number, row in enumerate(self.rows) if matters(row, is_first=number == 0)), default=0)

    @cached_property
    def users(self) -> Rows:
        """Where each name is used."""
        found: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            for name in _uses([ast.Module([*row.statements], [])]):
                found.setdefault(name, []).append(number)
        return found

    @cached_property
    def imported(self) -> Rows:
        """Where each name is imported."""
        return {name: [number for number, _ in rows] for name, rows in self._bindings.items()}

    @cached_property
    def held(self) -> Mapping[Import, Sequence[int]]:
        """Where each thing is imported under its own name."""
        found: dict[Import, list[int]] = {}
        for rows in self._bindings.values():
            for number, origin in rows:
                if origin is not None:
                    found.setdefault(canonical(origin), []).append(number)
        return found

    @cached_property
    def importing(self) -> frozenset[int]:
        """The statements that import something, in a `try` or not."""
        return frozenset(number for rows in self._bindings.values() for number, _ in rows)

    @cached_property
    def noted(self) -> Mapping[str, Sequence[int]]:
        """Where each word stands in a comment about a type."""
        found: dict[str, list[int]] = {}
        for match in _TYPE_COMMENT.finditer(self.text):
            for word in WORD.findall(match.group(1)):
                found.setdefault(word, []).append(match.start())
        return found

    @cached_property
    def _bindings(self) -> Mapping[str, Sequence[tuple[int, Import | None]]]:
        found: dict[str, list[tuple[int, Import | None]]] = {}
        for number, row in enumerate(self.rows):
            for binding in top_level(ast.Module([*row.statements], [])):
                found.setdefault(binding.name, []).append((number, binding.origin))
        return found


class Change:
    """New lines in the place of some of a text's; each of the new is Python by itself."""

    def __init__(self, parts: Parts, spans: Sequence[Span], new: Sequence[str], modules: Sequence[ast.Module]) -> None:
        self.parts = parts
        self._spans, self._new, self._modules = spans, new, modules
        self._rows = frozenset(number for span in spans for number in parts.numbers(span))
        self._bindings = [binding for module in modules for binding in top_level(module)]

    @classmethod
    def whole(cls, parts: Parts, text: str, module: ast.Module) -> Change:
        """Another text in the place of the whole."""
        return cls(parts, [Span(0, len(parts.text))], [text], [module])

    @cached_property
    def start(self) -> int:
        """The offset of the first line that is another one."""
        return min((span.start for span in self._spans), default=len(self.parts.text))

    @cached_property
    def is_behind_imports(self) -> bool:
        """Whether it touches nothing beside which an import may be written, and writes none."""
        if min(self._rows, default=0) <= self.parts.last_import or self._rows & self.parts.importing:
            return False
        statements = (statement for module in self._modules for statement in module.body)
        return not self._bindings and not any(isinstance(one, ast.Import | ast.ImportFrom) for one in statements)

    def missing(self, needed: Collection[Import]) -> frozenset[Import]:
        """Those of some imports that are not on the top level after it."""
        own = {canonical(binding.origin) for binding in self._bindings if binding.origin is not None}
        held = self.parts.held
        return frozenset(
            each for each in needed if (one := canonical(each)) not in own and not self._is_beside(held.get(one, ()))
        )

    def useless(self) -> frozenset[str]:
        """Imported names that are used less often after it, and then nowhere."""
        old = [self.parts.text[span.start : span.end] for span in self._spans]
        then, now = (Counter(word for text in texts for word in words(text)) for texts in (old, self._new))
        fewer = {name for name, number in then.items() if now[name] < number}
        imported = {binding.name for binding in self._bindings}
        fewer = {each for each in fewer if each in imported or self._is_beside(self.parts.imported.get(each, ()))}
        fewer = {each for each in fewer if not self._is_beside(self.parts.users.get(each, ()))}
        if fewer:
            fewer -= _uses(self._modules)
            fewer -= {word for text in self._new for note in _TYPE_COMMENT.findall(text) for word in WORD.findall(note)}
        return frozenset(each for each in fewer if each in self.parts.users and not self._is_noted(each))

    def _is_beside(self, rows: Sequence[int]) -> bool:
        """Whether one of these statements is still there."""
        return any(number not in self._rows for number in rows)

    def _is_noted(self, name: str) -> bool:
        places = self.parts.noted.get(name, ())
        return any(not any(span.start <= place < span.end for span in self._spans) for place in places)


@lru_cache(maxsize=2)
def parts_of(text: str) -> Parts | None:
    """The parts of a text; None where it is no Python."""
    module = parsed(text)
    return Parts(text, module) if module is not None else None


def _uses(modules: Sequence[ast.Module]) -> set[str]:
    reader = Reader()
    for module in modules:
        reader.read(module)
    return reader.uses


def edit_between(old: str, new: str) -> Iterator[Edit]:
    """The smallest edit that makes one text of another."""
    if old == new:
        return
    start = _shared(old, new)
    end = _shared(old[start:][::-1], new[start:][::-1])
    yield Edit(Span(start, len(old) - end), new[start : len(new) - end])


def _shared(one: str, other: str) -> int:
    """How many characters both begin with."""
    lengths = range(1, min(len(one), len(other)) + 1)
    return bisect_right(lengths, False, key=lambda length: one[:length] != other[:length])
