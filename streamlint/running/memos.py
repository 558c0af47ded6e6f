"""What a function fills only while it is empty, or installs while it is missing: at start-up, or while the first request waits."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.call_sites import argument_of, may_hide
from streamlint.values.callers import class_around
from streamlint.values.domain import Class, Constant, External, Function, Instance, Object
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame

Span = tuple[int, int]
Kept = ir.Name | ir.Attribute


class Memos:
    """Tests of a global name, or of an attribute of what lasts, with what they keep from being filled again."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self._told = project.knowledge.names("records", "log-methods") | {"print"}
        self._known: dict[ir.Scope, tuple[tuple[Span, Kept | None], ...]] = {}

    def is_filled_once(self, place: ir.Node, frame: Frame) -> bool:
        """Whether a place of a function only runs while something is empty."""
        return any(start <= place.start and place.end <= end for start, end in self._spans(frame))

    def is_kept_for_all(self, start: int, end: int, frame: Frame) -> bool:
        """Whether what is made at a place is made while a global name, or an attribute of a global object, is empty."""
        return any(
            span[0] <= start and end <= span[1] and _root(kept) not in frame.scope.by_name
            for span, kept in self._fillings(frame)
            if kept is not None
        )

    def key_of(self, start: int, end: int, frame: Frame) -> ir.Expression | None:
        """The key under which something lasting keeps what is made at a place, where that is made only while none is there."""
        for store in frame.scope.stores:
            if store.is_attribute or store.key is None or not isinstance(store.base, ir.Name | ir.Attribute):
                continue
            if not _holds(store.value, start, end, frame.scope) or not self._is_of_all(store.base, frame):
                continue
            told = {ir.dotted(store.base), ir.dotted(store.value)} - {""}
            if any(_tests(one, told) for one in frame.scope.body.walk() if one.start <= store.start):
                return store.key
        return None

    def is_kept_under_one_key(self, start: int, end: int, frame: Frame) -> bool:
        """Whether what is made at a place is kept for all requests, as all of them ask for it by the same key."""
        key = self.key_of(start, end, frame)
        return key is not None and (self._is_constant(key, frame) or self._is_always_constant(key, frame))

    def _is_always_constant(self, key: ir.Expression, frame: Frame) -> bool:
        """Whether a key is a parameter for which every caller gives a constant, or leaves the one that is its default."""
        bindings = [frame.scope.bindings[index] for index in key.bindings or ()] if isinstance(key, ir.Name) else []
        parameter = next((one for one in frame.scope.parameters if ir.dotted(key) == one.name), None)
        sites = self.evaluator.callers.of(Function(frame.module.path, frame.scope.index))
        if parameter is None or not sites or any(one.kind != "parameter" for one in bindings):
            return False
        if self.reach.entry(frame.module, frame.scope) or self.evaluator.callers.passing(frame.scope.name):
            return False
        given = [(argument_of(one.call, frame.scope, parameter, one.is_bound), one) for one in sites]
        if any(one is None and may_hide(at.call, frame.scope, parameter, at.is_bound) for one, at in given):
            return False
        keys = [(one, at.frame) if one is not None else (parameter.default, frame) for one, at in given]
        return all(one is not None and self._is_constant(one, where) for one, where in keys)

    def _is_of_all(self, kept: Kept, frame: Frame) -> bool:
        """Whether a collection is a global one, or one of an object that lasts, and none of a session."""
        if isinstance(kept, ir.Name):
            return _root(kept) not in frame.scope.by_name and not self._is_of_one_request(kept, frame)
        return self._lasts(ir.dotted(kept.base), frame) and not self._is_of_one_request(kept.base, frame)

    def filled_before(self, frame: Frame) -> tuple[Span, ...]:
        """Where no request comes, because start-up has run the function."""
        return self._spans(frame) if self.reach.before_requests(frame.module, frame.scope) else ()

    def runs_once(self, module: Module, scope: ir.Scope) -> bool:
        """Whether a function is cached and takes no arguments: it holds its first caller, and nobody after that."""
        return not scope.parameters and self._is_cached(module, scope)

    def is_kept_for(self, call: ir.Call, frame: Frame, module: Module, scope: ir.Scope) -> bool:
        """Whether what a call of a cached function gives is the same for all requests: it is given nothing that is theirs."""
        given = (part for part in call.children() if part is not call.function)
        return self._is_cached(module, scope) and not any(self._may_differ(part, frame, set()) for part in given)

    def _may_differ(self, expression: ir.Expression, frame: Frame, seen: set[ir.Binding]) -> bool:
        """Whether an expression is made of what a caller of its function gave, other than a constant."""
        bindings = frame.scope.bindings
        for name in (part for part in ir.walk(expression) if isinstance(part, ir.Name)):
            pending = [bindings[index] for index in name.bindings or ()]
            while pending:
                binding = pending.pop()
                if binding in seen:
                    continue
                if binding.kind == "parameter" and not (self._is_constant(name, frame) or self._lasts(name.id, frame)):
                    return True
                seen.add(binding)
                pending += [bindings[source] for source in binding.sources]
                if binding.value is not None and self._may_differ(binding.value, self._around(binding, frame), seen):
                    return True
        return False

    def _around(self, binding: ir.Binding, frame: Frame) -> Frame:
        """The frame in which the value of a binding stands: what a generator expression runs over stands outside of it."""
        return frame.of(binding.scope) or self.evaluator.any_call(frame.module, frame.module.scopes[binding.scope])

    def _is_constant(self, told: ir.Expression, frame: Frame) -> bool:
        return all(isinstance(value, Constant) for value in self.evaluator.value(told, frame))

    def _is_cached(self, module: Module, scope: ir.Scope) -> bool:
        if not scope.decorators:
            return False
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        return any(
            isinstance(value, External) and value.name in self.evaluator.knowledge.shared_state.lasting_caches
            for decorator in scope.decorators
            for value in self.evaluator.value(decorator, outer)
        )

    def is_kept(self, prop: ir.Scope, owner: Object) -> bool:
        """Whether a property of an object is computed once and kept, and the object too."""
        module = self.evaluator.modules.load(owner.path) if "cached_property" in prop.decorator_words else None
        return module is not None and not self._is_made_for_each(Class(owner.path, owner.scope), module)

    def _spans(self, frame: Frame) -> tuple[Span, ...]:
        return tuple(span for span, _ in self._fillings(frame))

    def _fillings(self, frame: Frame) -> tuple[tuple[Span, Kept | None], ...]:
        found = self._known.get(frame.scope)
        if found is None:
            self._known[frame.scope] = ()  # an object that a method of its own class makes asks for that method again
            found = self._known[frame.scope] = tuple(self._filling(frame)) if _may_fill(frame) else ()
        return found

    def _filling(self, frame: Frame) -> Iterator[tuple[Span, Kept | None]]:
        body = frame.scope.body
        yield from ((span, None) for span in self._installing(frame))
        for block in (body, *(one for statement in body.walk() for one in statement.blocks())):
            for statement in block.statements:
                if isinstance(statement, ir.If) and len(statement.arms) == 1:
                    yield from self._behind(statement, block, frame)

    def _installing(self, frame: Frame) -> Iterator[Span]:
        """What installs a package or a program only where that is missing."""
        looks = None
        for statement in frame.scope.body.walk():
            for block, caught in _arms(statement):
                if not self._says_install(block):
                    continue
                if looks is None:
                    looks = any(
                        self._names(call.function, frame) & self._listed("missing-tests") for call in frame.scope.calls
                    )
                if looks or (caught is not None and self._names(caught, frame) & self._listed("missing-errors")):
                    yield block.start, block.end

    def _says_install(self, block: ir.Block) -> bool:
        words = self._listed("installs")
        texts = (
            one.value if isinstance(one, ir.Constant) else last_word(one)
            for statement in block.walk()
            if not self._only_tells(statement)
            for own in statement.expressions()
            for one in ir.walk(own)
        )
        return any(isinstance(text, str) and any(word in text for word in words) for text in texts)

    def _only_tells(self, statement: ir.Statement) -> bool:
        """Whether a statement tells somebody that something is missing: an error, or a line of a log."""
        if not isinstance(statement, ir.Line):
            return False
        value = statement.values[0] if len(statement.values) == 1 else None
        told = self._told & {last_word(value.function)} if isinstance(value, ir.Call) else ()
        return statement.kind == "raise" or bool(told)

    def _names(self, told: ir.Expression, frame: Frame) -> frozenset[str]:
        found = (
            self.evaluator.names(part, frame) for part in ir.walk(told) if isinstance(part, ir.Name | ir.Attribute)
        )
        return frozenset().union(*found)

    def _listed(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("waiting", key)

    def _behind(self, statement: ir.If, block: ir.Block, frame: Frame) -> Iterator[tuple[Span, Kept]]:
        """`if x is None: x = ...`, or what comes after `if x: return x`."""
        arm = statement.arms[0]
        asked = _asked(arm.test)
        if asked is None:
            return
        kept, is_full = asked
        rest = block.after(statement)
        if not is_full:
            start, end = arm.start, arm.end
        elif rest and arm.statements and isinstance(arm.statements[-1], ir.Return):
            start, end = rest[0].start, rest[-1].end
        else:
            return
        if self._is_set(kept, start, end, frame):
            yield (start, end), kept

    def _is_set(self, kept: Kept, start: int, end: int, frame: Frame) -> bool:
        """Whether something that outlives the request is given its value between two places."""
        if isinstance(kept, ir.Name):
            outer = frame.module.summary.module
            bindings = [outer.bindings[index] for index in outer.from_inside.get(kept.id, ())]
            here = any(one.scope == frame.scope.index and start <= one.start < end for one in bindings)
            return here and not any(self._empties_it(frame.module.scopes[one.scope], frame) for one in bindings)
        base = ir.dotted(kept.base)
        stores = (one for one in frame.scope.stores if one.is_attribute and one.member == kept.attribute)
        set_here = any(start <= one.start < end and ir.dotted(one.base) == base for one in stores)
        return set_here and self._lasts(base, frame) and not self._is_of_one_request(kept.base, frame)

    def _is_of_one_request(self, base: ir.Expression, frame: Frame) -> bool:
        """Whether a global name stands for another object in each request or thread: `g`, `session`, a `threading.local()`."""
        is_of_context = self.evaluator.knowledge.shared_state.is_of_context
        if any(is_of_context(name) for name in self.evaluator.names(base, frame)):
            return True
        values = self.evaluator.value(base, frame)
        return any(isinstance(value, Instance) and is_of_context(value.name) for value in values)

    def _empties_it(self, other: ir.Scope, frame: Frame) -> bool:
        """Whether it is another function that sets a global name, and requests run that one too."""
        return other is not frame.scope and self.reach.from_request(frame.module, other) is not None

    def _lasts(self, base: str, frame: Frame) -> bool:
        """Whether an object outlives the request: a class, a global one, or `self` of what is not made for each request."""
        scope, module = frame.scope, frame.module
        if base not in scope.by_name:
            return "." not in base and base in module.summary.module.by_name
        is_first = bool(scope.parameters) and scope.parameters[0].name == base
        around = class_around(module, scope) if is_first else None
        if around is None or around.path != module.path or scope.parent != around.scope:
            return False
        return "classmethod" in scope.decorator_words or not self._is_made_for_each(around, module)

    def _is_made_for_each(self, owner: Class, module: Module) -> bool:
        """Whether each request makes an object of a class: a framework does, or every call of it stands in what requests run."""
        scope = module.scopes[owner.scope]
        if any(self.reach.entry(module, method) is not None for method in module.inner(scope)):
            return True
        made = self.evaluator.callers.calls_of(scope.name)
        return bool(made) and all(self._makes_anew(*row) for row in made)

    def _makes_anew(self, module: Module, scope: ir.Scope, call: ir.Call) -> bool:
        if self.reach.from_request(module, scope) is None or self._is_kept_by(module, scope, call):
            return False
        sites = self.evaluator.callers.of(Function(module.path, scope.index))
        return not any(self._is_kept_by(site.module, site.scope, site.call) for site in sites)

    def _is_kept_by(self, module: Module, scope: ir.Scope, call: ir.Call) -> bool:
        """Whether what a call gives is kept there and then."""
        return self.runs_once(module, scope) or self.is_filled_once(call, self.evaluator.any_call(module, scope))


def _arms(statement: ir.Statement) -> Iterator[tuple[ir.Block, ir.Expression | None]]:
    """The blocks that a failure or a test leads to, with what is caught."""
    match statement:
        case ir.Try():
            yield from ((one, one.type) for one in statement.handlers)
        case ir.If():
            yield from ((one, None) for one in statement.arms)


def _holds(value: ir.Expression, start: int, end: int, scope: ir.Scope) -> bool:
    """Whether an expression is what is made at a place, there or under a local name."""
    made = [value]
    if isinstance(value, ir.Name):
        made += [one.value for one in scope.bindings if one.name == value.id and one.value is not None]
    return any(one.start <= start and end <= one.end for one in made)


def _tests(statement: ir.Statement, told: set[str]) -> bool:
    """Whether a statement asks for one of these: `if key not in kept`, `if found is None`."""
    tests = [arm.test for arm in statement.arms if arm.test is not None] if isinstance(statement, ir.If) else []
    return any(ir.dotted(part) in told for test in tests for part in ir.walk(test))


def _may_fill(frame: Frame) -> bool:
    scope = frame.scope
    return scope.is_function and bool(scope.branches)


def _root(kept: ir.Expression) -> str:
    """The first name of `name`, `object.name`."""
    return ir.dotted(kept).partition(".")[0]


def _asked(test: ir.Expression | None) -> tuple[Kept, bool] | None:
    """What a test finds empty or full, and whether it holds where that is full: `ready`, `self.model is not None`, `not ready`."""
    match test:
        case ir.Name() | ir.Attribute():
            return test, True
        case ir.Operation(operator="Not", operands=(ir.Name() | ir.Attribute() as kept,)):
            return kept, False
        case ir.Operation(
            operator="Is" | "IsNot" as operator, operands=(ir.Name() | ir.Attribute() as kept, ir.Constant(value=None))
        ):
            return kept, operator == "IsNot"
        case ir.Call() if (found := _looked_up(test)) is not None:
            return found, True
        case ir.Operation(operator="Not", operands=(ir.Call() as call,)) if (found := _looked_up(call)) is not None:
            return found, False
    return None


def _looked_up(call: ir.Call) -> ir.Attribute | None:
    """`hasattr(self, "_index")`, as the attribute that it is."""
    if not isinstance(call.function, ir.Name) or call.function.id != "hasattr" or len(call.arguments) != 2:
        return None
    base, word = call.arguments
    if isinstance(word, ir.Constant) and isinstance(word.value, str):
        return ir.Attribute(call.start, call.end, base, word.value)
    return None
