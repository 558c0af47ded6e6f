"""What a name stands for: its bindings, the scopes around it, other modules, and Python's own names."""

from __future__ import annotations

import builtins
from collections.abc import Iterable
from functools import partial

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    NOTHING,
    UNKNOWN,
    Class,
    Collection,
    External,
    Pending,
    ProjectModule,
    Text,
    Token,
    Value,
    Values,
    says,
)
from streamlint.values.kinds import Kinds
from streamlint.values.whole import Whole

_BUILTIN_NAMES = frozenset(dir(builtins))


class Names:
    """Follows names to their bindings, and bindings to their values."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._answers = evaluator.solver.answers
        self._kinds = Kinds(evaluator)
        self._builtins: dict[str, Values] = {}
        self._whole: dict[Module, tuple[Module, ...]] = {}

    def named(self, module: Module, name: str) -> Values:
        """A name of a module's own level, as another module sees it."""
        frame = self.evaluator.any_call(module, module.summary.module)
        return self._outer(name, frame)

    def value(self, name: ir.Name, frame: Frame) -> Values:
        values = self._value(name, frame)
        return self._kinds.remaining(values, name, frame) if name.id in frame.scope.asked_kinds else values

    def _value(self, name: ir.Name, frame: Frame) -> Values:
        if name.bindings is None:
            return self._lookup(name.id, frame)
        inside = frame.scope.from_inside.get(name.id)
        if len(name.bindings) == 1 and not inside:
            return self.binding(frame.scope.bindings[name.bindings[0]], frame)
        if frame.arguments is not None:
            frame = self.evaluator.frames.for_expression(name, frame)
        return self.evaluator.kept(
            (name, frame), lambda: self._any_of((*(name.bindings or ()), *(inside or ())), frame)
        )

    def _lookup(self, name: str, frame: Frame) -> Values:
        """A name that the frame's own scope does not bind before its use."""
        if name in frame.scope.by_name and frame.scope.kind == "module":
            return self._seen(name, frame)
        if frame.scope.is_function and frame.scope.owns(name):
            return UNKNOWN  # Python raises UnboundLocalError, whatever the name means around the function
        return self._around(name, frame)

    def _around(self, name: str, frame: Frame) -> Values:
        """What a name means around a scope that does not bind it; functions do not see the classes that they stand in."""
        outer = frame.parent
        while outer is not None:
            if outer.scope.kind != "class" and name in outer.scope.by_name:
                return self._seen(name, outer)
            outer = outer.parent
        found = self._starred(name, frame.module)
        if found or name not in _BUILTIN_NAMES:
            return found or UNKNOWN
        known = self._builtins.get(name)
        if known is None:
            known = self._builtins[name] = frozenset((External(f"builtins.{name}"),))
        return known

    def _seen(self, name: str, frame: Frame) -> Values:
        found = self._outer(name, frame)
        return UNKNOWN if not found and not self._lasting(frame.scope, name) else found

    def _outer(self, name: str, frame: Frame) -> Values:
        """A name of a scope, as those see it that run when the scope has been read to its end; empty where it has none."""
        key = ("outer", name, frame)
        kept: Values | None = self._answers.get(key)
        if kept is not None:
            return kept
        indices = self._lasting(frame.scope, name)
        if indices:
            return self.evaluator.kept(key, lambda: self._or_put(name, frame, self._any_of(indices, frame)))
        return self._or_put(name, frame, NOTHING if name in frame.scope.by_name else self._starred(name, frame.module))

    def _any_of(self, indices: Iterable[int], frame: Frame) -> Values:
        bindings = frame.scope.bindings
        return self.evaluator.union(self.binding(bindings[index], frame) for index in indices)

    def _or_put(self, name: str, frame: Frame, found: Values) -> Values:
        """What a module's own level gives a name, or what other modules put there where that says nothing."""
        if frame.scope.kind == "module" and not says(found):
            return self.evaluator.attributes.put_on_module(frame.module.path, name) or found
        return found

    @staticmethod
    def _lasting(scope: ir.Scope, name: str) -> ir.Bindings:
        """Of a module's bindings those that its end sees, and those that functions make through `global`."""
        indices = scope.by_name.get(name, ())
        final = scope.final.get(name)
        if final is None:
            return indices
        around = (index for index in final if scope.bindings[index].kind == "outside")
        inside = scope.from_inside.get(name, ())
        return [*(index for index in indices if index in final or index in inside), *around]

    def _starred(self, name: str, module: Module) -> Values:
        """A name that `from module import *` brings, the last such import first, through any chain of them."""
        seen, pending = {module}, [module]
        while pending:
            current = pending.pop()
            if current is not module and name in current.summary.module.by_name:
                return self.named(current, name) if self._is_public(current, name) else NOTHING
            for other in self._given_whole(current):
                if other not in seen:
                    seen.add(other)
                    pending.append(other)
        return NOTHING

    def _given_whole(self, module: Module) -> tuple[Module, ...]:
        """The modules of which one imports everything."""
        known = self._whole.get(module)
        if known is None:
            modules = self.evaluator.modules
            stars = module.summary.star_imports
            paths = (modules.resolve(module.path, imported, level) for imported, level in stars)
            loaded = (modules.load(path) for path in paths if path is not None and path in modules.files)
            known = self._whole[module] = tuple(one for one in loaded if one is not None)
        return known

    def _is_public(self, module: Module, name: str) -> bool:
        """Whether `import *` brings a name of a module: what its `__all__` lists, or has no underscore in front."""
        scope = module.summary.module
        listed = [scope.bindings[index].value for index in scope.by_name.get("__all__", ())]
        displays = [one for one in listed if isinstance(one, ir.Sequence)]
        if len(displays) != 1 or len(listed) != 1:
            return not name.startswith("_") or bool(listed)
        names = [item.value if isinstance(item, ir.Constant) else None for item in displays[0].items]
        return name in names or None in names

    def binding(self, binding: ir.Binding, frame: Frame) -> Values:
        """What a binding gives its name."""
        if frame.arguments is not None:
            if binding.kind == "parameter" and binding.scope == frame.scope.index:
                given = frame.arguments.get(binding.name)
                if given is not None:
                    return given
            frame = self.evaluator.frames.for_binding(binding, frame)
        key = (binding, frame)
        kept: Values | None = self._answers.get(key)
        return kept if kept is not None else self.evaluator.kept(key, partial(self._bound, binding, frame))

    def _bound(self, binding: ir.Binding, frame: Frame) -> Values:
        if binding.scope != frame.scope.index:
            owner = frame.of(binding.scope)
            frame = owner or self.evaluator.any_call(frame.module, frame.module.scopes[binding.scope])
        match binding.kind:
            case "assign":
                return self._assigned(binding, frame)
            case "parameter":
                return self.evaluator.parameters.value(binding, frame)
            case "loop":
                return self.evaluator.at(self.evaluator.element(self._value_of(binding, frame)), binding.path)
            case "with":
                return self.evaluator.at(self.evaluator.calls.entered(self._value_of(binding, frame)), binding.path)
            case "import":
                return self._imported(binding, frame.module)
            case "function" if told := self.evaluator.modules.told(frame.module, binding.target):
                return frozenset((External(told),))
            case "function":
                return self.evaluator.calls.decorated(frame.module, binding.target, frame)
            case "class":
                return frozenset((Class(frame.module.path, binding.target),))
            case "merge":
                return self._any_of(binding.sources, frame)
            case "augmented":
                return self._augmented(binding, frame)
            case "outside":
                return self._around(binding.name, frame)
            case "annotation":
                return self._annotated(binding, frame)
        return UNKNOWN

    def _value_of(self, binding: ir.Binding, frame: Frame) -> Values:
        return self.evaluator.value(binding.value, frame) if binding.value is not None else UNKNOWN

    def _assigned(self, binding: ir.Binding, frame: Frame) -> Values:
        values = self.evaluator.at(self._value_of(binding, frame), binding.path)
        return self.evaluator.parameters.told(values, binding.annotation, frame)

    def _annotated(self, binding: ir.Binding, frame: Frame) -> Values:
        if binding.annotation is None:
            return UNKNOWN
        return self.evaluator.parameters.annotated(binding.annotation, frame)

    def _augmented(self, binding: ir.Binding, frame: Frame) -> Values:
        before = [self.binding(frame.scope.bindings[index], frame) for index in binding.sources]
        added = self._value_of(binding, frame)
        texts = [value for value in added if isinstance(value, Token | Text)]
        if texts:
            return frozenset((Text(texts[0].origin),))
        held = self.evaluator.union(before)
        is_filled = all(map(_may_be_filled, (*held, *added)))
        return held if held and is_filled else self.evaluator.union([held, UNKNOWN])

    def _imported(self, binding: ir.Binding, module: Module) -> Values:
        return self.imported(module, binding.module, binding.member, binding.level)

    def imported(self, importer: Module, name: str, member: str, level: int) -> Values:
        """What `from name import member`, or `import name` where there is no member, gives."""
        path = self.evaluator.modules.resolve(importer.path, name, level)
        if path is None:
            if level:
                return UNKNOWN
            return (
                self.evaluator.attributes.of_external(External(name), member)
                if member
                else frozenset((External(name),))
            )
        if not member:
            return frozenset((ProjectModule(path),))
        if path == importer.path:  # `from . import submodule` in a package's `__init__.py`
            submodule = self.evaluator.modules.member(path, member)
            return frozenset((ProjectModule(submodule),)) if submodule is not None else UNKNOWN
        found = self.evaluator.attributes.of_module(path, member)
        if found or level:
            return found or UNKNOWN
        return frozenset((External(f"{name}.{member}"),)) if path not in self.evaluator.modules.files else UNKNOWN


def _may_be_filled(value: Value) -> bool:
    """Whether it is a display that can be added to, or not known yet; what comes back to itself decides nothing before that."""
    return isinstance(value, Pending) or (isinstance(value, Collection) and value.kind != "tuple")
