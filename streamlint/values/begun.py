"""The call that made a value, by its origin."""

from __future__ import annotations

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Origin
from streamlint.values.whole import Whole


def begun(evaluator: Whole, origin: Origin) -> tuple[ir.Call, Frame] | None:
    """That call, with the frame of any call of the function around it."""
    module = evaluator.modules.load(origin.path)
    for scope in module.scopes if module is not None else ():
        for call in scope.calls:
            if module is not None and (call.start, call.end) == (origin.start, origin.end):
                return call, evaluator.any_call(module, scope)
    return None
