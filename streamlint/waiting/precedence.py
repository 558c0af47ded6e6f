"""Which of the faults that `streamlint/precedence.py` has in their order a place on an event loop is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.precedence import REPORTERS, Reason
from streamlint.waiting.held import Holdings
from streamlint.waiting.holds import Cause

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.source import Placed
    from streamlint.waiting.held import Held, OnLoop


class Precedence:
    """Judges what holds a loop, and what takes tokens there."""

    def __init__(self, project: Project) -> None:
        self.holdings = project.ask(Holdings)

    def reports(self, code: str, held: Held) -> bool:
        """Whether it is this rule that reports a hold."""
        return code in REPORTERS[self.of_hold(held)]

    def reports_taking(self, code: str, place: Placed, where: OnLoop) -> bool:
        """Whether it is this rule that reports that tokens are taken at a place."""
        return code in REPORTERS[self.of_taking(place, where)]

    def of_hold(self, held: Held) -> Reason:
        return next(fault for fault in Reason if self._is(fault, held))

    def of_taking(self, place: Placed, where: OnLoop) -> Reason:
        """What is reported of tokens that are taken: what is taken within a whole stream, or in one with the call that makes it
        wait, belongs to that."""
        if isinstance(place, ir.Loop) and isinstance(place.iterable, ir.Call):
            making = self.holdings.at(place.iterable, where.frame)
            if making is not None and self.of_hold(making) is Reason.LIBRARY:
                return Reason.LIBRARY
        within = any(start <= place.start < end for start, end in self.holdings.swallowed(where))
        return Reason.SWALLOWED if within else Reason.ITERATED

    def _is(self, fault: Reason, held: Held) -> bool:
        hold = held.hold
        match fault:
            case Reason.BUSY:
                return hold.cause is Cause.HEAVY
            case Reason.LIBRARY:
                return hold.is_direct and hold.cause is Cause.LIBRARY
            case Reason.SWALLOWED:
                return self._is_swallowed(held)
            case Reason.ITERATED:
                return isinstance(held.site, ir.Loop) and self.holdings.sync_tokens(held.node, held.frame) is not None
            case Reason.LLAMA:
                return hold.is_direct and hold.cause is Cause.LLAMA
            case Reason.BEHIND:
                return True
        return False

    def _is_swallowed(self, held: Held) -> bool:
        """Whether the hold itself is the taking of a whole stream; other waits stay when that is repaired."""
        hold = held.hold
        is_of_stream = hold.cause is Cause.STREAM or (hold.is_direct and hold.cause is Cause.LLAMA)
        if isinstance(held.site, ir.Loop) or not is_of_stream:
            return False
        return (held.node.start, held.node.end) in self.holdings.swallowed(held.on_loop)
