"""Take a header away from a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.languages import nodes as cst

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_REASON = "the server frames the body itself, so the client receives all of it"


def without_item(file: PythonFile, item: cst.DictElement) -> Fix | None:
    """The same call without one item of the dict that it is given; without the dict where nothing else is in it."""
    tree = file.tree
    headers = tree.parent(item)
    argument = tree.parent(headers) if headers is not None else None
    call = tree.parent(argument) if argument is not None else None
    if not isinstance(headers, cst.Dict) or not isinstance(argument, cst.Arg) or not isinstance(call, cst.Call):
        return None
    rest = [element for element in headers.elements if element is not item]
    if not rest:
        arguments = [one for one in call.args if one is not argument]
        if argument is call.args[-1] and arguments:
            arguments[-1] = arguments[-1].with_changes(comma=argument.comma)
        new: cst.CSTNode = call.with_changes(args=arguments)
        span = tree.span(call)
    else:
        if item is headers.elements[-1]:
            rest[-1] = rest[-1].with_changes(comma=item.comma)
        new = headers.with_changes(elements=rest)
        span = tree.span(headers)
    edit = Edit(span, tree.module.code_for_node(new))
    return Fix("leave the length out", (edit,), Level.SAFE, _REASON, drops=(tree.text(item.key), tree.text(item.value)))
