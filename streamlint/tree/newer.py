"""Which newer Python a text is written for that the running one cannot read.

libcst knows the grammar of every release, but not all that Python refuses. So what it finds in the text is written in the old
way, for this question only: if the running Python takes the result, then the new grammar was all that it stumbled over.
"""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Iterator, Mapping

import libcst as cst

from streamlint.form_feeds import Straight, straighten
from streamlint.immutable import immutable
from streamlint.model.summary import UnparsableFile
from streamlint.source import Span
from streamlint.tree.spans import spans_of

Release = tuple[int, int]
_DEFAULT = "a default of a type parameter"
_DEEPEST = 200
_LONGEST = 5_000
_BRACKET = re.compile(r"[(){}\[\]]")
_CONTINUED = re.compile(r"^\s*(?:[-.+*/%|&^<>=]|(?:and|or|if|else|not|in|is)\b(?!.*:\s*$))", re.MULTILINE)


@immutable(order=True)
class Newer:
    """Grammar of a later release, where it stands, and how older ones write it."""

    release: Release
    span: Span
    name: str
    older: str


def newest(text: str) -> Newer | None:
    """The first use of the latest grammar that `text` needs beyond the running release.

    None where the text needs none, or is no Python in any release, or where that is not certain.
    """
    parsed = straighten(text)
    found = _found(parsed.text)
    if not found or not _is_python(_rewritten(parsed.text, found)):
        return None
    latest = max(newer.release for newer in found)
    first = min((newer for newer in found if newer.release == latest), key=lambda newer: newer.span)
    span = Span(parsed.offset(first.span.start), parsed.offset(first.span.end))
    return Newer(first.release, span, first.name, first.older)


def _is_endless(text: str) -> bool:
    """Whether something may be nested so deeply that libcst needs minutes for it, or more than the stack of the process."""
    depth = deepest = 0
    for bracket in _BRACKET.findall(text):
        depth = depth + 1 if bracket in "([{" else max(depth - 1, 0)
        deepest = max(deepest, depth)
    lengths = (len(line) for line in text.splitlines())
    return deepest > _DEEPEST or max(lengths, default=0) > _LONGEST or len(_CONTINUED.findall(text)) > _DEEPEST


def _found(text: str) -> list[Newer]:
    if _is_endless(text):
        return []
    try:
        module = cst.parse_module(text)
        spans = spans_of(module, Straight(text))
    except (cst.ParserSyntaxError, UnparsableFile, RecursionError):
        return []
    reader = _Reader(text, module, spans)
    found: list[Newer] = []
    for node, span in sorted(spans.items(), key=lambda row: (row[1].start, -row[1].end)):
        if found and isinstance(node, _STRINGS) and span.end <= found[-1].span.end:
            continue
        found += (newer for newer in reader.read(node, span) if newer.release > sys.version_info[:2])
    return found


_TEMPLATE: type[cst.CSTNode] | None = getattr(cst, "TemplatedString", None)
_STRINGS = (cst.FormattedString, *((_TEMPLATE,) if _TEMPLATE else ()))


@immutable
class _Reader:
    text: str
    module: cst.Module
    spans: Mapping[cst.CSTNode, Span]

    def read(self, node: cst.CSTNode, span: Span) -> Iterator[Newer]:
        """The new grammar of one node, its parts left out."""
        if isinstance(node, cst.TypeAlias):
            yield from self._alias(node, span)
        elif isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield from self._parameters(node.type_parameters, node.name)
        elif isinstance(node, _STRINGS):
            yield from self._string(node, span)
        elif isinstance(node, cst.ExceptHandler | cst.ExceptStarHandler):
            yield from self._handler(node)

    def _alias(self, node: cst.TypeAlias, span: Span) -> Iterator[Newer]:
        parameters = node.type_parameters
        end = self.spans[node.name].end if parameters is None else self._brackets(parameters, node.name).end
        yield Newer((3, 12), Span(span.start, end), "the `type` statement", node.name.value)
        if parameters is not None and _has_default(parameters):
            yield Newer((3, 13), Span(end, end), _DEFAULT, "")

    def _parameters(self, parameters: cst.TypeParameters | None, name: cst.Name) -> Iterator[Newer]:
        if parameters is None:
            return
        release, what = ((3, 13), _DEFAULT) if _has_default(parameters) else ((3, 12), "a list of type parameters")
        yield Newer(release, self._brackets(parameters, name), what, "")

    def _brackets(self, parameters: cst.TypeParameters, name: cst.Name) -> Span:
        """libcst keeps no place of them."""
        start = self.text.index("[", self.spans[name].end)
        return Span(start, start + len(self.module.code_for_node(parameters)))

    def _string(self, node: cst.CSTNode, span: Span) -> Iterator[Newer]:
        """A template, or a formatted string with quotes, lines, comments or backslashes in its expressions."""
        text = self.text[span.start : span.end]
        if _TEMPLATE is not None and isinstance(node, _TEMPLATE):
            yield Newer((3, 14), span, "a template string", "''")
        elif not _is_python(f"({text})"):
            yield Newer((3, 12), span, "an f-string with such an expression", "''")

    def _handler(self, node: cst.ExceptHandler | cst.ExceptStarHandler) -> Iterator[Newer]:
        """Types without brackets; `except Error, error:` is Python 2, and the one is easily taken for the other."""
        types = node.type
        if not isinstance(types, cst.Tuple) or types.lpar or node.name is not None:
            return
        last = types.elements[-1].value
        if len(types.elements) == 2 and isinstance(last, cst.Name) and not last.value[:1].isupper():
            return
        span = self.spans[types]
        yield Newer((3, 14), span, "`except` with types without brackets", f"({self.text[span.start : span.end]})")


def _has_default(parameters: cst.TypeParameters) -> bool:
    return any(parameter.default is not None for parameter in parameters.params)


def _rewritten(text: str, found: list[Newer]) -> str:
    for newer in sorted(found, key=lambda newer: (newer.span.start, newer.span.end), reverse=True):
        text = text[: newer.span.start] + newer.older + text[newer.span.end :]
    return text


def _is_python(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
