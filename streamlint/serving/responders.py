"""Which methods a host calls of an object that stands for a path: the resources of Falcon, which need no base."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose, Registration
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import UNKNOWN, Constant, Function, Object

if TYPE_CHECKING:
    from streamlint.values import Evaluator

_VERB = "on_"


class Responders:
    """Finds the responders of an object: `on_get`, and with a suffix `on_get_items`."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def of(
        self, given: ir.Expression, row: Registration, call: ir.Call, frame: Frame
    ) -> Iterator[tuple[Function, tuple[str, ...], Purpose]]:
        """Each with the HTTP methods that it answers, and whether it is a WebSocket; none where the suffix is unknown."""
        suffix = self._suffix(row, call, frame)
        if suffix is None:
            return
        for value in self.evaluator.value(given, frame):
            if not isinstance(value, Object):
                continue
            for name in row.responders:
                method = self.evaluator.attributes.method(value, f"{name}{suffix}")
                if method is not None:
                    verb = name.removeprefix(_VERB).upper()
                    is_socket = verb == "WEBSOCKET"
                    kind = Purpose.WEBSOCKET if is_socket else row.kind
                    yield Function(method.path, method.scope, None, value), () if is_socket else (verb,), kind

    def _suffix(self, row: Registration, call: ir.Call, frame: Frame) -> str | None:
        given = call.argument(None, row.suffix_keyword) if row.suffix_keyword else None
        if given is None:
            return ""
        (value, *others) = self.evaluator.value(given, frame) or UNKNOWN
        if others or not isinstance(value, Constant) or not isinstance(value.value, str | None):
            return None
        return f"_{value.value}" if value.value else ""
