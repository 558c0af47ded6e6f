"""Which class of the project Django makes the configuration of an application of: `apps.get_app_config("chat")`."""

from __future__ import annotations

from collections.abc import Iterator

from streamlint.model import syntax as ir
from streamlint.model.forms import Form
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.domain import UNKNOWN, Class, Object, Values
from streamlint.values.whole import Whole

_BASES = frozenset(("django.apps.AppConfig", "django.apps.config.AppConfig"))
_WORD = "AppConfig"


def app_config(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """The configuration that a constant label means; unknown where the project has none for it.

    https://docs.djangoproject.com/en/stable/ref/applications/#django.apps.AppConfig.label
    """
    label = call.argument(0, "app_label")
    if not isinstance(label, ir.Constant):
        return UNKNOWN
    return alternatives(_labelled(evaluator, label.value)) or UNKNOWN


def _labelled(evaluator: Whole, label: object) -> Iterator[Object]:
    for module in evaluator.modules.standing(_WORD, Form.BASE):
        for scope in module.scopes:
            if scope.kind != "class" or _label(scope) != label:
                continue
            if not _BASES.isdisjoint(evaluator.attributes.outside_bases(Class(module.path, scope.index))):
                yield Object(module.path, scope.index)


def _label(scope: ir.Scope) -> str:
    """The label that a class says, or else the last part of its `name`."""
    said = {
        one.name: one.value.value
        for one in scope.bindings
        if isinstance(one.value, ir.Constant) and isinstance(one.value.value, str)
    }
    return said.get("label") or said.get("name", "").rpartition(".")[2]
