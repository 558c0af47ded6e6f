"""Under which paths a route is served: the constants of its own path, and the prefixes of all routers around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Argument, Registration
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Class,
    Collection,
    Constant,
    External,
    Instance,
    Object,
    Origin,
    ProjectModule,
    Value,
)

if TYPE_CHECKING:
    from streamlint.values import Evaluator

UNKNOWN_PART = "…"
_DEEPEST_MOUNT = 8
_MOST_PATHS = 8
_F_STRING = re.compile(r"""[fF](["'])([^"'\\\n]*)\1""")


@dataclass(frozen=True)
class _Mount:
    """A router, application or module of routes that is included in another one, under a prefix."""

    parent: object
    prefix: str


class RoutePaths:
    """Collects what includes what, then joins the prefixes."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._mounts: dict[object, dict[_Mount, None]] = {}
        self._own_prefixes: dict[object, str] = {}

    # Texts

    def text(self, expression: ir.Expression | None, frame: Frame) -> str | None:
        """The constant text; "" where nothing is given, None where it cannot be told or is one of several."""
        if expression is None:
            return ""
        if isinstance(expression, ir.Operation) and expression.operator == "Add":
            parts = [self.text(operand, frame) for operand in expression.operands]
            known = [part for part in parts if part is not None]
            return "".join(known) if len(known) == len(parts) else None
        if isinstance(expression, ir.FormattedString):
            return self._formatted(expression, frame)
        values = self.evaluator.value(expression, frame)
        texts = {v.value for v in values if isinstance(v, Constant) and isinstance(v.value, str)}
        if not texts:
            return self._of_binding(expression, frame)
        return texts.pop() if len(texts) == 1 else None

    def _formatted(self, expression: ir.FormattedString, frame: Frame) -> str | None:
        match = _F_STRING.fullmatch(frame.module.text(expression))
        if match is None:
            return None
        text = match[2]
        for value in expression.values:
            part = self.text(value, frame)
            if part is None:
                return None
            text = text.replace(f"{{{frame.module.text(value)}}}", part.replace("{", "{{").replace("}", "}}"))
        return text.replace("{{", "{").replace("}}", "}")

    def _of_binding(self, expression: ir.Expression, frame: Frame) -> str | None:
        """A name of this module's own level that is put together once: `BASE = PREFIX + "/x"`."""
        if not isinstance(expression, ir.Name):
            return None
        module = frame.module
        top = module.summary.module
        indices = top.by_name.get(expression.id, [])
        value = top.bindings[indices[0]].value if len(indices) == 1 else None
        if isinstance(value, ir.Operation | ir.FormattedString):
            return self.text(value, self.evaluator.any_call(module, top))
        return None

    # Mounts

    def include(self, call: ir.Call, registration: Registration, owner: Value | None, frame: Frame) -> None:
        """Note what a call of kind `include` puts under a prefix."""
        parent = identity(owner) if owner is not None else self.evaluator.origin(call, frame)
        prefix = self._prefix_text(argument(call, registration.prefix), frame).rstrip("/")  # as Starlette and Flask do
        child = argument(call, registration.child)
        if child is not None:
            for value in self.evaluator.value(child, frame):
                self._mount(identity(value), parent, prefix)
        if registration.children_keyword:
            for item in self._items(call.argument(None, registration.children_keyword), frame):
                self._mount(item, parent, prefix)

    def include_urls(self, call: ir.Call, registration: Registration, child: ir.Expression, frame: Frame) -> None:
        """Note the module of routes that a route's call names: `path("api/", include("shop.urls"))`."""
        prefix = self._prefix_text(argument(call, registration.path), frame)
        named = child.items[0] if isinstance(child, ir.Sequence) and child.items else child
        for value in self.evaluator.value(named, frame):
            path = None
            if isinstance(value, Constant) and isinstance(value.value, str):
                path = self.evaluator.modules.resolve(frame.module.path, value.value, 0)
            elif isinstance(value, ProjectModule):
                path = value.path
            if path is not None:
                self._mount(path, frame.module.path, prefix)

    def _prefix_text(self, expression: ir.Expression | None, frame: Frame) -> str:
        text = self.text(expression, frame)
        return UNKNOWN_PART if text is None else text

    def _items(self, expression: ir.Expression | None, frame: Frame) -> Iterator[object]:
        if isinstance(expression, ir.Sequence):
            for item in expression.items:
                if isinstance(item, ir.Call):
                    yield self.evaluator.origin(item, frame)
        elif expression is not None:
            for value in self.evaluator.value(expression, frame):
                if isinstance(value, Collection):
                    yield from (identity(inner) for _, items in value.items for inner in items)

    def _mount(self, child: object, parent: object, prefix: str) -> None:
        if child is not None and child != parent:
            self._mounts.setdefault(child, {})[_Mount(parent, prefix)] = None

    # Paths

    def full(self, owner: Value | None, call: ir.Call | None, path: str | None, frame: Frame) -> tuple[str, ...]:
        """All paths under which a route is served; empty where its own path cannot be told."""
        if path is None:
            return ()
        router = identity(owner)
        if router is None and call is not None:
            router = self.evaluator.origin(call, frame)
            router = router if router in self._mounts else frame.module.path
        paths = dict.fromkeys(_rooted(prefix + path.removeprefix("^")) for prefix in self._prefixes(router, 0))
        return tuple(each for each in paths if each)[:_MOST_PATHS]

    def applications(self, owner: Value | None, call: ir.Call | None, frame: Frame) -> tuple[Origin, ...]:
        """Where the applications are made that serve what a router, or a call that stands in a list of routes, registers."""
        router = identity(owner)
        if router is None and call is not None:
            router = self.evaluator.origin(call, frame)
        return tuple(dict.fromkeys(each for each in self._outermost(router, 0) if isinstance(each, Origin)))

    def _outermost(self, router: object, depth: int) -> Iterator[object]:
        mounts = self._mounts.get(router, ()) if depth <= _DEEPEST_MOUNT else ()
        if not mounts:
            yield router
        for mount in mounts:
            yield from self._outermost(mount.parent, depth + 1)

    def _prefixes(self, router: object, depth: int) -> tuple[str, ...]:
        """What may stand before the paths of a router, outermost prefix first."""
        if router is None or depth > _DEEPEST_MOUNT:
            return ("",)
        own = self._own_prefix(router)
        found: dict[str, None] = {}
        for mount in self._mounts.get(router, ()):
            above = self._prefixes(mount.parent, depth + 1)
            found.update(dict.fromkeys(f"{before}{mount.prefix}{own}" for before in above))
        return tuple(found)[:_MOST_PATHS] or (own,)

    def _own_prefix(self, router: object) -> str:
        """The prefix that a router's constructor is given."""
        if router not in self._own_prefixes:
            self._own_prefixes[router] = self._of_constructor(router) if isinstance(router, Origin) else ""
        return self._own_prefixes[router]

    def _of_constructor(self, origin: Origin) -> str:
        module = self.evaluator.modules.load(origin.path)
        for scope in module.scopes if module is not None else ():
            for call in scope.calls:
                if module is not None and (call.start, call.end) == (origin.start, origin.end):
                    return self._given_prefix(call, self.evaluator.any_call(module, scope))
        return ""

    def _given_prefix(self, call: ir.Call, frame: Frame) -> str:
        for value in self.evaluator.value(call.function, frame):
            for name in self._class_names(value):
                application = self.evaluator.knowledge.frameworks.application(name)
                if application is not None and application.prefix_keyword:
                    return self._prefix_text(call.argument(None, application.prefix_keyword), frame)
        return ""

    def _class_names(self, value: Value) -> tuple[str, ...]:
        """A class outside the project by its name; a class of the project by those that it is derived from."""
        if isinstance(value, Class):
            return tuple(self.evaluator.attributes.outside_bases(Object(value.path, value.scope)))
        return (value.name,) if isinstance(value, External) else ()


def identity(value: Value | None) -> object:
    """What a router is known by: where it was made."""
    return value.origin if isinstance(value, Instance | Object) else None


def argument(call: ir.Call, wanted: Argument) -> ir.Expression | None:
    return call.argument(wanted.position, wanted.keyword or None)


def _rooted(path: str) -> str:
    """Django's paths have no slash in front, and its old ones are patterns."""
    if path[:1] in ("", "/", UNKNOWN_PART, "*"):
        return path
    return f"/{path.lstrip('^').removesuffix('$')}"
