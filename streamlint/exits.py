"""What the exit code of a run says."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.finding import RULE_CRASHED
from streamlint.outcome import is_too_new

if TYPE_CHECKING:
    from collections.abc import Collection

    from streamlint.outcome import Outcome

CLEAN, FINDINGS, USAGE, INTERNAL = range(4)
INTERRUPTED = 130
"""What a shell says of a program that Ctrl-C has ended: 128 and the signal's number."""


def code(outcome: Outcome, paths: Collection[Path], *, fails: bool) -> int:
    """The exit code of a run over `paths`; `fails` says whether what it found, or would change, counts."""
    if crashed(outcome):
        return INTERNAL
    return FINDINGS if fails or outcome.unwritten or _unjudged(outcome, paths) else CLEAN


def crashed(outcome: Outcome) -> bool:
    return any(finding.code == RULE_CRASHED.code for finding in outcome.findings)


def _unjudged(outcome: Outcome, paths: Collection[Path]) -> bool:
    """Whether something that was named could not be judged."""
    named = {Path(os.path.abspath(path)) for path in paths}
    unread = {skipped.path for skipped in outcome.skipped if skipped.failed}
    return not named.isdisjoint(unread | {finding.path for finding in outcome.findings if is_too_new(finding)})
