"""Where streams of tokens begin: the calls that make them, what is read of them, and the names of what does either."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.streams.flows import Node
from streamlint.values.domain import Class, GaveUp, Instance, Pending, Values, dotted_name
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


class Beginnings:
    """Looks in the modules that say a word of the tables; a call is asked what it gives to any caller of its function."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._facts = self.evaluator.knowledge.token_streams

    @property
    def are_any(self) -> bool:
        """Whether there is one at all."""
        return any(True for _ in self._each())

    def all(self) -> Mapping[Module, tuple[Node, ...]]:
        """By module: the expressions and names that are streams of tokens, or may be something that makes them."""
        found: dict[Module, list[Node]] = {}
        for module, node in self._each():
            found.setdefault(module, []).append(node)
        return {module: tuple(nodes) for module, nodes in found.items()}

    def _each(self) -> Iterator[tuple[Module, Node]]:
        facts, modules, names = self._facts, self.evaluator.modules, self.evaluator.knowledge.names
        words = names("llama_index_words", "token-generators") | names("llama_index_words", "engine-makers")
        packages = names("llama_index_words", "stream-packages") | facts.called_packages
        for module in modules.saying(*words):
            yield from ((module, node) for node in _read(module, words))
        for module in modules.saying(*packages, *(name.rpartition(".")[2] for name in facts.entered)):
            yield from ((module, node) for node in self._imported(module, packages))
        for module in modules.saying(*facts.handed_methods):
            yield from ((module, node) for node in self._handed(module))
        if any(module.packages & facts.packages for module in modules.saying(*facts.packages)):
            for module in modules.saying(*facts.words):
                yield from ((module, node) for node in self._made(module))

    def _handed(self, module: Module) -> Iterator[Node]:
        """The parameters of methods that clients hand tokens to."""
        for scope in module.scopes:
            owner = module.scopes[max(scope.parent, 0)]
            if scope.name not in self._facts.handed_methods or owner.kind != "class":
                continue
            bases = self.evaluator.attributes.outside_bases(Class(module.path, owner.index))
            rows = [row for base in bases if (row := self._facts.handed(base, scope.name)) is not None]
            yield from (
                (scope, scope.parameters[row.position + 1].name)
                for row in rows
                if row.position + 1 < len(scope.parameters)
            )

    def _imported(self, module: Module, packages: frozenset[str]) -> Iterator[Node]:
        """Names of what comes from packages whose objects all may stream, and of streams that are entered."""
        for scope in module.scopes:
            for one in scope.bindings:
                if one.kind == "import" and not one.level:
                    is_stream = f"{one.module}.{one.member}" in self._facts.entered
                    if is_stream or one.module.partition(".")[0] in packages:
                        yield (scope, one.name)

    def _made(self, module: Module) -> Iterator[Node]:
        """Calls that start a stream of another client's, and what so called would start one."""
        facts, evaluator = self._facts, self.evaluator
        for scope in module.scopes:
            called = {call.function for call in scope.calls}
            frame = evaluator.any_call(module, scope)
            for one in scope.attributes:
                if one.attribute in facts.words and one not in called and self._makes(evaluator.value(one, frame)):
                    yield one
            for call in scope.calls:
                word = last_word(call.function)
                keywords = (name for name, _ in call.keywords)
                if word in facts.words and facts.may_make(word, keywords) and self._starts(call, frame):
                    yield call

    def _makes(self, function: Values) -> bool:
        return any(isinstance(one, GaveUp | Pending) or self._facts.made(dotted_name(one)) for one in function)

    def _starts(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call gives a stream, or does where whoever calls its function says so."""
        evaluator, facts = self.evaluator, self._facts
        function = evaluator.value(call.function, frame)
        if any(isinstance(one, GaveUp | Pending) for one in function):
            return True
        rows = [row for one in function for row in facts.made(dotted_name(one))]
        if not rows:
            return False
        made = evaluator.awaited(evaluator.value(call, frame))
        if any(isinstance(one, Instance) and facts.managed(one.name) for one in made):
            return True
        is_open = any(not row.is_asked for row in rows) and self._is_open(call)
        return is_open or evaluator.tokens(made) is not None

    def _is_open(self, call: ir.Call) -> bool:
        """Whether a keyword that decides is given as something else than a constant, or may be among others."""
        given = ((name, value) for name, value in call.keywords if name is None or name in self._facts.deciding)
        return any(not isinstance(value, ir.Constant) for _, value in given)


def _read(module: Module, words: frozenset[str]) -> Iterator[Node]:
    """Where one of these attributes is read, by `getattr` too."""
    for scope in module.scopes:
        yield from (one for one in scope.attributes if one.attribute in words)
        for call in scope.calls:
            named = (one.value for one in call.arguments if isinstance(one, ir.Constant))
            if last_word(call.function) == "getattr" and any(name in words for name in named):
                yield call
