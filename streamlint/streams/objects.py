"""Streams whose items are objects that hold text, and not text."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.values.domain import Token, Tokens

if TYPE_CHECKING:
    from streamlint.values import Evaluator
    from streamlint.values.domain import Value

_OBJECT = "object"


def is_object(value: Token | Tokens, evaluator: Evaluator) -> bool:
    """Whether an item, or each item of a stream, is an object; parts of the items of a chain may be text themselves."""
    row = evaluator.knowledge.token_streams.items(value.items)
    return value.items == _OBJECT or (row is not None and not row.may_be_text)


def are_shown_as_objects(value: Value, evaluator: Evaluator) -> bool:
    """Whether a page shows the items of a stream as objects, as it does not know how to read their text."""
    if not isinstance(value, Tokens) or not is_object(value, evaluator):
        return False
    row = evaluator.knowledge.token_streams.items(value.items)
    return row is not None and not row.is_shown
