"""Answers questions that ask each other, in circles and to any depth: each once, and the same whoever asks first."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from heapq import heappop, heappush
from typing import Any

from streamlint.values.questions import Answer, Lattice, Provisional, Question, newer

_Making = Callable[[Hashable, Any], Any]

_DEEPEST = 100
"""Questions within questions before the innermost is answered first; each takes about ten frames of Python's stack."""
_MOST_STEPS = 300_000
"""Computations behind one question; projects of a thousand files in which everything hangs together need half as many."""
_FEWEST_STEPS = 2_000
"""What is left of them, in the end, where question after question leads to too many."""
_FEW_CHANGES = 6
_MOST_CHANGES = 24
_NOWHERE = 1 << 60
_MISSING: Any = object()


class _TooDeep(Exception):
    """Unwinds Python's stack; `left` are the questions that it leaves unanswered, the innermost first."""

    def __init__(self, question: Question) -> None:
        super().__init__()
        self.left = [question]


class _TooMuch(Exception):
    """Ends a question from the ground that leads to too many others."""


class Solver:
    """Keeps every answer.

    A question that comes to itself is given the bottom of its kind at first. When the outermost question of the circle has its
    answer, those that were given something else than what the answer is by now are computed again, until nothing changes any
    more. Then all answers of the circle are final. So an answer does not depend on where a circle was entered.

    A question that leads to too many others is given up, and so are those on the way to most of them; then everything hangs
    together, and from there on less is looked through for a question.
    """

    def __init__(self, give_up: _Making = newer, leave: _Making = newer) -> None:
        self.gave_up = 0
        """Answers that went on changing, or rest on too many; what is made of the question and its last answer is kept."""
        self._give_up, self._left = give_up, leave
        self.steps = 0
        """How often something was computed."""
        self.answers: dict[Hashable, Any] = {}
        """The final ones; who asks the same again and again looks here first."""
        self._pending: dict[Hashable, Question] = {}
        """The questions that are open, or have a provisional answer."""
        self._opened = 0
        """How many are open."""
        self._most, self._last = _MOST_STEPS, 0
        """How many steps may be made for a question from the ground, and the number of the one at which this one is given up."""
        self._trail: list[Provisional] = []
        """The provisional answers in the order in which they were found."""
        self._bases: list[int] = []
        """For every circle that is being brought to rest, the inner ones last: where it begins on the trail."""
        self._asking: Question | None = None
        self.lent = 0
        """How often somebody was given an answer that was not final."""
        self._level = 0
        self._cut = _NOWHERE
        """The lowest depth of an open question on which something rests that was given since the innermost one was opened."""

    def ask(
        self,
        key: Hashable,
        compute: Callable[[], Answer],
        bottom: Answer,
        otherwise: Answer,
        join: Callable[[Answer, Answer], Answer] = newer,
    ) -> Answer:
        """The answer that `compute` gives, or gave before, to a question of a kind of its own."""
        answer = self.answers.get(key, _MISSING)
        if answer is not _MISSING:
            return answer  # type: ignore[no-any-return]  # the key decides the type
        pending = self._pending.get(key)
        kind: Lattice[Answer] = Lattice(bottom, otherwise, join) if pending is None else pending.kind
        return self.opened(key, compute, kind)

    def answer(self, key: Hashable, compute: Callable[[], Answer], kind: Lattice[Answer]) -> Answer:
        """As `ask`, for one of many questions of a kind."""
        answer = self.answers.get(key, _MISSING)
        if answer is not _MISSING:
            return answer  # type: ignore[no-any-return]  # the key decides the type
        return self.opened(key, compute, kind)

    def part(self, key: Hashable, compute: Callable[[], Answer]) -> Answer:
        """What `compute` gives as a part of the answer that is being computed, kept where it rests on final answers only."""
        answer = self.answers.get(key, _MISSING)
        if answer is not _MISSING:
            return answer  # type: ignore[no-any-return]  # the key decides the type
        before = self.lent
        made = compute()
        if self.lent == before:
            self.answers[key] = made
        return made

    def opened(self, key: Hashable, compute: Callable[[], Answer], kind: Lattice[Answer]) -> Answer:
        """As `answer`, for a question that has no final one, as `answers` says."""
        question = self._pending.get(key)
        if question is not None:
            return self._given(question.found) if question.found is not None else self._bottom(question)  # type: ignore[no-any-return]
        question = Question(key, compute, kind, self._opened, len(self._trail), self.steps)
        if self._level == 0:
            return self._from_the_ground(question)  # type: ignore[no-any-return]  # likewise
        self._pending[key] = question
        self._opened += 1
        if self._level >= _DEEPEST:
            raise _TooDeep(question)
        outer = self._cut
        try:
            answer: Answer = self._settled(question)
        except _TooDeep as deep:
            deep.left.append(question)
            raise
        self._opened -= 1
        self._cut = outer
        found = question.found
        return answer if found is None else self._given(found)

    # Questions within questions

    def _from_the_ground(self, question: Question) -> Any:
        """Answer; where it leads too deep, the question down there comes first, then those that led to it, which stay open."""
        self._pending[question.key] = question
        self._opened += 1
        self._last = self.steps + self._most
        pending = [question]
        try:
            while True:
                self._level, self._asking = 0, None
                try:
                    answer = self._settled(pending[-1])
                except _TooDeep as deep:
                    pending += reversed(deep.left)
                    continue
                self._opened -= 1
                pending.pop()
                if not pending:
                    return answer
        except _TooMuch:
            return self._leave(question)
        finally:
            self._opened = 0
            self._pending.clear()
            self._trail.clear()
            self._bases.clear()
            self._level, self._cut, self._asking = 0, _NOWHERE, None

    def _leave(self, asked: Question) -> Any:
        """Give up a question, and what is open behind which most of the steps for it were made."""
        self.gave_up += 1
        many = self._most // 4
        self._most = max(self._most // 2, _FEWEST_STEPS)
        for one in [question for question in self._pending.values() if question is asked or question.found is None]:
            if one is asked or self.steps - one.begun >= many:
                self._keep(one, self._left(one.key, one.kind.bottom))
        return self.answers[asked.key]

    @property
    def asking(self) -> Hashable:
        """The key of the question that is being computed; None where there is none."""
        return self._asking.key if self._asking is not None else None

    def _settled(self, question: Question) -> Any:
        """The answer: final, unless it rests on a question further out."""
        if question.found is None:
            answer = self._computed(question)
            if self._cut < question.depth:
                self._note(question, answer)
                return answer
            if len(self._trail) == question.mark and not (question.uses and question in question.uses):
                return self._keep(question, answer)
            self._close_circle(self._note(question, answer))
        self._bring_to_rest(question)
        return self._final(question)

    def _computed(self, question: Question) -> Any:
        outer, self._asking = self._asking, question
        question.uses = None
        self._cut = _NOWHERE
        if self.steps >= self._last:
            raise _TooMuch
        self.steps += 1
        self._level += 1
        answer = question.kind.kept(question.compute())
        self._level -= 1
        self._asking = outer
        return answer

    # Answers that are not final

    def _given(self, found: Provisional) -> Any:
        """A provisional answer; who is given it rests on what it rests on."""
        end = len(self._trail)
        for base in reversed(self._bases):
            if found.index >= base:
                break
            end = base
        lowest = self._trail[end - 1].lowest
        if lowest < self._cut:
            self._cut = lowest
        answer = found.answer
        self._note_use(found.question, answer)
        return answer

    def _bottom(self, question: Question) -> Any:
        """What a question is given that comes to itself."""
        if question.depth < self._cut:
            self._cut = question.depth
        self._note_use(question, question.kind.bottom)
        return question.kind.bottom

    def _note_use(self, question: Question, answer: Any) -> None:
        self.lent += 1
        asking = self._asking
        if asking is None:
            return
        if asking.uses is None:
            asking.uses = {question: answer}
        else:
            asking.uses[question] = answer

    def _note(self, question: Question, answer: Any) -> Provisional:
        base = self._bases[-1] if self._bases else 0
        before = self._trail[-1].lowest if len(self._trail) > base else _NOWHERE
        found = Provisional(question, answer, len(self._trail), min(self._cut, question.depth, before))
        question.found = found
        self._trail.append(found)
        return found

    # Circles

    def _close_circle(self, found: Provisional) -> None:
        question = found.question
        found.is_resting = True
        for one in self._trail[question.mark :]:
            one.lowest = question.depth
        self._bases.append(question.mark)

    def _bring_to_rest(self, head: Question) -> None:
        """Compute again what was given other answers than those of now; the questions of the circle, the innermost first."""
        users: dict[Question, dict[int, None]] = {}
        stale: list[int] = []
        noted = self._watch(head.mark, users, stale)
        while stale or self._lift(head, users, stale):
            found = self._trail[heappop(stale)]
            answer = self._again(found)
            last = self._trail[-1]
            if self._cut < last.lowest:
                last.lowest = self._cut
            noted = self._watch(noted, users, stale)
            _note_users(found, users)
            if answer != found.answer:
                found.answer = answer
                for user in users.get(found.question, ()):
                    self._doubt(self._trail[user], found, stale)

    def _lift(self, head: Question, users: dict[Question, dict[int, None]], stale: list[int]) -> bool:
        """Of a circle at rest, call what is `bottom` by what it stands for, and say whether somebody must know of it."""
        circle = self._trail[head.mark :]
        if min(one.lowest for one in circle) < head.depth:
            return False
        lifted = [one for one in circle if one.answer == one.question.kind.bottom != one.question.kind.otherwise]
        for one in lifted:
            one.answer, one.is_lifted = one.question.kind.otherwise, True
        for one in lifted:
            for user in users.get(one.question, ()):
                self._doubt(self._trail[user], one, stale)
        return bool(stale)

    def _watch(self, start: int, users: dict[Question, dict[int, None]], stale: list[int]) -> int:
        """Take note of the answers from `start` on: what they use, and whether that holds."""
        trail = self._trail
        for index in range(start, len(trail)):
            found = trail[index]
            _note_users(found, users)
            if _is_stale(found):
                found.is_stale = True
                heappush(stale, index)
        return len(trail)

    @staticmethod
    def _doubt(user: Provisional, changed: Provisional, stale: list[int]) -> None:
        """Have a user of a changed answer computed again, unless it will be, was given the new answer, or never rests."""
        if user.is_stale or (user.question.uses or {}).get(changed.question, _MISSING) == changed.answer:
            return
        if user.is_given_up:
            return
        user.is_stale = True
        heappush(stale, user.index)

    def _again(self, found: Provisional) -> Any:
        question = found.question
        answer = self._computed(question)
        found.is_stale = False
        found.changes += 1
        if found.is_lifted and answer == question.kind.bottom:
            answer = question.kind.otherwise
        if found.changes >= _FEW_CHANGES:
            answer = question.kind.join(found.answer, answer)
        if found.changes < _MOST_CHANGES or answer == found.answer:
            return answer
        found.is_given_up = True
        self.gave_up += 1
        return self._give_up(question.key, answer)

    def _final(self, head: Question) -> Any:
        """Keep the answers of a circle at rest, unless bringing it there has tied it to a question further out."""
        self._bases.pop()
        circle = self._trail[head.mark :]
        lowest = min(one.lowest for one in circle)
        if lowest < head.depth:
            for one in circle:
                one.lowest = lowest
            assert head.found is not None
            return head.found.answer
        for one in circle:
            one.question.found = None
            self._keep(one.question, one.answer)
        del self._trail[head.mark :]
        return self.answers[head.key]

    def _keep(self, question: Question, answer: Any) -> Any:
        kept = question.kind.otherwise if answer == question.kind.bottom else answer
        self.answers[question.key] = kept
        del self._pending[question.key]
        question.uses = None  # those of a circle would hold each other
        return kept


def _note_users(found: Provisional, users: dict[Question, dict[int, None]]) -> None:
    for used in found.question.uses or ():
        known = users.get(used)
        if known is None:
            users[used] = {found.index: None}
        else:
            known[found.index] = None


def _is_stale(found: Provisional) -> bool:
    """Whether it will be computed again, or was given what is no longer so."""
    if found.is_stale:
        return True
    for used, given in (found.question.uses or {}).items():
        now = used.found
        if now is not None and now.answer is not given and now.answer != given:
            return True
    return False
