"""Why a call holds its thread, and which of two holds is told."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from streamlint.knowledge.blocking import BlockingCall, Tier
from streamlint.knowledge.llama_index import Method
from streamlint.model import syntax as ir
from streamlint.serving.ways import Hop, Way
from streamlint.values.activations import Frame
from streamlint.values.domain import Llama


class Cause(StrEnum):
    """What the leaf is."""

    LIBRARY = "library"
    LLAMA = "llama"
    HEAVY = "heavy"
    STREAM = "stream"


FARTHEST = 8
"""What waits behind more calls than this cannot be judged where one of them may not come to it: nobody sees then what all the
conditions on the way ask for."""


@dataclass(frozen=True)
class Hold:
    """Why a call holds its thread. `name` is the leaf as people write it; `reason` completes "it ..."; `hops` lead to it.

    The last hop is the leaf itself, in the file where it stands; a direct hold has that one only.
    """

    cause: Cause
    name: str
    reason: str
    tier: Tier
    way: Way
    call: BlockingCall | None = None
    method: Method | None = None
    receiver: Llama | None = None
    once: bool = False
    """Whether only the first request meets it, as what it fills stays full."""

    @property
    def hops(self) -> tuple[Hop, ...]:
        return self.way.steps

    @property
    def is_direct(self) -> bool:
        return self.way.length == 1

    def is_within(self, calls: int) -> bool:
        """Whether a way to the leaf leads through so many calls at most; one that comes to a call again is no longer for that."""
        return self.way.length <= calls or len(set(self.hops)) <= calls

    def behind(self, hop: Hop) -> Hold:
        return replace(self, way=self.way.behind(hop))


def stronger(first: Hold | None, second: Hold | None) -> Hold | None:
    """A certain hold before a likely one, a short way before a long one."""
    if first is None or second is None:
        return first or second
    if first.tier is not second.tier:
        return first if first.tier is Tier.CERTAIN else second
    return second if second.way.length < first.way.length else first


def hop_to(node: ir.Expression, frame: Frame, label: str) -> Hop:
    return Hop(frame.module.path, node.start, node.end, label)
