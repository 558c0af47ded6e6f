"""Answers questions that ask each other, in circles and to any depth: each once, and the same whoever asks first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, TypeVar

Answer = TypeVar("Answer")

_DEEPEST = 100
"""Questions within questions before the innermost is answered first; each takes about ten frames of Python's stack."""
_MOST_ROUNDS = 12
_NOWHERE = 1 << 60
_MISSING: Any = object()


@dataclass(slots=True, eq=False)
class _Question:
    key: Hashable
    compute: Callable[[], Any]
    bottom: Any
    otherwise: Any
    depth: int = 0
    """How many questions were open when it was opened."""
    mark: int = 0
    """How many answers were provisional then."""
    rounds: int = 0


class _TooDeep(Exception):
    """Unwinds Python's stack; `left` are the questions that it leaves unanswered, the innermost first."""

    def __init__(self, question: _Question) -> None:
        super().__init__()
        self.left = [question]


@dataclass(frozen=True, slots=True)
class _Provisional:
    """An answer that rests on assumptions about questions that are still open, the outermost of them opened at depth `cut`."""

    question: _Question
    cut: int
    lowest: int
    """The lowest cut of this one and all before it."""
    has_moved: bool
    """Whether something assumed another answer than this one."""


class Solver:
    """Keeps every answer.

    A question that comes to itself gets what was assumed of it so far, `bottom` at first. When the outermost question of the
    circle has its answer, the whole circle is asked again with the new assumptions until none of them changes: then all answers
    of the circle are final. So an answer does not depend on where a circle was entered, and a circle costs a few times its length.
    """

    def __init__(self) -> None:
        self.gave_up = 0
        """Circles that did not come to rest; their last answers are kept."""
        self.steps = 0
        """How often something was computed."""
        self._kept: dict[Hashable, Any] = {}
        self._open: dict[Hashable, int] = {}
        self._provisional: dict[Hashable, Any] = {}
        self._trail: list[_Provisional] = []
        self._assumed: dict[Hashable, Any] = {}
        self._level = 0
        self._cut = _NOWHERE
        """The lowest depth of an open question whose assumed answer was used since the innermost one was opened."""

    def ask(self, key: Hashable, compute: Callable[[], Answer], bottom: Answer, otherwise: Answer) -> Answer:
        """The answer that `compute` gives, or gave before; `otherwise` stands for an answer that is `bottom` in the end."""
        answer = self._kept.get(key, _MISSING)
        if answer is not _MISSING:
            return answer  # type: ignore[no-any-return]  # the key decides the type
        if key in self._provisional:
            self._cut = min(self._cut, self._trail[-1].lowest)
            return self._provisional[key]  # type: ignore[no-any-return]  # likewise
        depth = self._open.get(key)
        if depth is not None:
            self._cut = min(self._cut, depth)
            return self._assumed.setdefault(key, bottom)  # type: ignore[no-any-return]  # likewise
        question = _Question(key, compute, bottom, otherwise)
        if self._level == 0:
            return self._from_the_ground(question)  # type: ignore[no-any-return]  # likewise
        if self._level >= _DEEPEST:
            raise _TooDeep(self._opened(question))
        return self._inside(question)  # type: ignore[no-any-return]  # likewise

    def _from_the_ground(self, question: _Question) -> Any:
        """Answer; where it leads too deep, the question down there comes first, then those that led to it, which stay open."""
        pending = [self._opened(question)]
        try:
            while True:
                try:
                    answer = self._settled(pending[-1])
                except _TooDeep as deep:
                    pending += reversed(deep.left)
                    continue
                del self._open[pending.pop().key]
                if not pending:
                    return answer
        finally:
            self._open.clear()
            self._provisional.clear()
            self._trail.clear()
            self._assumed.clear()
            self._level, self._cut = 0, _NOWHERE

    def _inside(self, question: _Question) -> Any:
        outer = self._cut
        self._opened(question)
        try:
            answer = self._settled(question)
        except _TooDeep as deep:
            deep.left.append(question)
            raise
        del self._open[question.key]
        self._cut = min(outer, self._cut) if self._cut < question.depth else outer
        return answer

    def _opened(self, question: _Question) -> _Question:
        question.depth, question.mark = len(self._open), len(self._trail)
        self._open[question.key] = question.depth
        return question

    def _settled(self, question: _Question) -> Any:
        """The answer: final, unless it rests on a question further out."""
        while True:
            answer = self._computed(question)
            assumed = self._assumed.get(question.key, _MISSING)
            has_moved = assumed is not _MISSING and assumed != answer
            if has_moved:
                self._assumed[question.key] = answer
            if self._cut < question.depth:
                self._note(question, answer, has_moved)
                return answer
            has_moved = has_moved or any(one.has_moved for one in self._trail[question.mark :])
            if not has_moved or question.rounds >= _MOST_ROUNDS:
                self.gave_up += has_moved
                return self._final(question, answer)
            question.rounds += 1
            self._drop(question.mark)

    def _computed(self, question: _Question) -> Any:
        self._cut = _NOWHERE
        self.steps += 1
        self._level += 1
        try:
            return question.compute()
        finally:
            self._level -= 1

    def _note(self, question: _Question, answer: Any, has_moved: bool) -> None:
        lowest = min(self._cut, self._trail[-1].lowest) if self._trail else self._cut
        self._provisional[question.key] = answer
        self._trail.append(_Provisional(question, self._cut, lowest, has_moved))

    def _final(self, question: _Question, answer: Any) -> Any:
        for one in self._trail[question.mark :]:
            self._keep(one.question, self._provisional.pop(one.question.key))
        del self._trail[question.mark :]
        return self._keep(question, answer)

    def _keep(self, question: _Question, answer: Any) -> Any:
        kept = question.otherwise if answer == question.bottom else answer
        self._kept[question.key] = kept
        return kept

    def _drop(self, mark: int) -> None:
        for one in self._trail[mark:]:
            del self._provisional[one.question.key]
        del self._trail[mark:]
