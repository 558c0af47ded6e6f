"""What the solver knows of a question: what those of its kind have in common, and how far its answer is."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Answer = TypeVar("Answer")


def newer(_old: Answer, new: Answer) -> Answer:
    """What joins two answers where nothing is to be kept of the old one."""
    return new


def _as_it_is(answer: Answer) -> Answer:
    return answer


@dataclass(slots=True, eq=False)
class Lattice(Generic[Answer]):
    """What questions of one kind have in common.

    A question that comes to itself is given `bottom` at first; `otherwise` stands for an answer that is `bottom` in the end. An
    answer that changes a few times is taken for the `join` of the old and the new one from then on; `kept` gives what stands
    for an answer from the beginning.
    """

    bottom: Answer
    otherwise: Answer
    join: Callable[[Answer, Answer], Answer] = newer
    kept: Callable[[Answer], Answer] = _as_it_is


@dataclass(slots=True, eq=False)
class Question:
    """One that has no final answer yet."""

    key: Hashable
    compute: Callable[[], Any]
    kind: Lattice[Any]
    depth: int
    """How many questions were open when it was opened."""
    mark: int
    """How many answers were provisional then."""
    begun: int  # how many steps had been made then
    uses: dict[Question, Any] | None = None
    """The answers, not final yet, that the last computation was given."""
    found: Provisional | None = None
    """Its answer that is not final; None while it is open."""


@dataclass(slots=True, eq=False)
class Provisional:
    """An answer that rests on others which are not final; those are answers to questions opened at depth `lowest` or deeper."""

    question: Question
    answer: Any
    index: int
    lowest: int
    is_resting: bool = False
    """Whether it closes a circle, which is being brought to rest."""
    is_stale: bool = False
    """Whether its last computation was broken off, or was given what is no longer so."""
    changes: int = 0
    is_lifted: bool = False
    """Whether it was found to be nothing but what others make of it."""
    is_given_up: bool = False
