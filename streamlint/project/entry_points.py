"""Which functions a framework calls, under which path, and who runs them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Argument, ClassView, Kind, Registration, Runner
from streamlint.project import syntax as ir
from streamlint.project.frames import Frame
from streamlint.project.modules import Module
from streamlint.project.values import (
    Bound,
    Class,
    Collection,
    Constant,
    External,
    Function,
    Instance,
    Object,
    OffLoop,
    Origin,
    Partial,
    Unknown,
    Value,
    Values,
)

if TYPE_CHECKING:
    from streamlint.project.evaluate import Evaluator

_VERBS = frozenset(("get", "post", "put", "patch", "delete", "head", "options", "route", "api_route", "websocket"))
_FRAMEWORK_OF_VERBS = (("fastapi", "fastapi.APIRouter"), ("flask", "flask.Blueprint"), ("quart", "quart.Blueprint"), ("sanic", "sanic.Blueprint"))
_DEEPEST_MOUNT = 8


@dataclass(frozen=True)
class Entry:
    """A function that a framework calls; `path` holds the prefixes of the routers around it."""

    module: Module
    scope: ir.Scope
    framework: str
    kind: Kind
    path: str
    methods: tuple[str, ...]
    runner: Runner
    on_request_path: bool
    registration: Registration | None = None
    receiver: Value | None = None

    @property
    def name(self) -> str:
        return self.module.qualified_name(self.scope) or self.module.path.name

    @property
    def key(self) -> tuple[object, int]:
        return (self.module.path, self.scope.index)

    @property
    def title(self) -> str:
        """How people name it: `GET /chat`, or its kind and name."""
        if self.kind in (Kind.ROUTE, Kind.WEBSOCKET) and self.path:
            verb = "WebSocket" if self.kind is Kind.WEBSOCKET else "/".join(self.methods)
            return f"{verb} {self.path}".strip()
        return f"{self.kind} `{self.name}`"

    @property
    def answers(self) -> bool:
        """Whether what it returns is the response of a request."""
        return self.kind in (Kind.ROUTE, Kind.EXCEPTION_HANDLER) and self.on_request_path


@dataclass(frozen=True)
class _Mount:
    """A router that is included in another one, under a prefix."""

    parent: object
    prefix: str


class EntryPoints:
    """Finds the entry points of the loaded modules."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self.frameworks = evaluator.knowledge.frameworks
        self._mounts: dict[object, list[_Mount]] = {}

    def find(self) -> tuple[Entry, ...]:
        modules = list(self.evaluator.modules.loaded())
        for module in modules:
            for scope in module.scopes:
                for call in scope.calls:
                    self._include(call, self.evaluator.any_call(module, scope))
        found: dict[tuple[object, int, Kind], Entry] = {}
        for module in modules:
            for entry in self._of_module(module):
                key = (*entry.key, entry.kind)
                known = found.get(key)
                if known is None or not known.path and entry.path:
                    found[key] = entry
        return tuple(found.values())

    def _of_module(self, module: Module) -> Iterator[Entry]:
        for scope in module.scopes:
            frame = self.evaluator.any_call(module, scope)
            if scope.kind == "function" and scope.decorators:
                yield from self._decorated(module, scope)
            if scope.kind == "class":
                yield from self._views(module, scope)
            for call in scope.calls:
                yield from self._registered(call, frame)
        yield from self._whole_file(module)

    # Decorators

    def _decorated(self, module: Module, scope: ir.Scope) -> Iterator[Entry]:
        outer = self.evaluator.any_call(module, module.scopes[scope.parent])
        for decorator in scope.decorators:
            call = decorator if isinstance(decorator, ir.Call) else None
            function = call.function if call is not None else decorator
            if call is None and isinstance(function, ir.Name | ir.Attribute) is False:
                continue
            for registration, owner in self._registrations(function, outer, call):
                if registration.kind is Kind.INCLUDE or registration.factory is not (call is not None):
                    if not (call is not None and registration.factory is False and registration.handler.position == 0):
                        continue
                    if call is not None and call.arguments and self._is_callable(call.arguments[0], outer):
                        continue
                yield self._entry(module, scope, registration, call, outer, owner)

    def _is_callable(self, argument: ir.Expression, frame: Frame) -> bool:
        return any(isinstance(v, Function | Class | Object) for v in self.evaluator.value(argument, frame))

    def _registrations(
        self, function: ir.Expression, frame: Frame, call: ir.Call | None
    ) -> Iterator[tuple[Registration, Value | None]]:
        """What the function of a call or decorator registers, with the application that it belongs to."""
        word = function.attribute if isinstance(function, ir.Attribute) else getattr(function, "id", "")
        if word not in self.frameworks.registering_words and word not in self._aliases(frame):
            return
        for value in self.evaluator.value(function, frame):
            match value:
                case Bound(receiver=Instance() as owner):
                    registration = self._of_application(owner, value.name)
                    if registration is not None:
                        yield registration, owner
                        return
                case External():
                    registration = self.frameworks.call(value.name)
                    if registration is not None:
                        yield registration, None
                        return
        if isinstance(function, ir.Attribute):
            yield from self._of_subclass(function, frame)
            yield from self._by_shape(function, frame, call)

    def _aliases(self, frame: Frame) -> frozenset[str]:
        """Names under which the module imports something that registers."""
        names = self.frameworks.registering_words
        module = frame.module.summary.module
        return frozenset(b.name for b in module.bindings if b.kind == "import" and b.member in names)

    def _of_application(self, owner: Instance, method: str) -> Registration | None:
        if "." in method:
            head, _, rest = method.partition(".")
            made = self.frameworks.attribute(owner.name, head)
            if made is not None:
                return self._of_application(Instance(made, owner.origin), rest)
        return self.frameworks.decorator(owner.name, method)

    def _of_subclass(self, function: ir.Attribute, frame: Frame) -> Iterator[tuple[Registration, Value | None]]:
        for owner in self.evaluator.value(function.base, frame):
            if isinstance(owner, Object):
                for name in self.evaluator.attributes.outside_bases(owner):
                    registration = self.frameworks.decorator(name, function.attribute)
                    if registration is not None:
                        yield registration, owner
                        return

    def _by_shape(
        self, function: ir.Attribute, frame: Frame, call: ir.Call | None
    ) -> Iterator[tuple[Registration, Value | None]]:
        """`@unknown.get("/path")` in a module that imports a framework can be nothing else."""
        if call is None or function.attribute not in _VERBS or not call.arguments:
            return
        first = call.arguments[0]
        if not (isinstance(first, ir.Constant) and isinstance(first.value, str) and first.value[:1] in ("/", "")):
            return
        if not all(isinstance(v, Unknown) for v in self.evaluator.value(function.base, frame)):
            return
        if frame.module.text(call).count("(") and not self._decorates(call, frame.module):
            return
        imported = {name.partition(".")[0] for name, _, level in frame.module.summary.imports if not level}
        for package, router in _FRAMEWORK_OF_VERBS:
            if package in imported:
                registration = self.frameworks.decorator(router, function.attribute)
                if registration is not None:
                    yield registration, None
                return

    @staticmethod
    def _decorates(call: ir.Call, module: Module) -> bool:
        return any(decorator is call for scope in module.scopes for decorator in scope.decorators)

    # Calls

    def _registered(self, call: ir.Call, frame: Frame) -> Iterator[Entry]:
        function: ir.Expression = call.function
        wrapper = None
        if isinstance(function, ir.Call):
            wrapper, function = function, function.function
        for registration, owner in self._registrations(function, frame, None):
            if registration.kind is Kind.INCLUDE:
                continue
            if wrapper is not None:
                if registration.factory and call.arguments:
                    yield from self._handlers(call.arguments[0], registration, wrapper, frame, owner)
                continue
            given = self._argument(call, registration.handler)
            if given is not None:
                yield from self._handlers(given, registration, call, frame, owner)
            if registration.dispatch_keyword:
                given = call.argument(None, registration.dispatch_keyword)
                if given is not None:
                    yield from self._handlers(given, registration, call, frame, owner)
        if wrapper is None:
            yield from self._by_keyword(call, frame)

    def _by_keyword(self, call: ir.Call, frame: Frame) -> Iterator[Entry]:
        """Functions that an application's constructor is given: `lifespan=`."""
        if not any(keyword for keyword, _ in call.keywords):
            return
        for value in self.evaluator.value(call.function, frame) if _is_capitalised(call.function) else ():
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
        for value in self._callables(self.evaluator.value(given, frame)):
            located = self.evaluator.scope_of(value)
            if located is not None:
                entry = self._entry(*located, registration, call, frame, owner)
                yield replace(entry, receiver=value.receiver)

    def _callables(self, values: Values) -> Iterator[Function]:
        for value in values:
            match value:
                case Function():
                    yield value
                case Partial():
                    yield from self._callables(value.function)
                case OffLoop():
                    continue
                case Object():
                    yield from self._callables(self.evaluator.attributes.of_class(value, "__call__"))
                case Class():
                    instance = Object(value.path, value.scope)
                    for name in ("__init__", "__call__", "dispatch"):
                        method = self.evaluator.attributes.method(instance, name)
                        if method is not None:
                            yield Function(method.path, method.scope, None, instance)

    def _entry(
        self,
        module: Module,
        scope: ir.Scope,
        registration: Registration,
        call: ir.Call | None,
        frame: Frame,
        owner: Value | None,
    ) -> Entry:
        runner = registration.async_runner if scope.is_async else registration.sync_runner
        methods = registration.methods
        path = ""
        if call is not None:
            if registration.thread_keyword and self._truth(call, registration.thread_keyword, frame):
                runner = runner if scope.is_async else Runner.THREAD_POOL
            path = self._text(self._argument(call, registration.path), frame)
            methods = self._texts(self._argument(call, registration.methods_argument), frame) or methods
        path = self._full_path(owner, path, registration)
        return Entry(
            module, scope, registration.framework, registration.kind, path, methods, runner, registration.on_request_path, registration
        )

    @staticmethod
    def _argument(call: ir.Call, argument: Argument) -> ir.Expression | None:
        return call.argument(argument.position, argument.keyword or None) if argument else None

    def _truth(self, call: ir.Call, keyword: str, frame: Frame) -> bool:
        given = call.argument(None, keyword)
        return given is not None and Constant(True) in self.evaluator.value(given, frame)

    def _text(self, expression: ir.Expression | None, frame: Frame) -> str:
        if expression is None:
            return ""
        texts = [v.value for v in self.evaluator.value(expression, frame) if isinstance(v, Constant)]
        return next((text for text in texts if isinstance(text, str)), "")

    def _texts(self, expression: ir.Expression | None, frame: Frame) -> tuple[str, ...]:
        if expression is None:
            return ()
        found = []
        for value in self.evaluator.value(expression, frame):
            if isinstance(value, Collection):
                for _, items in value.items:
                    found += [v.value for v in items if isinstance(v, Constant) and isinstance(v.value, str)]
        return tuple(found)

    # Prefixes

    def _include(self, call: ir.Call, frame: Frame) -> None:
        for registration, owner in self._registrations(call.function, frame, None):
            if registration.kind is not Kind.INCLUDE:
                continue
            child = self._argument(call, registration.child)
            if child is None:
                continue
            prefix = self._text(self._argument(call, registration.prefix), frame)
            for value in self.evaluator.value(child, frame):
                identity = self._identity(value)
                if identity is not None and identity != self._identity(owner):
                    self._mounts.setdefault(identity, []).append(_Mount(self._identity(owner), prefix))

    @staticmethod
    def _identity(value: Value | None) -> object:
        if isinstance(value, Instance | Object):
            return value.origin
        return None

    def _full_path(self, owner: Value | None, path: str, registration: Registration) -> str:
        if registration.kind not in (Kind.ROUTE, Kind.WEBSOCKET):
            return path
        prefix = self._prefix(self._identity(owner), owner, 0)
        return prefix + path if prefix or path else ""

    def _prefix(self, identity: object, owner: Value | None, depth: int) -> str:
        """All prefixes above a router, outermost first."""
        if identity is None or depth > _DEEPEST_MOUNT:
            return ""
        own = self._own_prefix(identity)
        mounts = self._mounts.get(identity, [])
        if not mounts:
            return own
        mount = mounts[0]
        return self._prefix(mount.parent, None, depth + 1) + mount.prefix + own

    def _own_prefix(self, identity: object) -> str:
        """The prefix that a router's constructor is given."""
        if not isinstance(identity, Origin):
            return ""
        module = self.evaluator.modules.load(identity.path)
        if module is None:
            return ""
        for scope in module.scopes:
            for call in scope.calls:
                if (call.start, call.end) == (identity.start, identity.end):
                    return self._constructor_prefix(call, self.evaluator.any_call(module, scope))
        return ""

    def _constructor_prefix(self, call: ir.Call, frame: Frame) -> str:
        for value in self.evaluator.value(call.function, frame):
            application = self.frameworks.application(value.name) if isinstance(value, External) else None
            if application is not None and application.prefix_keyword:
                return self._text(call.argument(None, application.prefix_keyword), frame)
        return ""

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
        for name in view.methods:
            method = self.evaluator.attributes.method(owner, name)
            located = self.evaluator.scope_of(method) if method is not None else None
            if located is None:
                continue
            module, scope = located
            if view.parameter and view.parameter not in {p.name for p in scope.parameters}:
                continue
            runner = view.async_runner if scope.is_async else view.sync_runner
            http = (name.upper(),) if view.method_is_http else ()
            yield Entry(
                module, scope, view.framework, view.kind, "", http, runner, view.on_request_path, None, owner
            )

    def _whole_file(self, module: Module) -> Iterator[Entry]:
        imported = {name.partition(".")[0] for name, _, level in module.summary.imports if not level}
        for name in self.frameworks.names:
            framework = self.frameworks.framework(name)
            if framework.whole_file and imported & framework.packages:
                yield Entry(
                    module, module.summary.module, name, Kind.PAGE, "", (), framework.sync_runner, True, None
                )


def _is_capitalised(function: ir.Expression) -> bool:
    word = function.attribute if isinstance(function, ir.Attribute) else getattr(function, "id", "")
    return word[:1].isupper()
