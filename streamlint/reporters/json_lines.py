"""One JSON object a line, each a finding as in `json`: for programs that read as they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.reporters.json import rows
from streamlint.reporters.json_text import dumped
from streamlint.reporters.marks import Marks

if TYPE_CHECKING:
    from streamlint.outcome import Outcome
    from streamlint.reporters.style import Style


def render(outcome: Outcome, _style: Style) -> str:
    return "".join(f"{dumped(row, indent=None)}\n" for row in rows(Marks.of(outcome).findings, outcome))
