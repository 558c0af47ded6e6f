"""Which places of a function a call on a loop never comes to: behind a `return`, under a test that fails, for a full memo."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from operator import itemgetter
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.running.memos import Memos
from streamlint.running.platforms import Platforms
from streamlint.running.running_loops import RunningLoops
from streamlint.values.domain import Class, Constant, Function, Object
from streamlint.values.said import last_word
from streamlint.values.truths import joined

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.source import Placed
    from streamlint.values.activations import Frame

Span = tuple[int, int]

_LEAVING = ("raise", "break", "continue")
_ASKS_WHETHER_ASYNC = "iscoroutinefunction"
_LITTLE = (bool, int, float, str, type(None))


@dataclass(frozen=True)
class _Decided:
    """What of a function's text can decide where a call of it comes to."""

    blocks: tuple[ir.Block, ...]
    """Those in which a statement may end what follows."""
    choices: tuple[ir.If, ...]
    repeated: tuple[ir.While, ...]
    matches: tuple[ir.Match, ...]
    attempts: tuple[ir.Try, ...]
    conditional: tuple[ir.Choice, ...]

    @property
    def is_anything(self) -> bool:
        return any((self.blocks, self.choices, self.repeated, self.matches, self.attempts, self.conditional))

    @classmethod
    def of(cls, scope: ir.Scope) -> _Decided:
        statements = tuple(scope.body.walk())
        blocks = (scope.body, *(one for statement in statements for one in statement.blocks()))
        expressions = scope.expressions()
        return cls(
            tuple(block for block in blocks if any(map(_may_leave, block.statements[:-1]))),
            tuple(one for one in statements if isinstance(one, ir.If)),
            tuple(one for one in statements if isinstance(one, ir.While)),
            tuple(one for one in statements if isinstance(one, ir.Match)),
            tuple(one for one in statements if isinstance(one, ir.Try)),
            tuple(one for one in expressions if isinstance(one, ir.Choice) and one.tests),
        )


class Never:
    """Only what the text and the arguments of this very call decide: literals, parameters, and what a function is."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._memos = project.ask(Memos)
        self._platforms = project.ask(Platforms)
        self._loops = project.ask(RunningLoops)
        self._deciding: dict[ir.Scope, _Decided] = {}

    def comes_to(self, place: Placed, frame: Frame) -> bool:
        """Whether a call may come to a place of its function."""
        return not _is_within(place, self.spans(frame))

    def passes_by(self, place: Placed, frame: Frame) -> bool:
        """Whether a call with these arguments does not come to a place, whoever ran the function before."""
        return _is_within(place, self._ruled_out(frame))

    def spans(self, frame: Frame) -> tuple[Span, ...]:
        """Where no call comes to, as starts and ends, none of them in another."""
        filled = self._memos.filled_before(frame) if frame.scope.is_function else ()
        ruled_out = self._ruled_out(frame)
        return _outermost((*ruled_out, *filled)) if filled else ruled_out

    def _ruled_out(self, frame: Frame) -> tuple[Span, ...]:
        if not frame.scope.is_function or not self._decided(frame.scope).is_anything:
            return ()
        return self.evaluator.solver.part(("never", frame), lambda: _outermost(self._within(frame)))

    def _within(self, frame: Frame) -> Iterator[Span]:
        decided = self._decided(frame.scope)
        for block in decided.blocks:
            for statement in block.statements:
                if self._leaves(statement, frame):
                    yield from _spans(block.after(statement))
                    break
        for choice in decided.choices:
            yield from _spans(self._idle_arms(choice, frame))
            for arm in choice.arms[:1]:
                yield from _only_made(arm.test, arm.expressions())
        for loop in decided.repeated:
            if self._is_never_entered(loop, frame):
                yield from _spans((loop.body,))
        for match in decided.matches:
            yield from _spans(self._idle_cases(match, frame))
        for attempt in decided.attempts:
            cannot_fail = self._cannot_fail(attempt.body, frame)
            yield from _spans(attempt.handlers if cannot_fail else self._loops.failing(attempt, frame))
        for expression in decided.conditional:
            yield from self._idle_options(expression, frame)

    def _decided(self, scope: ir.Scope) -> _Decided:
        if scope not in self._deciding:
            self._deciding[scope] = _Decided.of(scope)
        return self._deciding[scope]

    # What follows

    def _is_never_entered(self, loop: ir.While, frame: Frame) -> bool:
        if isinstance(loop.test, ir.Name) and self._is_true(_as_first_read(loop, frame.scope), frame) is False:
            return True
        return self._platforms.holds(loop.test, frame) is False

    def _leaves(self, statement: ir.Statement, frame: Frame) -> bool:
        """Whether nothing behind a statement in its block can run."""
        match statement:
            case ir.Return():
                return True
            case ir.Line(kind=kind) if kind in _LEAVING:
                return True
            case ir.If():
                return self._leaves_by_every_arm(statement, frame)
        return False

    def _leaves_by_every_arm(self, statement: ir.If, frame: Frame) -> bool:
        for arm in statement.arms:
            holds = True if arm.test is None else self._holds(arm.test, frame)
            if holds is not False and not (arm.statements and self._leaves(arm.statements[-1], frame)):
                return False
            if holds is True:
                return True
        return False

    # Arms

    def _idle_arms(self, statement: ir.If, frame: Frame) -> Iterator[ir.Block]:
        decided = False
        for arm in statement.arms:
            holds = True if arm.test is None else self._holds(arm.test, frame)
            if decided or holds is False:
                yield arm
            decided = decided or holds is True

    def _idle_cases(self, statement: ir.Match, frame: Frame) -> Iterator[ir.Block]:
        decided = False
        for case in statement.cases:
            holds = self._meets(statement.subject, case.values, frame)
            if decided or holds is False:
                yield case
            decided = decided or holds is True

    def _meets(self, subject: ir.Expression, values: tuple[ir.Expression, ...] | None, frame: Frame) -> bool | None:
        """Whether the subject of this call is one of the values of a case; () stands for any."""
        if values is None:
            return None
        same = (ir.Operation(one.start, one.end, "Eq", (subject, one)) for one in values)
        return joined([self._holds(test, frame) for test in same], True) if values else True

    def _idle_options(self, choice: ir.Choice, frame: Frame) -> Iterator[Span]:
        """Of `a if test else b` what is not taken."""
        taken, other = choice.options
        yield from _only_made(choice.tests[0], ir.walk(taken))
        holds = self._holds(choice.tests[0], frame)
        if holds is not None:
            idle = other if holds else taken
            yield idle.start, idle.end

    def _holds(self, test: ir.Expression, frame: Frame) -> bool | None:
        """Whether a test holds in this call; None where that is open."""
        on_servers = self._platforms.holds(test, frame)
        on_servers = self._loops.holds(test, frame) if on_servers is None else on_servers
        if on_servers is not None:
            return on_servers
        match test:
            case ir.Constant():
                return bool(test.value)
            case ir.Operation(operator="Not"):
                held = self._holds(test.operands[0], frame)
                return None if held is None else not held
            case ir.Operation(operator="Is" | "IsNot", operands=(ir.Name() as left, ir.Constant(value=None))):
                is_none = self._is_none(left, frame)
                return None if is_none is None else is_none is (test.operator == "Is")
            case ir.Name():
                return self._is_true(test, frame)
            case ir.Choice(operator="and" | "or" as operator):
                return joined([self._holds(option, frame) for option in test.options], operator == "or")
            case ir.Operation() | ir.Attribute():
                is_decided = _rests_on_this_call(test, frame) or self._is_the_same_always(test, frame)
                return self.evaluator.truth(test, frame) if is_decided else None
            case ir.Call() if last_word(test.function) == _ASKS_WHETHER_ASYNC and test.arguments:
                return self._is_async(test.arguments[0], frame)
        return None

    def _is_the_same_always(self, test: ir.Expression, frame: Frame) -> bool:
        """Whether a test asks attributes of classes that nobody sets, and nothing else."""
        names = [one for one in ir.walk(test) if isinstance(one, ir.Name)]
        asked = [one for one in ir.walk(test) if isinstance(one, ir.Attribute)]
        bases = [one.base for one in asked]
        return (
            bool(asked) and all(name in bases for name in names) and all(self._is_set_once(one, frame) for one in asked)
        )

    def _is_set_once(self, attribute: ir.Attribute, frame: Frame) -> bool:
        """Whether an attribute is one that the class which it names says itself, and that no other place stores."""
        if not isinstance(attribute.base, ir.Name) or attribute.base.bindings is not None:
            return False
        owners = self.evaluator.value(attribute.base, frame)
        if len(owners) != 1 or not all(isinstance(one, Class) for one in owners):
            return False
        return not self.evaluator.callers.stores(attribute.attribute)

    def _is_true(self, name: ir.Name, frame: Frame) -> bool | None:
        """The truth of a parameter that this call is given, or leaves out."""
        if not _is_given(name, frame):
            return None
        values = self.evaluator.value(name, frame)
        truths = {self._truth(value) for value in values}
        return truths.pop() if len(truths) == 1 else None

    @staticmethod
    def _truth(value: object) -> bool | None:
        match value:
            case Constant(value=constant) if isinstance(constant, _LITTLE):
                return bool(constant)
            case Function():
                return True
        return None

    def _is_none(self, name: ir.Name, frame: Frame) -> bool | None:
        """Whether such a parameter is `None`: what a call does not leave out it hardly gives as that."""
        if not _is_given(name, frame):
            return None
        values = self.evaluator.value(name, frame)
        are_none = {isinstance(value, Constant) and value.value is None for value in values}
        return are_none.pop() if len(are_none) == 1 else None

    def _is_async(self, given: ir.Expression, frame: Frame) -> bool | None:
        """Whether something is a coroutine function of the project, where each alternative is one, or none is."""
        answers = set()
        for value in self.evaluator.value(given, frame):
            located = self.evaluator.scope_of(value) if isinstance(value, Function) else None
            answers.add(located[1].is_async if located is not None and not located[1].is_generator else None)
        return answers.pop() if len(answers) == 1 else None

    # Handlers

    def _cannot_fail(self, body: ir.Block, frame: Frame) -> bool:
        """Whether a block only makes coroutines, which fail where they are awaited: `try: return function(*arguments)`."""
        calls = [one for one in body.expressions() if isinstance(one, ir.Call)]
        others = (ir.Await, ir.Operation, ir.Subscript, ir.Attribute)
        if not calls or any(isinstance(statement, ir.Line) and statement.kind == "raise" for statement in body.walk()):
            return False
        if any(isinstance(one, others) for one in body.expressions()):
            return False
        return all(self._is_async(call.function, frame) is True for call in calls)


def _may_leave(statement: ir.Statement) -> bool:
    """Whether nothing behind a statement may run, as far as its kind tells."""
    return isinstance(statement, ir.Return | ir.If) or (isinstance(statement, ir.Line) and statement.kind in _LEAVING)


def _is_given(name: ir.Name, frame: Frame) -> bool:
    """Whether a name can only mean a parameter that this call is given, or the one which made the function."""
    owner = _owner(name, frame)
    if owner is None or name.id not in (owner.arguments or ()):
        return False
    indices = name.bindings if name.bindings is not None else owner.scope.by_name[name.id]
    bindings = [owner.scope.bindings[index] for index in indices]
    return bool(bindings) and all(one.kind == "parameter" for one in bindings)


def _owner(name: ir.Name, frame: Frame) -> Frame | None:
    """The call whose variable a name is: this one, or one of a function around it."""
    if name.bindings is not None:
        return frame
    outer = None if frame.scope.owns(name.id) else frame.parent
    while outer is not None and (outer.scope.kind == "class" or name.id not in outer.scope.by_name):
        outer = outer.parent
    return outer


def _as_first_read(loop: ir.While, scope: ir.Scope) -> ir.Name:
    """The name that a `while` asks, as its first step reads it: without what the body assigns."""
    test, found, pending = loop.test, set[int](), list[int]()
    assert isinstance(test, ir.Name)
    pending += test.bindings or ()
    while pending:
        index = pending.pop()
        binding = scope.bindings[index]
        if index in found or loop.body.start <= binding.start < loop.body.end:
            continue
        found.add(index)
        pending += binding.sources
    first = (index for index in sorted(found) if scope.bindings[index].kind != "merge")
    return ir.Name(test.start, test.end, test.id, tuple(first))


def _is_item_of_given(name: ir.Name, frame: Frame) -> bool:
    """Whether a name can only mean what a loop takes from a parameter that this call is given."""
    if frame.scope.kind == "generator-expression":  # what it goes over is a name of the scope around it
        return False
    bindings = [frame.scope.bindings[index] for index in name.bindings or ()]
    loops = [one.value for one in bindings if one.kind == "loop" and isinstance(one.value, ir.Name)]
    return bool(loops) and len(loops) == len(bindings) and all(_is_given(one, frame) for one in loops)


def _rests_on_this_call(test: ir.Expression, frame: Frame) -> bool:
    """Whether a test compares what this call is given, and nothing else than that and what is the same in all calls."""
    names = [one for one in ir.walk(test) if isinstance(one, ir.Name)]
    given = [name for name in names if _is_given(name, frame) or _is_item_of_given(name, frame)]
    return bool(given) and all(name in given or name.bindings is None for name in names) and not _is_any(given, frame)


def _is_any(names: Iterable[ir.Name], frame: Frame) -> bool:
    """Whether a name may mean any object of a class of the project, and not the one that a known place has made."""
    owners = ((name.id, _owner(name, frame)) for name in names)
    given = ((name, owner.arguments or {}) for name, owner in owners if owner is not None)
    values = (value for name, arguments in given for value in arguments.get(name, ()))
    return any(isinstance(value, Object) and value.origin is None for value in values)


def _only_made(test: ir.Expression | None, expressions: Iterable[ir.Expression]) -> Iterator[Span]:
    """Calls of what a test has found to be a coroutine function: they make a coroutine, whatever else the name may mean."""
    if not isinstance(test, ir.Call) or last_word(test.function) != _ASKS_WHETHER_ASYNC or not test.arguments:
        return
    asked = ir.dotted(test.arguments[0])
    for one in expressions:
        if isinstance(one, ir.Call) and asked and ir.dotted(one.function) == asked:
            yield one.start, one.end


def _is_within(place: Placed, spans: tuple[Span, ...]) -> bool:
    index = bisect_right(spans, place.start, key=itemgetter(0))
    return bool(index) and place.end <= spans[index - 1][1]


def _outermost(spans: Iterable[Span]) -> tuple[Span, ...]:
    found: list[Span] = []
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if not found or end > found[-1][1]:
            found.append((start, end))
    return tuple(found)


def _spans(places: Iterable[ir.Statement | ir.Block]) -> Iterator[Span]:
    return ((place.start, place.end) for place in places if place.end > place.start)
