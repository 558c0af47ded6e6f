"""What was measured, as tables: medians, and ratios to parsing and to the fastest peer."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.measuring import Cost, middle

Costs = Mapping[str, Mapping[str, Sequence[Cost]]]
"""Of all runs, by tree and program."""
UNIT, PEER = "ast.parse", "ruff ASYNC"
_HEAD = f"| program | CPU s | in `{UNIT}` | in {PEER} | wall s | MB |\n|---|---|---|---|---|---|"


def table(costs: Costs) -> Iterator[str]:
    """Lines of Markdown."""
    for name, programs in costs.items():
        medians = {program: middle(found) for program, found in programs.items() if found}
        unit, peer = (medians[each].cpu if each in medians else 0 for each in (UNIT, PEER))
        yield f"\n### {name}\n\n{_HEAD}"
        for program, cost in medians.items():
            ratios = f"{_ratio(cost.cpu, unit)} | {_ratio(cost.cpu, peer)}"
            yield f"| {program} | {cost.cpu:.2f} | {ratios} | {cost.wall:.2f} | {cost.memory:.0f} |"


def _ratio(cost: float, unit: float) -> str:
    return f"{cost / unit:.2f}" if unit else ""


def machine() -> str:
    return f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}"
