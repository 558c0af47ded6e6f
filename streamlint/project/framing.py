"""How what a generator yields is framed as server-sent events: not at all, by half, once, or twice."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from streamlint.project import syntax as ir
from streamlint.project.sent import Sending, SentGenerator, certain
from streamlint.project.values import Generated, Token, Tokens, Values

if TYPE_CHECKING:
    from streamlint.project.evaluate import Evaluator
    from streamlint.project.frames import Frame

SSE = "text/event-stream"
_LITERAL = re.compile(r"(?P<prefix>[fF]?)(?P<quote>[\"'])(?P<text>.*)(?P=quote)", re.DOTALL)
_FIELD = re.compile(r"(data|event|id|retry):")
_TEXT = ("text", "cumulative")


class Fault(StrEnum):
    RAW = "raw"
    HALF = "half"
    TWICE = "twice"


@dataclass(frozen=True)
class Unframed:
    """An expression that is sent, and what is wrong with its frame; `is_async` is the kind of the iterator that it is, if any."""

    fault: Fault
    expression: ir.Expression
    is_iterator: bool = False
    is_async: bool = False


class Framing:
    """Judges bodies that go out as `text/event-stream`; silent where one item is framed elsewhere or unknown."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def of_sending(self, sending: Sending) -> Unframed | None:
        """A token iterator that is itself the body."""
        if sending.media_type != SSE or sending.response.frames_sse:
            return None
        values = certain(self.evaluator.value(sending.content, sending.frame))
        if not values or not all(self._is_raw_iterator(frozenset((value,))) for value in values):
            return None
        tokens = self.evaluator.tokens(self.evaluator.union(frozenset((value,)) for value in values))
        is_async = tokens is not None and tokens.is_async is True
        if tokens is None or tokens.is_async is None:
            return None
        return Unframed(Fault.RAW, sending.content, True, is_async)

    def of_yield(self, item: ir.Yield, generators: tuple[SentGenerator, ...]) -> Unframed | None:
        """An item of a generator; all responses that send it, and all its other items, have a say."""
        if item.value is None or not generators:
            return None
        found = {self._of_yield(item, generator) for generator in generators}
        fault = found.pop() if len(found) == 1 else None
        if fault is None:
            return None
        return Unframed(fault, item.value, item.is_from)

    def _of_yield(self, item: ir.Yield, generator: SentGenerator) -> Fault | None:
        assert item.value is not None
        frame, sending = generator.frame, generator.sending
        text = literal(item.value, frame)
        if sending.response.frames_sse:
            return Fault.TWICE if text is not None and text.startswith("data:") else None
        if sending.media_type != SSE:
            return None
        others = [self._kind(other, frame) for other in frame.scope.yields]
        if self._kind(item, frame) == "raw" and all(kind in ("raw", "bare") for kind in others):
            return Fault.RAW
        if self._kind(item, frame) == "half" and all(kind in ("half", "whole") for kind in others):
            return Fault.HALF
        return None

    def _kind(self, item: ir.Yield, frame: Frame) -> str:
        """One of raw, bare (a constant without fields), half, whole, line, unknown."""
        if item.value is None:
            return "unknown"
        values = self.evaluator.value(item.value, frame)
        if item.is_from:
            return "raw" if self._is_raw_iterator(values) else "unknown"
        text = literal(item.value, frame)
        if text is None:
            alternatives = certain(values)
            raw = all(isinstance(value, Token) and value.items in _TEXT for value in alternatives)
            return "raw" if alternatives and raw else "unknown"
        if not _FIELD.match(text):
            return (
                "bare" if isinstance(item.value, ir.Constant) and "\\n" not in text and ":" not in text else "unknown"
            )
        if text.endswith(("\\n\\n", "\\r\\n\\r\\n", "\\r\\r")):
            return "whole"
        return "half" if text.startswith("data:") and text.endswith("\\n") and text.count("\\n") == 1 else "unknown"

    def _is_raw_iterator(self, values: Values) -> bool:
        alternatives = certain(values)
        for value in alternatives:
            if isinstance(value, Tokens) and value.items == "text":
                continue
            if isinstance(value, Generated) and value.frame.scope.kind == "generator-expression":
                items = certain(self.evaluator.generated(value))
                if items and all(isinstance(one, Token) and one.items in _TEXT for one in items):
                    continue
            return False
        return bool(alternatives)


def literal(expression: ir.Expression, frame: Frame) -> str | None:
    """The text between the quotes of a plain or formatted string, as written; None for anything else."""
    if not isinstance(expression, ir.FormattedString | ir.Constant):
        return None
    found = _LITERAL.fullmatch(frame.module.text(expression))
    if found is None or (found["text"].startswith(found["quote"]) and len(found["text"]) > 1):
        return None
    return found["text"]
