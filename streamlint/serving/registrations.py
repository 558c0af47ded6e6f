"""What the function of a call or decorator registers in a framework, by what it is, by its base class, or by its shape."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Registration
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import Bound, Class, External, Instance, Object, Unknown, Value
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.serving.registering import Registering
    from streamlint.values import Evaluator


_ABSENT = "`{name}` comes from a module that is not there: its decorators are likely to be those of an application"


class Registrations:
    """Finds the rows of the table; `registering` knows what the project imports, where that is asked."""

    def __init__(self, evaluator: Evaluator, registering: Registering | None) -> None:
        self._registering = registering
        self.evaluator = evaluator
        self.frameworks = evaluator.knowledge.frameworks
        self._renamed: dict[Path, frozenset[str]] = {}

    def of(
        self, function: ir.Expression, frame: Frame, call: ir.Call | None
    ) -> Iterator[tuple[Registration, Value | None]]:
        """What the function of a call or decorator registers, with the application that it belongs to."""
        word = function.attribute if isinstance(function, ir.Attribute) else getattr(function, "id", "")
        if word not in self._words and word not in self._aliases(frame):
            return
        for value in self.evaluator.value(function, frame):
            match value:
                case Bound(receiver=Instance() as owner):
                    registration = self._of_application(owner, value.name)
                    if registration is not None:
                        yield (
                            registration,
                            owner if owner.origin is not None else self._inheritor(function, frame, owner),
                        )
                        return
                case External():
                    registration = self.frameworks.call(value.name)
                    if registration is not None:
                        yield registration, None
                        return
                case Class():
                    bases = map(self.frameworks.call, self.evaluator.attributes.outside_bases(value))
                    registration = next((one for one in bases if one is not None), None)
                    if registration is not None:
                        yield registration, None
                        return
        if isinstance(function, ir.Attribute):
            yield from self._of_subclass(function, frame)
            yield from self._behind(function, frame)
            yield from self._by_shape(function, frame, call)

    def may(self, function: ir.Expression, frame: Frame, test: Callable[[Registration], bool]) -> bool:
        """Whether the test holds for something that registers under this word; of an alias nobody knows before it is followed."""
        rows = self.frameworks.by_word.get(last_word(function))
        if rows is None:
            return True
        return any(
            test(row)
            and (self._registering is None or row.framework in self._registering.frameworks_present)
            and (self._may_be(function, frame, row.name) if is_function else _ends_in(function, row.name))
            for row, is_function in rows
        )

    def _may_be(self, function: ir.Expression, frame: Frame, name: str) -> bool:
        """Whether an expression may be a function of a package, by the names under which files import what that has."""
        names = self._registering.names(name) if self._registering is not None else None
        return _may_be_imported(function, frame, names, ".*." in name)

    @cached_property
    def _words(self) -> frozenset[str]:
        """The last words of what registers a function by being called, in the frameworks that the project uses."""
        if self._registering is None:
            return frozenset(self.frameworks.by_word)
        present = self._registering.frameworks_present
        rows = self.frameworks.by_word.items()
        used = {word for word, found in rows if any(row.framework in present for row, _ in found)}
        return self.frameworks.shapes | used | {name.rpartition(".")[2] for name in self._registering.told}

    def _aliases(self, frame: Frame) -> frozenset[str]:
        """Names under which the module imports something that registers."""
        known = self._renamed.get(frame.module.path)
        if known is None:
            bindings = frame.module.summary.module.bindings
            known = frozenset(b.name for b in bindings if b.kind == "import" and b.member in self._words)
            self._renamed[frame.module.path] = known
        return known

    def _of_application(self, owner: Instance, method: str) -> Registration | None:
        if "." in method:
            head, _, rest = method.partition(".")
            made = self.frameworks.attribute(owner.name, head)
            if made is not None:
                return self._of_application(Instance(made, owner.origin), rest)
        return self.frameworks.decorator(owner.name, method)

    def _inheritor(self, function: ir.Expression, frame: Frame, owner: Instance) -> Value:
        """The project's own router whose method is inherited from outside."""
        if isinstance(function, ir.Attribute):
            for value in self.evaluator.value(function.base, frame):
                if isinstance(value, Object) and value.origin is not None:
                    return value
        return owner

    def _of_subclass(self, function: ir.Attribute, frame: Frame) -> Iterator[tuple[Registration, Value | None]]:
        for owner in self.evaluator.value(function.base, frame):
            if isinstance(owner, Object):
                for name in self.evaluator.attributes.outside_bases(owner):
                    registration = self.frameworks.decorator(name, function.attribute)
                    if registration is not None:
                        yield registration, owner
                        return

    def _behind(self, function: ir.Attribute, frame: Frame) -> Iterator[tuple[Registration, Value | None]]:
        """`button.click(first).then(second)`, where a row takes the method of anything of its package."""
        event: ir.Expression | None = function.base
        bindings = _bindings(event, frame) if isinstance(event, ir.Name) else []
        event = bindings[0].value if len(bindings) == 1 else event
        if not isinstance(event, ir.Call):
            return
        for before, _ in self.of(event.function, frame, event):
            package, is_any, _ = before.name.partition(".*.")
            registration = self.frameworks.call(f"{package}.*.{function.attribute}") if is_any else None
            if registration is not None:
                yield registration, None
                return

    def _by_shape(
        self, function: ir.Attribute, frame: Frame, call: ir.Call | None
    ) -> Iterator[tuple[Registration, Value | None]]:
        """`@unknown.get("/path")` in a module that imports a framework can be nothing else."""
        if call is None or function.attribute not in self.frameworks.shapes or not call.arguments:
            return
        first = call.arguments[0]
        if not (isinstance(first, ir.Constant) and isinstance(first.value, str) and first.value[:1] in ("/", "")):
            return
        if not all(isinstance(v, Unknown | External) for v in self.evaluator.value(function.base, frame)):
            return
        decorated = [scope for scope in frame.module.scopes if any(one is call for one in scope.decorators)]
        if not decorated:
            return
        for package, router in self.frameworks.unknown_routers:
            if package in frame.module.packages:
                registration = self.frameworks.decorator(router, function.attribute)
                if registration is not None:
                    yield registration, None
                return
        if first.value and all(scope.is_async for scope in decorated):
            yield from self._of_an_absent(function, frame)

    def _of_an_absent(self, function: ir.Attribute, frame: Frame) -> Iterator[tuple[Registration, Value | None]]:
        """`@app.post("/path")` over a coroutine function, where `app` is imported from a module that is not there."""
        base = function.base
        if not isinstance(base, ir.Name) or not all(one.kind == "import" for one in _bindings(base, frame)):
            return
        routers = self.frameworks.unknown_routers
        present = self._registering.frameworks_present if self._registering is not None else ()
        used = [router for package, router in routers if package in present]
        registration = self.frameworks.decorator((used or [router for _, router in routers])[0], function.attribute)
        if registration is not None:
            yield replace(registration, doubt=_ABSENT.format(name=base.id)), None


def _may_be_imported(function: ir.Expression, frame: Frame, names: Container[str] | None, through_calls: bool) -> bool:
    """Whether a name, or what stands before its dots (and calls, where they count), may come from an import, renamed or not.

    Of what is imported one of the words is one of these names, where they are known.
    """
    pending, seen = [function], set[int]()
    while pending:
        root, words = pending.pop(), list[str]()
        while isinstance(root, ir.Attribute) or (through_calls and isinstance(root, ir.Call)):
            words.append(last_word(root))
            root = root.base if isinstance(root, ir.Attribute) else root.function
        words.append(last_word(root))
        for binding in _bindings(root, frame) if isinstance(root, ir.Name) else ():
            if binding.kind == "import" and (names is None or any(word in names for word in words)):
                return True
            if binding.kind == "class" and root is function and frame.module.scopes[binding.target].bases:
                return True
            if binding.kind == "assign" and id(binding) not in seen and binding.value is not None:
                seen.add(id(binding))
                pending.append(binding.value)
                pending += binding.value.options if isinstance(binding.value, ir.Choice) else ()
    return False


def _ends_in(function: ir.Expression, name: str) -> bool:
    """Whether a call's words end as the name of a method does that belongs to an attribute: `on_startup.append`."""
    owner = name.rpartition(".")[0].rpartition(".")[2]
    return owner in ("", "*") or (isinstance(function, ir.Attribute) and last_word(function.base) == owner)


def _bindings(name: ir.Name, frame: Frame) -> list[ir.Binding]:
    """All bindings of a name in the innermost scope that has some; without any, `import *` may bring it."""
    current: Frame | None = frame
    while current is not None:
        if name.id in current.scope.by_name:
            return [current.scope.bindings[index] for index in current.scope.by_name[name.id]]
        current = current.parent
    stars = frame.module.summary.star_imports
    return [ir.Binding(name.id, "import", 0, 0, 0, module=module, level=level) for module, level in stars]
