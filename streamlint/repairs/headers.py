"""Take a header away from a response."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Level

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile

_REASON = "the server frames the body itself, so the client receives all of it"


def without_item(file: PythonFile, call: cst.Call, headers: cst.Arg, item: cst.BaseDictElement) -> Fix | None:
    """The same call without one item of the dict that it is given; without the dict where nothing else is in it."""
    if not isinstance(headers.value, cst.Dict):
        return None
    rest = [element for element in headers.value.elements if element is not item]
    if not rest:
        arguments = [argument for argument in call.args if argument is not headers]
        if headers is call.args[-1] and arguments:
            arguments[-1] = arguments[-1].with_changes(comma=headers.comma)
        new: cst.CSTNode = call.with_changes(args=arguments)
        span = file.span(call)
    else:
        if item is headers.value.elements[-1]:
            rest[-1] = rest[-1].with_changes(comma=item.comma)
        new = headers.value.with_changes(elements=rest)
        span = file.span(headers.value)
    edit = Edit(span, file.module.code_for_node(new))
    key = (file.text(item.key),) if isinstance(item, cst.DictElement) else ()
    return Fix("leave the length out", (edit,), Level.SAFE, _REASON, drops=(*key, file.text(item.value)))
