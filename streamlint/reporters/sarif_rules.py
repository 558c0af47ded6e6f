"""What SARIF tells of the rules, from their docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from streamlint import rule
from streamlint.finding import TOOL_CODES, Severity
from streamlint.reporters.sarif_results import LEVELS

if TYPE_CHECKING:
    from streamlint.finding import ToolCode
    from streamlint.rule import Rule

_PROBLEMS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.ADVICE: "recommendation"}
"""GitHub's words for what is no question of security."""


def descriptors(codes: Collection[str]) -> list[dict[str, Any]]:
    """The rules with these codes, in their order."""
    own = [
        _descriptor(each, each.summary, each.documentation or each.summary) for each in TOOL_CODES if each.code in codes
    ]
    rules = [_descriptor(each, rule.summary(each), inspect.getdoc(type(each)) or "") for each in rule.discover(codes)]
    return [*own, *rules]


def _descriptor(each: Rule | ToolCode, summary: str, documentation: str) -> dict[str, Any]:
    return {
        "id": each.code,
        "name": each.name,
        "shortDescription": {"text": f"{each.code} {each.name}"},
        "fullDescription": {"text": summary},
        "help": {"text": documentation, "markdown": documentation},
        "defaultConfiguration": {"level": LEVELS[each.severity], "enabled": each.severity is not Severity.ADVICE},
        "properties": {"tags": ["streaming"], "problem.severity": _PROBLEMS[each.severity], "precision": "high"},
    }
