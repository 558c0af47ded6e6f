"""Repairs that change a node: a libcst transformer over the module, and the part of the text that it changed."""

from __future__ import annotations

from itertools import takewhile

import libcst as cst

from streamlint.fix import Edit
from streamlint.source import Span
from streamlint.tree.pieces import Piece


class WithoutItem(cst.CSTTransformer):
    """Takes one item out of the dict that a call is given; the argument too, where nothing else is in the dict."""

    def __init__(self, item: cst.DictElement) -> None:
        super().__init__()
        self.item = item

    def leave_Dict(self, original_node: cst.Dict, updated_node: cst.Dict) -> cst.Dict:
        kept = [element is not self.item for element in original_node.elements]
        if all(kept):
            return updated_node
        rest = [element for element, stays in zip(updated_node.elements, kept, strict=True) if stays]
        if rest and not kept[-1]:
            rest[-1] = rest[-1].with_changes(comma=self.item.comma)
        return updated_node.with_changes(elements=rest)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        kept = [not self._is_only_item(argument.value) for argument in original_node.args]
        if all(kept):
            return updated_node
        rest = [argument for argument, stays in zip(updated_node.args, kept, strict=True) if stays]
        if rest and not kept[-1]:
            rest[-1] = rest[-1].with_changes(comma=updated_node.args[-1].comma)
        return updated_node.with_changes(args=rest)

    def _is_only_item(self, value: cst.BaseExpression) -> bool:
        return isinstance(value, cst.Dict) and len(value.elements) == 1 and value.elements[0] is self.item


def changed(piece: Piece, codemod: cst.CSTTransformer) -> Edit:
    """What a codemod changes of a file: everything before and behind stays as it is."""
    before, after = piece.module.code, piece.module.visit(codemod).code
    start = _common(before, after)
    end = _common(before[start:][::-1], after[start:][::-1])
    return Edit(Span(piece.offset(start), piece.offset(len(before) - end)), after[start : len(after) - end])


def _common(one: str, other: str) -> int:
    """How many characters at the beginning are the same."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
