"""Which coroutine functions are likely to run for requests: something that is served leads to them, but not all the way."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from streamlint.knowledge.frameworks import Runner
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.reached import Key, Reached
from streamlint.values.domain import Class, Function, Unknown, dotted_name
from streamlint.values.said import last_word
from streamlint.values.shapes import Taking, shape_of

if TYPE_CHECKING:
    from streamlint.values import Evaluator

Callees: TypeAlias = Callable[[Module, ir.Scope], tuple[tuple[Function, ir.Expression], ...]]
_Place = tuple[Module, ir.Scope]
_OVERRIDDEN = "`{called}` is called on what may be of any class below its own, so `{name}` is likely to run on the loop"
_UNKNOWN = (
    "not all is known of what `{called}` is called on: it may mean `{name}`, which then is likely to run on the loop"
)
_HANDED = "`{name}` is handed to `{called}`, which is likely to run it on the loop"
_TWIN = "`{name}` overrides a method of `{called}`, which is likely to run it on the loop"


class Leads:
    """Goes on from what is known to run on the loop, where that calls what may be one of several, or could not be followed."""

    def __init__(self, evaluator: Evaluator, served: Mapping[Key, Reached], callees: Callees) -> None:
        self.evaluator = evaluator
        self._served = served
        self._callees = callees
        self._by_name: dict[str, list[_Place]] = {}
        self._near: dict[str, list[tuple[_Place, Taking]]] = {}
        names = evaluator.knowledge.names
        self._packages, self._lists = names("handed_on", "callers"), names("handed_on", "lists")
        self._hooks = names("handed_on", "hooks")

    def to(self, module: Module, scope: ir.Scope) -> Reached | None:
        """What leads to a coroutine function that no call is followed to; None where nothing does."""
        return self._found.get((module.path, scope.index))

    @cached_property
    def paths(self) -> frozenset[Path]:
        return frozenset(path for path, _ in self._found)

    @cached_property
    def _around(self) -> frozenset[Path]:
        """The files with code that is known to run where many share a loop, and all that they import."""
        sharing = {path for (path, _), reached in self._served.items() if self._shares_a_loop(reached)}
        return frozenset(self.evaluator.modules.around(sharing))

    def _shares_a_loop(self, reached: Reached) -> bool:
        """Whether an entry point is of a framework that serves on one loop, or the project keeps a loop of its own in a thread."""
        entry = reached.entry
        framework = self.evaluator.knowledge.frameworks.framework(entry.framework) if entry is not None else None
        return framework is None or framework.async_runner is Runner.EVENT_LOOP or self._keeps_a_loop

    @cached_property
    def _keeps_a_loop(self) -> bool:
        return bool(self.evaluator.modules.saying("run_coroutine_threadsafe"))

    @cached_property
    def _found(self) -> dict[Key, Reached]:
        """By function; what is called by it is likely as well."""
        found: dict[Key, Reached] = {}
        passed: set[Key] = set()
        pending = deque((*self._starts(), *self._handed()))
        while pending:
            module, scope, reached = pending.popleft()
            key = (module.path, scope.index)
            if reached.doubt and (key in self._served or key in passed):
                continue
            passed.add(key)
            if reached.doubt and scope.is_async:
                found[key] = reached
            pending.extend(self._beyond(module, scope, reached))
        return found

    def _starts(self) -> Iterator[tuple[Module, ir.Scope, Reached]]:
        for (path, index), reached in self._served.items():
            module = self.evaluator.modules.load(path)
            if module is not None:
                yield module, module.scopes[index], reached

    def _beyond(self, module: Module, scope: ir.Scope, reached: Reached) -> Iterator[tuple[Module, ir.Scope, Reached]]:
        """What a function may call that it was not followed to."""
        for function, call in self._callees(module, scope) if reached.doubt else ():
            place = self.evaluator.scope_of(function)
            if place is not None:
                yield *place, reached.calling(place[1].name, (module.path, call.start, call.end))
        for other in self._overriding(module, scope):
            doubt = _OVERRIDDEN.format(called=module.qualified_name(scope), name=other[0].qualified_name(other[1]))
            yield *other, Reached(reached.entry, reached.last, reached.before, doubt)
        for one in scope.calls if scope.is_async else ():
            for other in self._meant(one, module, scope):
                name = other[0].qualified_name(other[1])
                doubt = _UNKNOWN.format(called=" ".join(module.text(one.function).split()), name=name)
                yield *other, reached.calling(other[1].name, (module.path, one.start, one.end), doubt)

    # Methods

    @cached_property
    def _coroutines(self) -> Mapping[str, list[Path]]:
        return self.evaluator.modules.texts.coroutines(self.evaluator.modules.members)

    def _methods(self, word: str) -> list[_Place]:
        """The methods of this name, `def` or `async def`."""
        if word not in self._by_name:
            self._by_name[word] = [
                (module, scope)
                for module in self.evaluator.modules.saying(word)
                for scope in module.scopes
                if scope.name == word and scope.kind == "function" and module.scopes[scope.parent].kind == "class"
            ]
        return self._by_name[word]

    def _at_hand(self, word: str) -> list[tuple[_Place, Taking]]:
        """Those of them that the code imports that is known to run, each with what it can be called with."""
        if word not in self._near:
            known = (place for place in self._methods(word) if place[0].path in self._around)
            self._near[word] = [(place, _taking(place[1])) for place in known]
        return self._near[word]

    def _overriding(self, module: Module, scope: ir.Scope) -> Iterator[_Place]:
        """The coroutine functions that stand for a method in classes below its own, imported by the application or plugged in."""
        if scope.name not in self._coroutines or module.scopes[scope.parent].kind != "class":
            return
        own = Class(module.path, scope.parent)
        for place in self._methods(scope.name):
            below = Class(place[0].path, place[1].parent)
            if not place[1].is_async or below == own or own not in self.evaluator.attributes.lineage(below):
                continue
            if self._may_be_made(place[0], below):
                yield place

    def _may_be_made(self, module: Module, made: Class) -> bool:
        """Whether there may be objects of a class: some code names it, or one below it, or finds it in ways that cannot be seen."""
        is_plugged_in = module.path not in self._around or self._are_listed
        if is_plugged_in or module.scopes[made.scope].decorators:
            return True
        return any(map(self.evaluator.callers.names, (made, *self.evaluator.attributes.below(made))))

    @cached_property
    def _are_listed(self) -> bool:
        """Whether some code has Python tell the classes below another one, or all that a module has."""
        return bool(self.evaluator.modules.saying("__subclasses__", "__init_subclass__", "globals"))

    def _meant(self, call: ir.Call, module: Module, scope: ir.Scope) -> list[_Place]:
        """The coroutine functions of the one family of classes that a call of a method can mean, where its object is unknown."""
        function = call.function
        if not isinstance(function, ir.Attribute) or function.attribute not in self._coroutines:
            return []
        values = self.evaluator.value(function, self.evaluator.any_call(module, scope))
        if not any(isinstance(value, Unknown) for value in values):
            return []
        shape = shape_of(call)
        methods = [place for place, taking in self._at_hand(function.attribute) if taking.takes(shape)]
        families = self._families(methods)
        if len(families) > 1:
            meant = {(value.path, value.scope) for value in values if isinstance(value, Function)}
            families = {
                owner: places
                for owner, places in families.items()
                if any((module.path, scope.index) in meant for module, scope in places)
                or (not meant and self._is_named(owner, function.base))
            }
        return [place for places in families.values() for place in places if place[1].is_async and len(families) == 1]

    def _families(self, methods: list[_Place]) -> dict[Class, list[_Place]]:
        """The methods by the uppermost class that has one."""
        found: dict[Class, list[_Place]] = {}
        owners = {Class(module.path, scope.parent) for module, scope in methods}
        for module, scope in methods:
            lineage = self.evaluator.attributes.lineage(Class(module.path, scope.parent))
            uppermost = [one for one in lineage if isinstance(one, Class) and one in owners][-1]
            found.setdefault(uppermost, []).append((module, scope))
        return found

    def _is_named(self, owner: Class, base: ir.Expression) -> bool:
        """Whether an object is named after a class: `self.authenticator` may be an `Authenticator`."""
        place = self.evaluator.scope_of(owner)
        return place is not None and place[1].name.lower() == last_word(base).replace("_", "").lower()

    # Libraries

    def _handed(self) -> Iterator[tuple[Module, ir.Scope, Reached]]:
        """What is given to libraries that run it on the loop that runs them: as an argument, by a decorator, as a method."""
        modules = self.evaluator.modules
        importing = {path for path in self._around if modules.texts.packages(path) & self._packages}
        for module in modules.among(importing):
            for scope in module.scopes:
                for called, function, words in self._handing(module, scope):
                    place = self.evaluator.scope_of(function)
                    if place is not None and place[1].is_async:
                        doubt = words.format(called=called, name=place[0].qualified_name(place[1]))
                        yield *place, Reached(None, None, None, doubt)

    def _handing(self, module: Module, scope: ir.Scope) -> Iterator[tuple[str, Function, str]]:
        frame = self.evaluator.any_call(module, scope)
        for call in scope.calls:
            given = [one for one in _given(call) if last_word(one) in self._coroutines]
            lists = [value for name, value in call.keywords if name in self._lists]
            if not (given or lists) or not self._is_such(call.function, module, scope):
                continue
            values = [value for one in given for value in self.evaluator.value(one, frame)]
            values += [value for one in lists for value in self.evaluator.element(self.evaluator.value(one, frame))]
            for value in dict.fromkeys(values):
                if isinstance(value, Function):
                    yield ir.dotted(call.function), value, _HANDED
        if scope.kind == "function" and scope.is_async:
            yield from self._decorated(module, scope)
        if scope.kind == "class" and scope.bases:
            yield from self._twins(module, scope)

    def _decorated(self, module: Module, scope: ir.Scope) -> Iterator[tuple[str, Function, str]]:
        for decorator in scope.decorators:
            function = decorator.function if isinstance(decorator, ir.Call) else decorator
            if self._is_such(function, module, module.scopes[scope.parent]):
                yield ir.dotted(function), Function(module.path, scope.index), _HANDED
                return

    def _is_such(self, function: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        values = self.evaluator.value(function, self.evaluator.any_call(module, scope))
        return any(self._is_of_them(dotted_name(value)) for value in values)

    def _is_of_them(self, name: str) -> bool:
        return name.partition(".")[0] in self._packages

    def _twins(self, module: Module, owner: ir.Scope) -> Iterator[tuple[str, Function, str]]:
        """The asynchronous methods of a class that stand beside a synchronous one, as those of the class from outside do.

        Those of its callbacks as well.
        """
        outside = self.evaluator.attributes.outside_bases(Class(module.path, owner.index))
        base = next((name for name in outside if self._is_of_them(name)), None)
        for scope in module.inner(owner) if base is not None else ():
            if scope.is_async and base is not None and self._is_known(scope.name, base, owner):
                yield base.rpartition(".")[2], Function(module.path, scope.index), _TWIN

    def _is_known(self, method: str, base: str, owner: ir.Scope) -> bool:
        """Whether a class from outside awaits a method of this name."""
        if method in self._hooks and base.endswith("Handler"):
            return True
        twin = _twin(method)
        return bool(twin) and (twin in owner.by_name or self._has(base, method))

    def _has(self, base: str, method: str) -> bool:
        llama = self.evaluator.knowledge.llama
        role = llama.role(base)
        return role is not None and llama.method(role, method, of=base) is not None


def _given(call: ir.Call) -> Iterator[ir.Expression]:
    """What a call is given by name, also in displays."""
    pending = [*call.arguments, *(value for _, value in call.keywords)]
    while pending:
        one = pending.pop()
        if isinstance(one, ir.Name | ir.Attribute):
            yield one
        elif isinstance(one, ir.Sequence):
            pending.extend(one.items)


def _taking(method: ir.Scope) -> Taking:
    """What a method can be given, bound to its object."""
    return Taking.of(method.parameters[0 if "staticmethod" in method.decorator_words else 1 :])


def _twin(name: str) -> str:
    """The synchronous name of `_aretrieve` or `acomplete`; nothing for others."""
    word = name.lstrip("_")
    return name[: len(name) - len(word)] + word[1:] if word.startswith("a") and len(word) > 2 else ""
