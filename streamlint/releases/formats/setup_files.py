"""`setup.cfg` and `setup.py`, of which only literals are read."""

from __future__ import annotations

import ast
import warnings
from collections.abc import Iterator, Mapping

from streamlint.releases.declared import Declared, Reading, of_settings, of_text
from streamlint.source import Source, Span
from streamlint.surroundings import ini_file

_SETUP = ("setup", "setuptools.setup")


def read_cfg(source: Source) -> Reading:
    document = ini_file.read(source.text)
    found = list(of_settings(source, document.under("options", "install_requires")))
    for name in document.names("options.extras_require"):
        found += of_settings(source, document.under("options.extras_require", name), str(name))
    return Reading(tuple(found), document.faults)


def read_py(source: Source) -> Reading:
    """What the call of `setup` is given as a list of texts, there or under a name of the module."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return Reading()  # the file is Python, and its faults are told as those of Python
    named = {
        target.id: node.value
        for node in tree.body
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    calls = (node for node in ast.walk(tree) if isinstance(node, ast.Call) and ast.unparse(node.func) in _SETUP)
    return Reading(tuple(each for call in calls for each in _of_call(source, call, named)))


def _of_call(source: Source, call: ast.Call, named: Mapping[str, ast.expr]) -> Iterator[Declared]:
    given = {keyword.arg: _meant(keyword.value, named) for keyword in call.keywords}
    yield from _texts(source, given.get("install_requires"), named, "")
    extras = given.get("extras_require")
    for key, value in zip(extras.keys, extras.values, strict=True) if isinstance(extras, ast.Dict) else ():
        if isinstance(key, ast.Constant) and isinstance(key.value, str):
            yield from _texts(source, _meant(value, named), named, key.value)


def _meant(node: ast.expr, named: Mapping[str, ast.expr]) -> ast.expr:
    return named.get(node.id, node) if isinstance(node, ast.Name) else node


def _texts(source: Source, node: ast.expr | None, named: Mapping[str, ast.expr], group: str) -> Iterator[Declared]:
    for element in node.elts if isinstance(node, ast.List | ast.Tuple) else ():
        if isinstance(element, ast.Constant) and isinstance(element.value, str):
            span = _span(source, element)
            written = source.slice(span)
            inside = written.find(element.value)
            start = span.start + inside if inside >= 0 else None
            around = span if start is None else Span(start, start + len(element.value))
            found = of_text(source, element.value, start, around, group)
            if found is not None:
                yield found


def _span(source: Source, node: ast.expr) -> Span:
    return Span(
        _offset(source, node.lineno, node.col_offset), _offset(source, node.end_lineno or 1, node.end_col_offset or 0)
    )


def _offset(source: Source, line: int, column: int) -> int:
    """The character at a line and a column, which `ast` counts in bytes of UTF-8."""
    text = source.line(line).encode("utf-8")
    return source.line_starts[line - 1] + len(text[:column].decode("utf-8", "ignore"))
