"""Where the answers to a question change along a row of releases, without asking it of all of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Stretch:
    """Releases next to each other with the same answer: the first and the last of them, by number."""

    first: int
    last: int
    answer: str


def stretches(length: int, step: int, ask: Callable[[int], str]) -> list[Stretch]:
    """Ask every `step`-th place and both ends, then halve the distance wherever two neighbours differ.

    What is bad for fewer than `step` places, between two that are good, is not seen.
    """
    asked: dict[int, str] = {}

    def known(place: int) -> str:
        if place not in asked:
            asked[place] = ask(place)
        return asked[place]

    for left, right in pairwise([*range(0, length - 1, step), length - 1] if length > 1 else [0, 0]):
        _halve(left, right, known)
    return _joined(asked, length)


def _halve(left: int, right: int, known: Callable[[int], str]) -> None:
    if known(left) == known(right) or right - left < 2:
        return
    middle = (left + right) // 2
    _halve(left, middle, known)
    _halve(middle, right, known)


def _joined(asked: dict[int, str], length: int) -> list[Stretch]:
    found: list[Stretch] = []
    for place, answer in sorted(asked.items()):
        if found and found[-1].answer == answer:
            found[-1] = Stretch(found[-1].first, place, answer)
        else:
            found.append(Stretch(place, place, answer))
    return found
