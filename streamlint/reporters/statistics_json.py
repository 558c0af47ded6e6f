"""How many findings there are, for programs: one JSON document, of a shape that only grows while `schema` stays 1."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import streamlint
from streamlint.reporters.counts import Counts
from streamlint.reporters.json import SCHEMA, summary
from streamlint.reporters.json_text import dumped

if TYPE_CHECKING:
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, _style: Style) -> str:
    counts = Counts(outcome)
    document = {
        "schema": SCHEMA,
        "version": streamlint.__version__,
        "rules": [{"code": code, "name": name, **asdict(count)} for (code, name), count in counts.by_rule()],
        "symptoms": [{"symptom": each, **asdict(count)} for each, count in counts.by_symptom()],
        "repairs": [{"level": level, "found": number} for level, number in counts.by_level()],
        "fix_level": outcome.level.value,
        "summary": summary(outcome),
    }
    return dumped(document) + "\n"
