"""What a parameter may be: from its call, its annotation, its dependency, its default, or its callers."""

from __future__ import annotations

from functools import partial

from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.arguments import GATHERING
from streamlint.values.domain import (
    NOTHING,
    UNKNOWN,
    Bound,
    Class,
    Constant,
    External,
    Function,
    Instance,
    Llama,
    Object,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
    known,
    says,
)
from streamlint.values.standing import Standing
from streamlint.values.whole import Whole

Located = tuple[ir.Expression, Frame]
_WRAPPERS = frozenset(("Optional", "Union", "Annotated", "Final", "ClassVar", "Required", "NotRequired"))


class Parameters:
    """Values of parameters and of annotations."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self._standing = Standing(evaluator)
        self._instances: dict[str, Values] = {}

    def value(self, binding: ir.Binding, frame: Frame) -> Values:
        given = (frame.arguments or {}).get(binding.name)
        if given is not None and any(not isinstance(value, Unknown) for value in given):
            return given
        scope = frame.scope
        number = next(i for i, p in enumerate(scope.parameters) if p.name == binding.name)
        parameter = scope.parameters[number]
        if parameter.kind in GATHERING:
            return given or self._gathered(parameter, frame)
        if number == 0 and frame.parent is not None and frame.parent.scope.kind == "class":
            itself = self._itself(frame)
            if itself:
                return itself
        return self._ways_in(parameter, frame, given)

    def _gathered(self, parameter: ir.Parameter, frame: Frame) -> Values:
        """What the known callers of a function give it beside its other parameters, and whatever others may."""
        if frame.arguments is not None:
            return UNKNOWN
        function = Function(frame.module.path, frame.scope.index)
        return self.evaluator.union((self.evaluator.callers.argument(function, frame.scope, parameter), UNKNOWN))

    def _ways_in(self, parameter: ir.Parameter, frame: Frame, given: Values | None) -> Values:
        """What is known of a parameter of which its call tells nothing; `given` is an argument of which nothing is known."""
        evaluator = self.evaluator
        injected = self.injected(parameter, frame)
        if says(injected):
            return injected
        outer = frame.parent or frame
        standing = self._standing.of(parameter.annotation, outer)
        if standing:
            return standing
        found = [given] if given is not None else []
        if frame.arguments is None:
            function = Function(frame.module.path, frame.scope.index)
            found.append(evaluator.callers.argument(function, frame.scope, parameter))
            if found[0] and evaluator.callers.is_requested(function):
                found.append(self.asked_for(parameter, frame))
        if given is None and parameter.default is not None and not self.dependencies(parameter, frame):
            if frame.arguments is None and not found[0] and not evaluator.callers.is_left_out(function, parameter):
                found.append(UNKNOWN)
            found.append(evaluator.value(parameter.default, outer))
        values = evaluator.union(found)
        if frame.arguments is None and parameter.annotation is None and not says(values):
            handed = evaluator.callers.given_by_framework(
                Function(frame.module.path, frame.scope.index), frame.scope, parameter
            )
            values = handed or values
        if not says(values) and frame.scope.name in evaluator.knowledge.token_streams.handed_methods:
            return self._token(parameter, frame) or values or UNKNOWN
        if parameter.annotation is not None and not says(values):
            annotated = self.annotated(parameter.annotation, outer)
            if says(annotated):
                return annotated
        if parameter.annotation is None and not says(values) and _may_be_lifespan(frame.scope):
            values = evaluator.callers.applications(frame.module, frame.scope) or values
        return values or UNKNOWN

    def asked_for(self, parameter: ir.Parameter, frame: Frame) -> Values:
        """What a framework gives a parameter when a request comes: what its dependency makes, or whatever the request says."""
        outer = frame.parent or frame
        injected = self.injected(parameter, frame)
        if injected or parameter.annotation is None:
            return injected or UNKNOWN
        return self.annotated(parameter.annotation, outer) or UNKNOWN

    def _token(self, parameter: ir.Parameter, frame: Frame) -> Values:
        """The token that a client gives a method of the project's: `on_llm_new_token(self, token)`."""
        if frame.parent is None or frame.parent.scope.kind != "class":
            return NOTHING
        position = frame.scope.parameters.index(parameter) - 1
        for name in self.evaluator.attributes.outside_bases(Class(frame.module.path, frame.parent.scope.index)):
            row = self.evaluator.knowledge.token_streams.handed(name, frame.scope.name)
            if row is not None and row.position == position:
                return frozenset((Token(row.items),))
        return NOTHING

    def receiver(self, method: Frame) -> Values:
        """What the first parameter of a method is: what a call gave it, or any object of its class."""
        scope = method.scope
        given = (method.arguments or {}).get(scope.parameters[0].name) if scope.parameters else None
        return given or self._itself(method)

    def _itself(self, frame: Frame) -> Values:
        """`self` and `cls`."""
        kinds = frame.scope.decorator_words
        if "staticmethod" in kinds or frame.parent is None:
            return NOTHING
        path, owner = frame.module.path, frame.parent.scope.index
        if "classmethod" in kinds or frame.scope.name in OF_CLASSES:
            return frozenset((Class(path, owner),))
        made = self.evaluator.attributes.made_by(Class(path, owner))
        if made:
            return frozenset(made)
        return frozenset((Object(path, owner),))

    def injected(self, parameter: ir.Parameter, frame: Frame) -> Values:
        """What `Depends(...)` provides, in the default or in `Annotated[...]`."""
        for dependency, where in self.dependencies(parameter, frame):
            return self.provided(self.evaluator.value(dependency, where))
        return NOTHING

    def dependencies(self, parameter: ir.Parameter, frame: Frame) -> list[Located]:
        """The expressions that name a parameter's dependency, with the frame of each: an alias may stand in another module."""
        outer = frame.parent or frame
        candidates: list[Located] = [(parameter.default, outer)] if parameter.default is not None else []
        if parameter.annotation is not None:
            candidates += self._metadata(parameter.annotation, outer)
        found: list[Located] = []
        for candidate, where in candidates:
            if isinstance(candidate, ir.Subscript) and self._is_marked(candidate, where):
                found.append((candidate, where))
            if not isinstance(candidate, ir.Call):
                continue
            for value in self.evaluator.value(candidate.function, where):
                if isinstance(value, External) and self.evaluator.knowledge.objects.is_dependency(value.name):
                    given = candidate.argument(0, "dependency")
                    if given is not None:
                        found.append((given, where))
                    elif parameter.annotation is not None:
                        found.append(self._bare(parameter.annotation, outer))
        return found

    def _is_marked(self, candidate: ir.Subscript, frame: Frame) -> bool:
        """`Provide[Container.engine]` as a default of its own."""
        objects, values = self.evaluator.knowledge.objects, self.evaluator.value(candidate.base, frame)
        return any(isinstance(value, External) and objects.is_marker(value.name) for value in values)

    def _metadata(self, annotation: ir.Expression, frame: Frame) -> list[Located]:
        """The extra items of `Annotated[type, extra, ...]`."""
        parts, where = self._annotated_parts(annotation, frame)
        return [(item, where) for item in parts[1:]]

    def _bare(self, annotation: ir.Expression, frame: Frame) -> Located:
        """The type of `Annotated[type, extra, ...]`; any other annotation itself."""
        parts, where = self._annotated_parts(annotation, frame)
        return (parts[0], where) if parts else (annotation, frame)

    def _annotated_parts(self, annotation: ir.Expression, frame: Frame) -> tuple[tuple[ir.Expression, ...], Frame]:
        """What stands between the brackets of `Annotated[...]`, through an alias too; nothing for other annotations."""
        if isinstance(annotation, ir.Subscript) and ir.dotted(annotation.base).endswith("Annotated"):
            key = annotation.key
            return (key.items if isinstance(key, ir.Sequence) else ()), frame
        if isinstance(annotation, ir.Name):
            alias, where = self.alias(annotation, frame)
            if alias is not None:
                return self._annotated_parts(alias, where)
        return (), frame

    def alias(self, name: ir.Name, frame: Frame) -> tuple[ir.Expression | None, Frame]:
        """The annotation that a module-level alias such as `Engine = Annotated[...]` stands for."""
        current: Frame | None = frame
        while current is not None:
            for index in current.scope.by_name.get(name.id, []):
                binding = current.scope.bindings[index]
                if binding.kind == "assign" and isinstance(binding.value, ir.Subscript):
                    return binding.value, current
                if binding.kind == "import" and binding.member:
                    return self._imported_alias(binding, current)
            current = current.parent
        return None, frame

    def _imported_alias(self, binding: ir.Binding, frame: Frame) -> tuple[ir.Expression | None, Frame]:
        """The alias where it is defined; modules that only import it may hand it on, and may import it from each other."""
        modules, importer, followed = self.evaluator.modules, frame.module, set[ir.Binding]()
        imported: ir.Binding | None = binding
        while imported is not None and imported not in followed:
            followed.add(imported)
            path = modules.resolve(importer.path, imported.module, imported.level)
            module = modules.load(path) if path is not None and path in modules.files else None
            if module is None:
                break
            scope = module.summary.module
            found = [scope.bindings[index] for index in scope.by_name.get(imported.member, [])]
            alias = next((one for one in found if one.kind == "assign" and isinstance(one.value, ir.Subscript)), None)
            if alias is not None:
                return alias.value, self.evaluator.any_call(module, scope)
            imported = next((one for one in found if one.kind == "import" and one.member), None)
            importer = module
        return None, frame

    def provided(self, made: Values) -> Values:
        """A dependency's result: a class's instance, a function's return, a generator's yield, a callable's answer."""
        calls, union = self.evaluator.calls, self.evaluator.union
        results = union(calls.results(frozenset((one,)), (), self._left_to_requests(one), None) for one in made)
        return self.evaluator.awaited(calls.entered(self.evaluator.awaited(results)))

    def _left_to_requests(self, made: Value) -> dict[str, Values]:
        """What a framework gives the parameters of a function that have defaults: those, or whatever the request says."""
        located = self.evaluator.scope_of(made) if isinstance(made, Function) else None
        if located is None:
            return {}
        frame = self.evaluator.any_call(*located)
        given = (one for one in located[1].parameters if one.default is not None)
        return {
            one.name: self.evaluator.union((self.evaluator.value(one.default, frame.parent or frame), UNKNOWN))
            for one in given
            if one.default is not None and not self.dependencies(one, frame)
        }

    # Annotations

    def told(self, values: Values, annotation: ir.Expression | None, frame: Frame) -> Values:
        """What is assigned, or what its annotation says where that says more."""
        if annotation is None or not _says_little(values):
            return values
        told = self.annotated(annotation, frame)
        return told if not says(values) or any(isinstance(value, Object) for value in told) else values

    def annotated(self, annotation: ir.Expression, frame: Frame) -> Values:
        """An instance of what an annotation names."""
        if isinstance(annotation, ir.Subscript):
            base = ir.dotted(annotation.base).rpartition(".")[2]
            if base in _WRAPPERS:
                parts = annotation.key.items if isinstance(annotation.key, ir.Sequence) else (annotation.key,)
                parts = parts[:1] if base == "Annotated" else parts
                return self.evaluator.union(self.annotated(part, frame) for part in parts)
            return self.annotated(annotation.base, frame)
        if isinstance(annotation, ir.Operation) and annotation.operator == "BitOr":
            return self.evaluator.union(self.annotated(part, frame) for part in annotation.operands)
        if isinstance(annotation, ir.Name):
            alias, where = self.alias(annotation, frame)
            if alias is not None:
                return self.evaluator.found(("alias", alias, where), partial(self.annotated, alias, where))
        values = self.evaluator.value(annotation, frame)
        return self.evaluator.union(self.instance(value) for value in values)

    def instance(self, value: Value) -> Values:
        """An instance of what a class value stands for."""
        match value:
            case Class():
                return frozenset((Object(value.path, value.scope),))
            case External():
                known = self._instances.get(value.name)
                if known is None:
                    known = self._instances[value.name] = self._outside(value.name)
                return known
            case Constant(value=None):
                return frozenset((value,))
        return UNKNOWN

    def _outside(self, name: str) -> Values:
        knowledge = self.evaluator.knowledge
        role = knowledge.llama.role(name)
        if role is not None:
            return frozenset((Llama(role, knowledge.llama.canonical(name) or name),))
        items = knowledge.objects.token_alias(name)
        if items is not None:
            return frozenset((Tokens(items.is_async, items.items),))
        if name.rpartition(".")[2][:1].isupper() and not name.startswith(("typing.", "builtins.")):
            return frozenset((Instance(knowledge.token_streams.returns(name) or name),))
        return UNKNOWN


OF_CLASSES = frozenset(("__new__", "__init_subclass__", "__class_getitem__"))
"""Methods that Python itself makes class methods."""


def _may_be_lifespan(scope: ir.Scope) -> bool:
    """Whether a function is made like one that an application runs around its life: `async def lifespan(app): ...; yield`."""
    return scope.is_async and scope.is_generator and len(scope.parameters) == 1 and scope.kind == "function"


def _says_little(values: Values) -> bool:
    """Whether nothing is known but the dotted name of something outside the project."""
    return all(isinstance(value, External | Bound) for value in known(values))
