"""Which functions a framework calls, under which path, and who runs them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import ClassView, Generator, Purpose, Registration, Runner
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.serving.hosts import Hosts
from streamlint.serving.registrations import Registrations
from streamlint.serving.responders import Responders
from streamlint.serving.route_paths import RoutePaths, argument
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Class,
    Collection,
    Constant,
    External,
    Function,
    Object,
    OffLoop,
    Origin,
    Partial,
    Value,
)
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.serving.registering import Registering
    from streamlint.values import Evaluator

_SERVED = (Purpose.ROUTE, Purpose.WEBSOCKET)
_CALLED = {Purpose.DEPENDENCY: ("__init__",)}


@dataclass(frozen=True)
class Entry:
    """A function that a framework calls; `path` holds the prefixes of the routers around it."""

    module: Module
    scope: ir.Scope
    framework: str
    kind: Purpose
    path: str
    methods: tuple[str, ...]
    runner: Runner
    on_request_path: bool
    registration: Registration | None = None
    receiver: Value | None = None
    others: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """Further paths with their methods: routers that are included twice, stacked decorators."""
    applications: tuple[Origin, ...] = ()
    """Where the applications are made that serve it, as far as can be seen."""

    @property
    def routes(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        """All paths with their methods."""
        return ((self.path, self.methods), *self.others)

    def joined(self, other: Entry) -> Entry:
        """This entry with what another registration of the same function adds."""
        if not self.path and other.path:
            return other
        further = [route for route in other.routes if route[0] and route not in self.routes]
        return replace(self, others=(*self.others, *further)) if further else self

    @property
    def name(self) -> str:
        return self.module.qualified_name(self.scope) or self.module.path.name

    @property
    def key(self) -> tuple[object, int]:
        return (self.module.path, self.scope.index)

    @property
    def title(self) -> str:
        """How messages name it: `GET /chat`, or its kind and name; the code words are in backticks."""
        if self.kind in (Purpose.ROUTE, Purpose.WEBSOCKET) and self.path:
            verb = "WebSocket" if self.kind is Purpose.WEBSOCKET else "/".join(self.methods)
            return f"`{f'{verb} {self.path}'.strip()}`"
        return f"{self.kind} `{self.name}`"

    @property
    def doubt(self) -> str:
        return self.registration.doubt if self.registration is not None else ""

    @property
    def answers(self) -> bool:
        """Whether what it returns is the response of a request."""
        return self.kind in (Purpose.ROUTE, Purpose.EXCEPTION_HANDLER) and self.on_request_path


class EntryPoints:
    """Finds entry points; `registering` knows what the project imports, where that is asked."""

    def __init__(self, evaluator: Evaluator, registering: Registering | None = None) -> None:
        self.evaluator = evaluator
        self.frameworks = evaluator.knowledge.frameworks
        self.paths = RoutePaths(evaluator)
        self._hosts = Hosts(evaluator)
        self._responders = Responders(evaluator)
        self._registrations = Registrations(evaluator, registering)
        self._view_paths: dict[tuple[Path, int], list[tuple[ir.Call, Value | None, str | None, Frame]]] = {}

    def find(self, modules: Sequence[Module]) -> tuple[Entry, ...]:
        """The entry points that are registered in these modules."""
        for module in modules:
            for scope in module.scopes:
                for call in scope.calls:
                    self._include(call, self.evaluator.any_call(module, scope))
        found: dict[tuple[object, int, Purpose], Entry] = {}
        for module in modules:
            for entry in filter(self._hosts.is_served, self._of_module(module)):
                key = (*entry.key, entry.kind)
                known = found.get(key)
                found[key] = entry if known is None else known.joined(entry)
        return tuple(found.values())

    def _of_module(self, module: Module) -> Iterator[Entry]:
        for scope in module.scopes:
            frame = self.evaluator.any_call(module, scope)
            if scope.kind == "function" and scope.decorators:
                yield from self._decorated(module, scope)
            if scope.kind == "class":
                yield from self._views(module, scope)
            for call in scope.calls:
                yield from self.of_call(call, frame)
        yield from self._whole_file(module)

    # Decorators

    def _decorated(self, module: Module, scope: ir.Scope) -> Iterator[Entry]:
        for decorator in scope.decorators:
            yield from self.of_decorator(decorator, module, scope)

    def of_decorator(self, decorator: ir.Expression, module: Module, scope: ir.Scope) -> Iterator[Entry]:
        """What a decorator of this scope registers it as."""
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        call = decorator if isinstance(decorator, ir.Call) else None
        function = call.function if call is not None else decorator
        for registration, owner in self._registrations.of(function, outer, call):
            if self._decorates_with(registration, call, outer):
                yield self._entry(module, scope, registration, call, outer, owner)

    def _decorates_with(self, registration: Registration, call: ir.Call | None, frame: Frame) -> bool:
        """A call must give the decorator; a bare one, or one with options only, is given the function first."""
        if registration.kind is Purpose.INCLUDE:
            return False
        if call is None:
            return not registration.factory or registration.handler.position == 0
        if registration.factory:
            return True
        given = call.arguments[0] if call.arguments else None
        return registration.handler.position == 0 and (given is None or not self._is_callable(given, frame))

    def _is_callable(self, argument: ir.Expression, frame: Frame) -> bool:
        return any(isinstance(v, Function | Class | Object) for v in self.evaluator.value(argument, frame))

    # Calls

    def of_call(self, call: ir.Call, frame: Frame) -> Iterator[Entry]:
        """The functions that a call registers."""
        function: ir.Expression = call.function
        wrapper = None
        if isinstance(function, ir.Call):
            wrapper, function = function, function.function
        may_register = self._registrations.may(function, frame, lambda row: _takes(row, call, wrapper is not None))
        for registration, owner in self._registrations.of(function, frame, None) if may_register else ():
            if registration.kind is Purpose.INCLUDE:
                continue
            for given in _given(call, registration, wrapper is not None):
                yield from self._handlers(given, registration, wrapper or call, frame, owner)
        if wrapper is None:
            yield from self._by_keyword(call, frame)

    def _by_keyword(self, call: ir.Call, frame: Frame) -> Iterator[Entry]:
        """Functions that an application's constructor is given: `lifespan=`."""
        if not any(keyword in self.frameworks.keywords for keyword, _ in call.keywords):
            return
        for value in self.evaluator.value(call.function, frame) if last_word(call.function)[:1].isupper() else ():
            if not isinstance(value, External) or self.frameworks.application(value.name) is None:
                continue
            for keyword, given in call.keywords:
                registration = self.frameworks.keyword(value.name, keyword) if keyword is not None else None
                if registration is not None:
                    yield from self._handlers(given, registration, call, frame, None)

    def _handlers(
        self,
        given: ir.Expression,
        registration: Registration,
        call: ir.Call,
        frame: Frame,
        owner: Value | None,
    ) -> Iterator[Entry]:
        if isinstance(given, ir.Sequence):
            for item in given.items:
                yield from self._handlers(item, registration, call, frame, owner)
            return
        for value in self._callables(self.evaluator.value(given, frame), registration.kind):
            located = self.evaluator.scope_of(value)
            if located is not None:
                entry = self._entry(*located, registration, call, frame, owner)
                yield replace(entry, receiver=value.receiver)
        for responder, methods, kind in self._responders.of(given, registration, call, frame):
            located = self.evaluator.scope_of(responder)
            if located is not None:
                entry = self._entry(*located, registration, call, frame, owner)
                yield replace(entry, receiver=responder.receiver, methods=methods, kind=kind)

    def _callables(self, values: Values, kind: Purpose) -> Iterator[Function]:
        for value in values:
            match value:
                case Function():
                    yield value
                case Partial():
                    yield from self._callables(value.function, kind)
                case OffLoop():
                    continue
                case Object():
                    yield from self._callables(self.evaluator.attributes.of_class(value, "__call__"), kind)
                case Class():
                    instance = Object(value.path, value.scope)
                    for name in _CALLED.get(kind, ("__call__", "dispatch")):
                        method = self.evaluator.attributes.method(instance, name)
                        if method is not None:
                            yield Function(method.path, method.scope, None, instance)

    def _runner(self, scope: ir.Scope, registration: Registration) -> Runner:
        """Who runs a function; of a callback that is a `def` generator, whoever advances it."""
        if scope.is_async:
            return registration.async_runner
        advanced = self.frameworks.framework(registration.framework).generator
        is_advanced = scope.is_generator and registration.kind is Purpose.CALLBACK
        return Runner.EVENT_LOOP if is_advanced and advanced is Generator.EVENT_LOOP else registration.sync_runner

    def _entry(
        self,
        module: Module,
        scope: ir.Scope,
        registration: Registration,
        call: ir.Call | None,
        frame: Frame,
        owner: Value | None,
    ) -> Entry:
        runner = self._runner(scope, registration)
        methods = registration.methods
        path: str | None = ""
        if call is not None:
            if registration.thread_keyword and self._truth(call, registration.thread_keyword, frame):
                runner = runner if scope.is_async else Runner.THREAD_POOL
            path = self.paths.text(argument(call, registration.path), frame)
            methods = self._texts(argument(call, registration.methods_argument), frame) or methods
        found = self.paths.full(owner, call, path, frame) if registration.kind in _SERVED else ()
        return Entry(
            module,
            scope,
            registration.framework,
            registration.kind,
            found[0] if found else "",
            methods,
            runner,
            registration.on_request_path,
            registration,
            others=tuple((further, methods) for further in found[1:]),
            applications=self.paths.applications(owner, call, frame) if registration.kind in _SERVED else (),
        )

    def _truth(self, call: ir.Call, keyword: str, frame: Frame) -> bool:
        given = call.argument(None, keyword)
        return given is not None and Constant(True) in self.evaluator.value(given, frame)

    def _texts(self, expression: ir.Expression | None, frame: Frame) -> tuple[str, ...]:
        if expression is None:
            return ()
        found = []
        for value in self.evaluator.value(expression, frame):
            if isinstance(value, Collection):
                for _, items in value.items:
                    found += [v.value for v in items if isinstance(v, Constant) and isinstance(v.value, str)]
        return tuple(found)

    # Routers

    def _include(self, call: ir.Call, frame: Frame) -> None:
        """Note which routers the call puts under a prefix."""
        if not self._registrations.may(call.function, frame, lambda row: _includes(row, call)):
            return
        for registration, owner in self._registrations.of(call.function, frame, None):
            if registration.kind is Purpose.INCLUDE:
                self.paths.include(call, registration, owner, frame)
                continue
            given = argument(call, registration.handler)
            if registration.kind is not Purpose.ROUTE or given is None:
                continue
            if isinstance(given, ir.Call):
                for inner, _ in self._registrations.of(given.function, frame, None):
                    child = argument(given, inner.child) if inner.kind is Purpose.INCLUDE else None
                    if child is not None:
                        self.paths.include_urls(call, registration, child, frame)
            for view in self._view_classes(given, frame):
                text = self.paths.text(argument(call, registration.path), frame)
                self._view_paths.setdefault(view, []).append((call, owner, text, frame))

    def _view_classes(self, given: ir.Expression, frame: Frame) -> Iterator[tuple[Path, int]]:
        """The class of the project that stands as a handler: itself, or as `View.as_view(...)`."""
        if isinstance(given, ir.Call) and isinstance(given.function, ir.Attribute):
            if given.function.attribute != "as_view":
                return
            given = given.function.base
        if isinstance(given, ir.Name | ir.Attribute):
            for value in self.evaluator.value(given, frame):
                if isinstance(value, Class):
                    yield value.path, value.scope

    # Classes, files

    def _views(self, module: Module, scope: ir.Scope) -> Iterator[Entry]:
        owner = Object(module.path, scope.index)
        views: list[ClassView] = []
        if scope.bases:
            for base in self.evaluator.attributes.outside_bases(owner):
                view = self.frameworks.base_class(base)
                views += [view] if view is not None else []
        if module.scopes[scope.parent].kind == "module":
            views += self.frameworks.convention(scope.name)
        for view in views:
            yield from self._methods(owner, view)

    def _methods(self, owner: Object, view: ClassView) -> Iterator[Entry]:
        for name in self.evaluator.attributes.spelt(owner, view.methods):
            method = self.evaluator.attributes.method(owner, name)
            located = self.evaluator.scope_of(method) if method is not None else None
            if located is None:
                continue
            module, scope = located
            if view.parameter and view.parameter not in {p.name for p in scope.parameters}:
                continue
            runner = view.async_runner if scope.is_async else view.sync_runner
            http = (name.upper(),) if view.method_is_http else ()
            found = self._paths_of_view(owner)
            others = tuple((path, http) for path in found[1:])
            yield Entry(
                module,
                scope,
                view.framework,
                view.kind,
                found[0] if found else "",
                http,
                runner,
                view.on_request_path,
                None,
                owner,
                others,
            )

    def _paths_of_view(self, owner: Object) -> tuple[str, ...]:
        places = self._view_paths.get((owner.path, owner.scope), ())
        return tuple(
            dict.fromkeys(
                path for call, router, text, frame in places for path in self.paths.full(router, call, text, frame)
            )
        )

    def _whole_file(self, module: Module) -> Iterator[Entry]:
        for name in self.frameworks.names:
            framework = self.frameworks.framework(name)
            if framework.whole_file and module.packages & framework.packages:
                yield Entry(
                    module, module.summary.module, name, Purpose.PAGE, "", (), framework.sync_runner, True, None
                )


def _given(call: ir.Call, row: Registration, is_of_result: bool) -> Iterator[ir.Expression]:
    """What a call, or a call of what it gives, registers by a row."""
    if is_of_result:
        yield from call.arguments[:1] if row.factory else ()
        return
    given = (argument(call, row.handler), row.dispatch_keyword and call.argument(None, row.dispatch_keyword))
    yield from (one for one in given if one)


def _takes(row: Registration, call: ir.Call, is_of_result: bool) -> bool:
    """Whether a call, or a call of what it gives, can register something by a row: it is given something where that stands."""
    if is_of_result:
        return row.factory and bool(call.arguments)
    return row.kind is not Purpose.INCLUDE and (
        argument(call, row.handler) is not None
        or (bool(row.dispatch_keyword) and call.argument(None, row.dispatch_keyword) is not None)
    )


def _includes(row: Registration, call: ir.Call) -> bool:
    """Whether a call may put routes under a path by a row."""
    return row.kind is Purpose.INCLUDE or (row.kind is Purpose.ROUTE and argument(call, row.handler) is not None)
