"""What calls of models' own clients give: streams of tokens, objects that are one when they are entered, parts of their items."""

from __future__ import annotations

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.token_streams import FINISHED, TEXT, WHOLE, Made, MadeStream
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.asked_models import AskedModels
from streamlint.values.domain import (
    UNKNOWN,
    Collection,
    Constant,
    Coroutine,
    Instance,
    Token,
    Tokens,
    Values,
)
from streamlint.values.truths import constant_truth
from streamlint.values.whole import Whole

_SAME = frozenset(("decode", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix", "replace"))
_CUTTING = frozenset(("split", "rsplit", "splitlines"))


class MadeStreams:
    """Applies the table of token streams."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.facts = evaluator.knowledge.token_streams
        self._asked = AskedModels(evaluator)
        self._wrapping = evaluator.knowledge.names("handed_on", "wrapping")

    # Calls

    def knows(self, name: str) -> bool:
        """Whether what calling this dotted name gives is decided here, by its arguments."""
        is_chosen = self.facts.client(name) is not None or name in self._wrapping
        return is_chosen or bool(self.facts.made(name)) or self.facts.answered(name) is not None

    def of_call(self, name: str, call: ir.Call, frame: Frame) -> Values | None:
        """The stream that a call makes, or the client that it wraps; None where it makes none, or its arguments do not tell."""
        wrapped = call.argument(0, "client") if name in self._wrapping else None
        if wrapped is not None:
            return self.evaluator.value(wrapped, frame)
        client = self.facts.client(name)
        is_awaited = self._is_given(client.keyword, call, frame) if client is not None else None
        if client is not None and is_awaited is not None:
            made_of = client.awaited if is_awaited else client.waiting
            return frozenset((Instance(made_of, self.evaluator.origin(call, frame)),))
        for made in self.facts.made(name):
            if made.needs and self._is_given(made.needs, call, frame) is not True:
                continue
            if made.rules_out and self._is_given(made.rules_out, call, frame) is not False:
                continue
            if made.is_asked and not self._asked.of(call, frame, is_request=made.made.is_entered):
                continue
            whole = self._asked.without(made.asked_with, call, frame) if made.asked_with else None
            return self._stream(made, call, frame) if whole is None else _pieces(Token(FINISHED, whole))
        return self._complete(name, call, frame)

    def _complete(self, name: str, call: ir.Call, frame: Frame) -> Values | None:
        """The answer that a call gives when it is complete."""
        row = self.facts.answered(name)
        if row is None or (row.rules_out and self._is_given(row.rules_out, call, frame) is not False):
            return None
        if row.is_asked and not self._asked.of(call, frame, is_request=True):
            return None
        answer: Values = frozenset((Token(row.items, self.evaluator.origin(call, frame)),))
        return frozenset((Coroutine(answer),)) if row.is_async else answer

    def _stream(self, made: MadeStream, call: ir.Call, frame: Frame) -> Values:
        origin = self.evaluator.origin(call, frame)
        if made.made.is_entered:
            entered: Values = frozenset((Instance(made.manager, origin),))
            return frozenset((Coroutine(entered),)) if made.made is Made.AWAITED else entered
        is_async = made.made.is_async
        tokens: Values = frozenset((Tokens(is_async, made.items, origin, Role.LLM, is_async),))
        return frozenset((Coroutine(tokens),)) if made.made is Made.COROUTINE else tokens

    def _is_given(self, keyword: str, call: ir.Call, frame: Frame) -> bool | None:
        """Whether an argument is true, or the text that `keyword=text` asks for; None where that cannot be seen."""
        keyword, _, text = keyword.partition("=")
        given = call.argument(None, keyword)
        values = self.evaluator.value(given, frame) if given is not None else self.unpacked(keyword, call, frame)
        return values == {Constant(text)} if text else constant_truth(values)

    def unpacked(self, keyword: str, call: ir.Call, frame: Frame) -> Values:
        """What `**options` gives for a keyword; false where there is nothing of the kind."""
        hidden = (value for name, value in call.keywords if name is None)
        return self.evaluator.union(self._entry(one, keyword, frame) for one in hidden) or frozenset((Constant(False),))

    def _entry(self, options: ir.Expression, keyword: str, frame: Frame) -> Values:
        key = ir.Subscript(options.start, options.end, options, ir.Constant(options.start, options.end, keyword))
        values = self.evaluator.value(options, frame)
        return self.evaluator.each(values, lambda one: self.evaluator.attributes.item(one, key, frame))

    # Objects that are entered

    def managed(self, value: Instance) -> Tokens | None:
        """The tokens that an entered object gives when it is iterated over."""
        row = self.facts.managed(value.name)
        return Tokens(row.is_async, row.items, value.origin, Role.LLM, row.is_async) if row and row.items else None

    def attribute(self, base: Instance, name: str) -> Tokens | None:
        """A further stream that hangs on an entered object: `stream.text_stream`."""
        row = self.facts.managed(base.name)
        items = row.parts.get(name) if row is not None else None
        return Tokens(row.is_async, items, base.origin, Role.LLM, row.is_async) if row is not None and items else None

    # Items

    def first(self, tokens: Tokens) -> Token:
        """One item of a stream."""
        kind = self.facts.part(tokens.items, "")
        return Token(kind or tokens.items, tokens.origin)

    def part(self, base: Token, step: str) -> Values:
        """A part of an item, by attribute or key."""
        path = f"{base.part}.{step}" if base.part else step
        kind = self.facts.part(base.items, path)
        if kind is None:
            return UNKNOWN
        return frozenset((Token(kind, base.origin) if kind else Token(base.items, base.origin, path),))

    def parsed(self, base: Token) -> Values:
        """What an item that is part of a body says, read as JSON."""
        row = self.facts.items(base.items)
        return frozenset((Token(row.parsed, base.origin),)) if row is not None and row.parsed else UNKNOWN

    def as_text(self, base: Token, method: str, taken: Values | None = None) -> Values:
        """What a method of text makes of a part of a body, or of a complete answer: the same in another form, or pieces of it.

        A token stays one while what is `taken` out of it are no line breaks.
        """
        row = self.facts.items(base.items)
        if base.items in (TEXT, WHOLE) and not base.part:
            return frozenset((base,)) if method == "replace" and (taken is None or _are_in_a_line(taken)) else UNKNOWN
        is_text = base.items == FINISHED or (row is not None and bool(row.parsed))
        if is_text and base.items == FINISHED and method in _CUTTING:
            return _pieces(base)
        if row is not None and not base.part and method in row.cut_by:
            return _pieces(Token(FINISHED, base.origin))
        return frozenset((base,)) if is_text and method in _SAME else UNKNOWN

    def item(self, base: Token, keys: tuple[str | None, ...] = (None,)) -> Values:
        """`item[key]`, or one of the items of a list in it."""
        row = self.facts.items(base.items)
        if base.items == FINISHED or (row is not None and row.parsed):
            return frozenset((base,))
        steps = ("[]" if key is None or key.lstrip("-").isdecimal() else key for key in keys)
        return self.evaluator.union(self.part(base, step) for step in steps)

    # Chains

    def piped(self, operation: ir.Operation, frame: Frame) -> Values:
        """`prompt | model | parser`."""
        parts = [self._classes(operand, frame) for operand in operation.operands]
        last = next(iter(parts[-1]), "") if len(parts[-1]) == 1 else ""
        made = self.facts.piped(frozenset().union(*parts), last)
        return frozenset((Instance(made, self.evaluator.origin(operation, frame)),)) if made else UNKNOWN

    def _classes(self, operand: ir.Expression, frame: Frame) -> frozenset[str]:
        values = self.evaluator.value(operand, frame)
        return frozenset(value.name for value in values if isinstance(value, Instance))


def _pieces(answer: Token) -> Values:
    """A complete answer, cut up."""
    return frozenset((Collection("list", ((None, frozenset((answer,))),), answer.origin),))


def _are_in_a_line(values: Values) -> bool:
    """Whether these are words without line breaks."""
    texts = [value.value if isinstance(value, Constant) else None for value in values]
    return bool(texts) and all(isinstance(text, str) and text and not {"\n", "\r"} & {*text} for text in texts)
