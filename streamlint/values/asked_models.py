"""Which requests of plain HTTP ask a model for a stream: by their address, or by what their body says."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.begun import begun
from streamlint.values.domain import Collection, Constant, Instance, Origin
from streamlint.values.spelt_out import spelt_out
from streamlint.values.truths import constant_truth
from streamlint.values.whole import Whole

_BODIES = ("json", "data", "content")
_KEY = "stream"


class AskedModels:
    """Looks at the arguments of requests."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.facts = evaluator.knowledge.token_streams

    def of(self, call: ir.Call, frame: Frame, *, is_request: bool) -> bool:
        """Whether this call, or the request behind the answer that it reads, asks a model."""
        if is_request:
            return self._asks(call, frame)
        requests = self._requests(call, frame)
        return bool(requests) and all(one is not None and self._asks(*one) for one in requests)

    def without(self, keyword: str, call: ir.Call, frame: Frame) -> Origin | None:
        """The request behind the answer that this call reads, where that was surely made without a keyword."""
        requests = self._requests(call, frame)
        known = [one for one in requests if one is not None and not one[0].hides_keywords]
        if not requests or len(known) != len(requests):
            return None
        given = [(one.argument(None, keyword), where) for one, where in known]
        if any(
            one is not None and constant_truth(self.evaluator.value(one, where)) is not False for one, where in given
        ):
            return None
        return self.evaluator.origin(*known[0])

    def _requests(self, call: ir.Call, frame: Frame) -> list[tuple[ir.Call, Frame] | None]:
        """The calls that made what this one reads; None for what cannot be seen."""
        read = call.function.base if isinstance(call.function, ir.Attribute) else call.function
        origins = [one.origin for one in self.evaluator.value(read, frame) if isinstance(one, Instance)]
        return [begun(self.evaluator, one) if one is not None else None for one in origins]

    def _asks(self, call: ir.Call, frame: Frame) -> bool:
        streams = self._says_stream(call, frame)
        if streams is not None:
            return streams
        prepared = self._prepared(call, frame)
        if prepared is not None:
            return self._asks(*prepared)
        given = (*call.arguments, *(value for name, value in call.keywords if name == "url"))
        return any(self.facts.is_of_model(text) for one in given for text in self._texts(one, frame))

    def _prepared(self, call: ir.Call, frame: Frame) -> tuple[ir.Call, Frame] | None:
        """What made the request that is sent here: `client.send(client.build_request("POST", address))`."""
        first = call.arguments[0] if call.arguments else None
        if first is None or isinstance(first, ir.Constant | ir.FormattedString):
            return None
        given = [one for one in self.evaluator.value(first, frame) if isinstance(one, Instance)]
        made = [one.origin for one in given if one.name in self.facts.requests]
        return begun(self.evaluator, made[0]) if len(made) == 1 and made[0] is not None else None

    def _texts(self, address: ir.Expression, frame: Frame) -> list[str]:
        """An address as it is written, also where it stands under a name, and what it may be."""
        values = self.evaluator.value(address, frame)
        said = [one.value for one in values if isinstance(one, Constant) and isinstance(one.value, str)]
        return [*said, *(where.module.text(one) for one, where in spelt_out(self.evaluator, address, frame))]

    def _says_stream(self, call: ir.Call, frame: Frame) -> bool | None:
        """What the body of a request says of `stream`; None where it says nothing, or cannot be seen."""
        bodies = [value for name, value in call.keywords if name in _BODIES]
        for body in bodies:
            body = body.arguments[0] if isinstance(body, ir.Call) and body.arguments else body
            for value in self.evaluator.value(body, frame):
                if isinstance(value, Collection) and value.kind == "dict":
                    said = [constant_truth(values) for key, values in value.items if key == _KEY]
                    return said[0] if said else None
        return None
