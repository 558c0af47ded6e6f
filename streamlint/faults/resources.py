"""Streams that are sent after the block has ended which holds what they read from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.knowledge.resources import End
from streamlint.model import syntax as ir
from streamlint.model.branches import exclusive
from streamlint.streams import Sent
from streamlint.streams.managers import CLOSING, Managers, held_name
from streamlint.values.activations import Frame
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import NOTHING, Function, Generated, Instance, Object

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.streams.sent import Sending

_DEEPEST = 4


@dataclass(frozen=True)
class Outlived:
    """A `with` item, what becomes of it, and the response that is sent afterwards; `generator` is a function of this module."""

    entry: ir.WithItem
    end: End
    name: str
    sending: Sending
    answer: ir.Return
    generator: ir.Scope | None


@dataclass(frozen=True)
class Closed:
    """A call in a `finally`, what it closes, and the response that is sent afterwards."""

    call: ir.Call
    end: End
    sending: Sending


class Resources:
    """The context managers are rows of a table."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.sent = project.ask(Sent)
        self.facts = project.knowledge.resources
        self._managers = project.ask(Managers)

    def outlived(self, entry: ir.WithItem, frame: Frame) -> Outlived | None:
        """The response that a function returns and that needs this item, which is gone by then."""
        scope = frame.scope
        if scope.is_generator or not scope.is_function:
            return None
        end = self._managers.end(entry.context, frame)
        if end is None:
            return self._of_stack(entry, frame)
        for answer in scope.returns:
            if answer.start < entry.body_start or exclusive(scope, entry.branch, answer.branch):
                continue
            sending = self._sending(answer, frame)
            if sending is None or not sending.response.streaming:
                continue
            if not end.is_of_readers:
                if answer.start < entry.body_end:
                    return Outlived(
                        entry, end, "", sending, answer, self._own(self._generated(sending.content, frame), frame)
                    )
                continue
            name = held_name(entry, scope)
            if name is not None and self._reads(sending.content, name, frame):
                generator = self._own(self._generated(sending.content, frame), frame)
                return Outlived(entry, end, name.id, sending, answer, generator)
        return None

    def _of_stack(self, entry: ir.WithItem, frame: Frame) -> Outlived | None:
        """What an exit stack opens in its block, and closes at the end of it."""
        scope = frame.scope
        stack = held_name(entry, scope)
        if stack is None or not self._managers.is_call_of(entry.context, self.facts.stacks, frame):
            return None
        for binding in scope.bindings:
            opened = _entered(binding.value, stack.id)
            end = self._managers.end(opened, frame) if opened is not None else None
            if end is None or not end.is_of_readers:
                continue
            name = ir.Name(entry.start, entry.end, binding.name, None)
            for answer, sending in self._returned(name, entry.body_start, entry.body_end, frame):
                return Outlived(entry, end, name.id, sending, answer, None)
        return None

    def _returned(self, name: ir.Name, start: int, end: int, frame: Frame) -> Iterator[tuple[ir.Return, Sending]]:
        """The streaming responses that a function returns between two places, and that read from what a name is."""
        for answer in frame.scope.returns:
            sending = self._sending(answer, frame) if start <= answer.start < end else None
            if sending is not None and sending.response.streaming and self._reads(sending.content, name, frame):
                yield answer, sending

    # Cleanups

    def closed_finally(self, frame: Frame) -> Iterator[Closed]:
        """What a `finally` closes while a response that reads from it is only returned in its `try`."""
        for attempt, call, name in closings(frame.scope):
            end = self._end_of_name(name, frame)
            read = self._returned(name, attempt.start, call.start, frame) if end is not None else iter(())
            _, sending = next(read, (None, None))
            if end is not None and sending is not None:
                yield Closed(call, end, sending)

    def _end_of_name(self, name: ir.Name, frame: Frame) -> End | None:
        """What `name.close()` does to what a local name was given once."""
        assigned = frame.scope.assignment(name)
        if assigned is None or assigned.value is None:
            return None
        made = assigned.value
        made = made.value if isinstance(made, ir.Await) else made
        anything = frozenset(name for names in self.facts.closers.values() for name in names)
        return self._managers.end(made, frame) or (
            End.CLOSED if self._managers.is_call_of(made, anything, frame) else None
        )

    # Dependencies

    def closed_dependency(self, parameter: ir.Parameter, frame: Frame, *, early: bool) -> tuple[Sending, End] | None:
        """The response that reads from what a dependency closed when the handler returned, and what becomes of that.

        `early`: the installed FastAPI closes every dependency then, and not only those with `scope="function"`.
        """
        scope = frame.scope
        if scope.is_generator or not (early or _is_function_scoped(parameter)):
            return None
        located = self.evaluator.parameters.dependencies(parameter, frame)
        values = [value for given, where in located for value in self.evaluator.value(given, where)]
        ends = {self._end_of(value) if isinstance(value, Function) else None for value in values}
        end = End.REOPENED if End.REOPENED in ends else End.CLOSED
        if not ends or None in ends:
            return None
        name = ir.Name(scope.start, scope.start, parameter.name, None)
        for answer in scope.returns:
            sending = self._sending(answer, frame)
            if sending is not None and sending.response.streaming and self._reads(sending.content, name, frame):
                return sending, end
        return None

    def _end_of(self, dependency: Function, depth: int = 0) -> End | None:
        """What becomes of what a dependency yields, where readers notice that after its end."""
        located = self.evaluator.scope_of(dependency)
        if located is None or not located[1].is_generator or len(located[1].yields) != 1:
            return None
        frame = self.evaluator.any_call(*located)
        item = located[1].yields[0]
        of_block = self._managers.of_block(frame)
        if of_block is not None or depth >= _DEEPEST:
            return of_block
        inner = self._passed_on(item, frame)
        if inner is not None:
            return self._end_of(inner, depth + 1)
        made = self.evaluator.value(item.value, frame) if isinstance(item.value, ir.Name) else NOTHING
        ends = {self.facts.ends.get(value.name) if isinstance(value, Instance) else None for value in made}
        end = ends.pop() if len(ends) == 1 else None
        is_closed = end is not None and any(self._is_close(call, item) for call in located[1].calls)
        return end if is_closed and end is not None and end.is_of_readers else None

    def _passed_on(self, item: ir.Yield, frame: Frame) -> Function | None:
        """The dependency whose value another one yields: `async for session in get_session(): yield session`."""
        reaching = set(item.value.bindings or ()) if isinstance(item.value, ir.Name) else set()
        loops = [loop.iterable for loop in frame.scope.loops if reaching & set(loop.targets)]
        sources = loops or ([item.value] if item.is_from and item.value is not None else [])
        found = [one for source in sources for one in self.evaluator.value(source, frame)]
        return found[0].function if len(found) == 1 and isinstance(found[0], Generated) else None

    @staticmethod
    def _is_close(call: ir.Call, item: ir.Yield) -> bool:
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute not in CLOSING:
            return False
        same = (
            isinstance(function.base, ir.Name) and isinstance(item.value, ir.Name) and function.base.id == item.value.id
        )
        return same and call.start > item.end

    # What is sent

    def _sending(self, answer: ir.Return, frame: Frame) -> Sending | None:
        value = answer.value
        if isinstance(value, ir.Name) and value.bindings and len(value.bindings) == 1:
            value = frame.scope.bindings[value.bindings[0]].value
        return self.sent.of_call(value, frame) if isinstance(value, ir.Call) else None

    def _generated(self, content: ir.Expression, frame: Frame) -> Generated | None:
        found = [value for value in self.evaluator.value(content, frame) if isinstance(value, Generated)]
        return found[0] if len(found) == 1 else None

    @staticmethod
    def _own(generated: Generated | None, frame: Frame) -> ir.Scope | None:
        """The generator function, where it stands in the function that sends it."""
        if generated is None or generated.frame.module is not frame.module:
            return None
        scope = generated.frame.scope
        return scope if scope.kind == "function" and scope.parent == frame.scope.index else None

    def _reads(self, content: ir.Expression, name: ir.Name, frame: Frame) -> bool:
        """Whether a body reads from the variable when it is sent, or from a cursor that it gave."""
        bindings = frame.scope.bindings
        cursors = [
            one.name
            for one in bindings
            if _is_asked(one.value, name.id, self.facts.cursors)
            or self._is_answer_of(one.value, name.id, frame)
            or self._is_made_with(one.value, name.id, frame)
            or self._is_stream_of(one.value, name.id, frame)
        ]
        names = (name, *(ir.Name(name.start, name.end, one, None) for one in cursors))
        return any(self._needs(content, one, frame) for one in names)

    def _is_answer_of(self, value: ir.Expression | None, name: str, frame: Frame) -> bool:
        """Whether an expression is what a client's method gives before the body has come: `await session.post(...)` of aiohttp."""
        made = value.value if isinstance(value, ir.Await) else value
        match made:
            case ir.Call(function=ir.Attribute(base=ir.Name(id=base))) if base == name and value is not None:
                given = (one for one in self.evaluator.value(value, frame) if isinstance(one, Instance))
                return any(self.evaluator.knowledge.token_streams.managed(one.name) is not None for one in given)
        return False

    def _is_stream_of(self, value: ir.Expression | None, name: str, frame: Frame) -> bool:
        """Whether an expression is tokens that a client was asked for: `await client.chat.completions.create(..., stream=True)`."""
        made = value.value if isinstance(value, ir.Await) else value
        if not isinstance(made, ir.Call) or ir.dotted(made.function).partition(".")[0] != name or value is None:
            return False
        return self.evaluator.tokens(self.evaluator.value(value, frame)) is not None

    def _is_made_with(self, value: ir.Expression | None, name: str, frame: Frame) -> bool:
        """Whether an expression makes an object of the project that keeps the variable: `answers = Answers(session)`."""
        if not isinstance(value, ir.Call):
            return False
        given = (*value.arguments, *(one for _, one in value.keywords))
        if not any(isinstance(one, ir.Name) and one.id == name for one in given):
            return False
        made = [one for one in self.evaluator.value(value, frame) if isinstance(one, Object)]
        return any(self._is_kept_by(one, value, name) for one in made)

    def _is_kept_by(self, made: Object, call: ir.Call, name: str) -> bool:
        """Whether the constructor puts what it is given into an attribute."""
        method = self.evaluator.attributes.method(made, "__init__")
        located = self.evaluator.scope_of(method) if method is not None else None
        if located is None:
            return False
        given = ((one.name, argument_of(call, located[1], one, True)) for one in located[1].parameters)
        kept = {parameter for parameter, one in given if isinstance(one, ir.Name) and one.id == name}
        stores = (one for one in located[1].stores if one.is_attribute and isinstance(one.value, ir.Name))
        return any(isinstance(one.value, ir.Name) and one.value.id in kept for one in stores)

    def _needs(self, content: ir.Expression, name: ir.Name, frame: Frame) -> bool:
        """Whether a body reads from the variable when it is sent."""
        seen = set[str]()
        while isinstance(content, ir.Name):
            if content.id == name.id:
                return True
            assigned = frame.scope.assignment(content) if content.id not in seen else None
            if assigned is None or assigned.value is None:
                return False
            seen.add(content.id)
            content = assigned.value
        generated = self._generated(content, frame)
        if generated is not None:
            return self._is_read_by(generated, content, name, frame)
        if isinstance(content, ir.Call) and isinstance(content.function, ir.Attribute):
            words = ir.dotted(content.function).split(".")
            if words[0] == name.id and words[-1] in self.facts.lazy_readers:
                return True
        return self._are_tokens_of(content, name, frame)

    def _are_tokens_of(self, content: ir.Expression, name: ir.Name, frame: Frame) -> bool:
        """Whether a body is tokens that the variable gives: `stream.text_stream`, `result.stream_text()`."""
        held = content.function if isinstance(content, ir.Call) else content
        if not isinstance(held, ir.Attribute) or ir.dotted(held).partition(".")[0] != name.id:
            return False
        return self.evaluator.tokens(self.evaluator.value(content, frame)) is not None

    def _is_read_by(self, generated: Generated, content: ir.Expression, name: ir.Name, frame: Frame) -> bool:
        if isinstance(content, ir.Call):
            given = [*content.arguments, *(value for _, value in content.keywords)]
            if any(isinstance(one, ir.Name) and one.id == name.id for one in given):
                return True
            if isinstance(content.function, ir.Attribute) and ir.dotted(content.function.base) == name.id:
                return True
        if generated.frame.module is frame.module and self._uses(name, frame.scope, generated):
            return True
        made = _maker(content, frame.scope)
        return made is not None and self._is_given_to(made, name, generated)

    def _is_given_to(self, made: ir.Call, name: ir.Name, generated: Generated) -> bool:
        """Whether the call that made a generator function gave it the variable: `stream = await prepare(db)`, then `stream()`."""
        module = generated.frame.module
        outer = module.scopes[generated.frame.scope.parent]
        is_bound = outer.is_function and module.scopes[outer.parent].kind == "class"
        for parameter in outer.parameters if outer.is_function else ():
            given = argument_of(made, outer, parameter, is_bound)
            if isinstance(given, ir.Name) and given.id == name.id:
                return self._uses(ir.Name(outer.start, outer.start, parameter.name, None), outer, generated)
        return False

    def _uses(self, name: ir.Name, scope: ir.Scope, generated: Generated) -> bool:
        """Whether a generator uses a variable of the function around it for more than what the variable always has."""
        uses = generated.frame.module.uses.of(name, scope)
        within = (use for use in uses if generated.frame.scope.contains(use.name))
        return any(
            not (isinstance(u.parent, ir.Attribute) and u.parent.attribute in self.facts.lasting_facts) for u in within
        )


def closings(scope: ir.Scope) -> Iterator[tuple[ir.Try, ir.Call, ir.Name]]:
    """The calls in the `finally` of a function that close what a name holds, each with its statement."""
    if scope.is_generator or not scope.is_function:
        return
    for attempt in (one for one in scope.body.walk() if isinstance(one, ir.Try)):
        for call in attempt.final.expressions():
            match call:
                case ir.Call(function=ir.Attribute(base=ir.Name() as name, attribute="close" | "aclose")):
                    yield attempt, call, name


def _maker(content: ir.Expression, scope: ir.Scope) -> ir.Call | None:
    """The call that gave a function the generator function that it calls, under a name or where it stands."""
    called = content.function if isinstance(content, ir.Call) else None
    if isinstance(called, ir.Name):
        assigned = scope.assignment(called)
        called = assigned.value if assigned is not None else None
    called = called.value if isinstance(called, ir.Await) else called
    return called if isinstance(called, ir.Call) else None


def _entered(value: ir.Expression | None, stack: str) -> ir.Expression | None:
    """What `stack.enter_context(...)` enters."""
    made = value.value if isinstance(value, ir.Await) else value
    match made:
        case ir.Call(function=ir.Attribute(base=ir.Name(id=name), attribute=word), arguments=(given, *_)):
            return given if name == stack and word in ("enter_context", "enter_async_context") else None
    return None


def _is_asked(value: ir.Expression | None, name: str, methods: frozenset[str]) -> bool:
    """Whether an expression is what one of these methods of a variable gives, awaited or not."""
    made = value.value if isinstance(value, ir.Await) else value
    match made:
        case ir.Call(function=ir.Attribute(base=ir.Name(id=base), attribute=word)):
            return base == name and word in methods
    return False


def _is_function_scoped(parameter: ir.Parameter) -> bool:
    """Whether a dependency is declared as `Depends(..., scope="function")`."""
    candidates = [parameter.default]
    annotation = parameter.annotation
    if isinstance(annotation, ir.Subscript) and isinstance(annotation.key, ir.Sequence):
        candidates += annotation.key.items[1:]
    scopes = [one.argument(None, "scope") for one in candidates if isinstance(one, ir.Call)]
    return any(isinstance(scope, ir.Constant) and scope.value == "function" for scope in scopes)
