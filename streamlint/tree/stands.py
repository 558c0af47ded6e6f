"""On which node of libcst a node of the Summary stands: its place, and a word that must be written there."""

from __future__ import annotations

from typing import TypeAlias

from streamlint.fact import Stand
from streamlint.model import syntax as ir
from streamlint.model.operators import Operator
from streamlint.source import Placed, Span

Node: TypeAlias = (
    ir.Expression
    | ir.Scope
    | ir.Loop
    | ir.WithItem
    | ir.Return
    | ir.Line
    | ir.Handler
    | ir.Store
    | Operator
    | Span
    | Stand
)
"""What a fact can be about."""

EXPRESSIONS = (
    "Attribute",
    "Await",
    "BinaryOperation",
    "BooleanOperation",
    "Call",
    "Comparison",
    "ConcatenatedString",
    "Dict",
    "DictComp",
    "FormattedString",
    "GeneratorExp",
    "IfExp",
    "Lambda",
    "List",
    "ListComp",
    "Name",
    "NamedExpr",
    "Set",
    "SetComp",
    "SimpleString",
    "Subscript",
    "Tuple",
    "UnaryOperation",
    "Yield",
)
"""For a fact about whatever stands there: an argument, what is returned, what is yielded."""

_LOOPS = ("For", "CompFor")
_BLOCKS = ("With",)
_HANDLERS = ("ExceptHandler", "ExceptStarHandler")
_EXCEPT = "except"
_KEYWORDS: dict[type, str] = {ir.Await: "await", ir.Yield: "yield", ir.Starred: "*", ir.Walrus: ":="}


def stand_on(node: Node, types: tuple[str, ...]) -> Stand:
    """A loop and a `with` are found by what they iterate and enter, a handler by its word, everything else by its own place."""
    match node:
        case Stand():
            return node
        case Span():
            return Stand(node, types, "")
        case ir.Loop(iterable=iterable):
            return _stand(iterable, _of(types, _LOOPS), word_in(iterable))
        case ir.WithItem(context=context):
            return _stand(context, _of(types, _BLOCKS), word_in(context))
        case ir.Scope():
            return _stand(node, types, node.name)
        case ir.Return(value=value) if value is not None and value.start == node.start:  # what a lambda gives
            return _stand(value, EXPRESSIONS, word_in(value))
        case ir.Return():
            return _stand(node, types, "return")
        case ir.Import():
            return _stand(node, _of(types, ("ImportFrom" if node.is_from else "Import",)), "import")
        case ir.Line(kind=word):
            return _stand(node, _of(types, (word.capitalize(),)), word)
        case ir.Handler(head=start):
            return Stand(Span(start, start + len(_EXCEPT)), _of(types, _HANDLERS), _EXCEPT)
        case Operator(on=on):
            return stand_on(on, types)
        case ir.Store():
            return _stand(node, types, word_in(node.base))
        case _:
            others = tuple(one for one in types if one not in (*_LOOPS, *_BLOCKS, *_HANDLERS))
            return _stand(node, others, word_in(node))


def word_in(expression: ir.Expression) -> str:
    """A name or keyword that is written in an expression, "" where none is known; read from the Summary, not from the text."""
    for part in ir.walk(expression):
        match part:
            case ir.Name(id=name) | ir.Attribute(attribute=name):
                return name
            case ir.Await() | ir.Yield() | ir.Starred() | ir.Walrus():
                return _KEYWORDS[type(part)]
    return ""


def _of(types: tuple[str, ...], kinds: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(one for one in types if one in kinds)


def _stand(place: Placed, types: tuple[str, ...], word: str) -> Stand:
    return Stand(Span(place.start, place.end), types, word)
