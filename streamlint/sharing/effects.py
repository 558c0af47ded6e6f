"""Whether a function only computes and hands on what it makes, so that nobody misses it where it is cut short or moved."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.sharing.shared_state import SharedState
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Bound,
    Class,
    Collection,
    Constant,
    External,
    Function,
    Instance,
    Llama,
    Object,
    Text,
    Token,
    Tokens,
    Unknown,
    Value,
    dotted_name,
)
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_MOST_FUNCTIONS = 100
_HELD = (Constant, Text, Token, Tokens, Collection)
"""What has only methods that change itself, or nothing."""
_ASKED = frozenset(
    (Role.LLM, Role.EMBEDDING, Role.QUERY_ENGINE, Role.RETRIEVER, Role.SYNTHESIZER, Role.INDEX, Role.POSTPROCESSOR)
)
_MADE = frozenset((Role.EVENT, Role.LLM, Role.EMBEDDING))


class Effects:
    """Answers with the code of the first thing that may do more, "" where there is none."""

    TOO_MUCH = "too much to follow"

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.shared = project.ask(SharedState)
        self._logs = project.knowledge.names("records", "log-methods")
        self._facts = {
            key: project.knowledge.names("computing", key)
            for key in (
                "acting-builtins", "modules", "functions", "hand-overs", "text-methods", "model-methods", "run-methods",
                "built-of", "messages",
            )
        }  # fmt: skip

    # Questions

    def of(self, module: Module, scope: ir.Scope, *, in_thread: bool = False) -> str:
        """What a function of the project, or anything that it calls, does beside computing.

        `in_thread`: beside what any number of threads may do at once, such as asking a server, or logging.
        """
        written = self.shared.written_by(module, scope)
        if written:
            return written
        pending, seen = [(module, scope)], {(module.path, scope.index)}
        while pending:
            where, function = pending.pop()
            found = self._own(where, function, in_thread)
            if found:
                return found
            for located in self._called(where, function):
                if (located[0].path, located[1].index) not in seen:
                    seen.add((located[0].path, located[1].index))
                    pending.append(located)
            if len(seen) > _MOST_FUNCTIONS:
                self.evaluator.limits.note(Limit.FUNCTIONS, module.path, scope.start)
                return self.TOO_MUCH
        return ""

    def _called(self, module: Module, scope: ir.Scope) -> Iterator[tuple[Module, ir.Scope]]:
        yield from filter(None, (self.evaluator.scope_of(callee) for callee, _ in self.reach.callees(module, scope)))
        for attribute in scope.attributes:
            yield from self.shared.properties(attribute, module, scope)

    # One function

    def _own(self, module: Module, scope: ir.Scope, in_thread: bool) -> str:
        for inner in _with_expressions(module, scope):
            frame = self.evaluator.any_call(module, inner)
            for call in inner.calls:
                if not self._only_computes(call, frame) and not (in_thread and self._is_for_threads(call, frame)):
                    return f"{' '.join(module.text(call.function).split())}(...)"
        return ""

    def _only_computes(self, call: ir.Call, frame: Frame) -> bool:
        functions = self.evaluator.value(call.function, frame)
        if any(isinstance(one, External) for one in functions) and self._runs_what_it_is_given(call, frame):
            return False
        return bool(functions) and all(self._computes(one, call) for one in functions)

    def _is_for_threads(self, call: ir.Call, frame: Frame) -> bool:
        """Whether the tables say of a call that any number of threads may make it; loggers take turns by themselves."""
        names = self.evaluator.names(call.function, frame)
        facts = (self.evaluator.knowledge.blocking.call(name) for name in names)
        if all(fact is not None and fact.thread_safe and not fact.lazy for fact in facts):
            return bool(names)
        return all(name.startswith("logging.") and name.rpartition(".")[2] in self._logs for name in names)

    def _runs_what_it_is_given(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call from outside is given a function of the project: when that runs is not known here."""
        given = (*call.arguments, *(value for _, value in call.keywords))
        return any(isinstance(value, Function) for one in given for value in self.evaluator.value(one, frame))

    def _computes(self, function: Value, call: ir.Call) -> bool:
        match function:
            case Function():
                return True  # looked at as what is called
            case Class():
                return self._is_built_of_values(function)
            case Object():
                return False
            case External(name=name):
                return self._is_known(name)
            case Bound(receiver=receiver, name=name):
                return self._method_computes(receiver, name, function)
            case Unknown():
                return (
                    isinstance(call.function, ir.Attribute) and call.function.attribute in self._facts["text-methods"]
                )
        return False

    def _is_known(self, name: str) -> bool:
        package, _, member = name.rpartition(".")
        if package == "builtins":
            return member not in self._facts["acting-builtins"]
        if name in self._facts["functions"] | self._facts["hand-overs"] or member in self._facts["messages"]:
            return True
        if self.evaluator.knowledge.llama.role(name) in _MADE:
            return True
        return any(name.startswith(f"{module}.") for module in self._facts["modules"])

    def _method_computes(self, receiver: Value, name: str, method: Bound) -> bool:
        if isinstance(receiver, _HELD):
            return True
        if isinstance(receiver, Llama):
            if receiver.role is Role.WORKFLOW_CONTEXT:
                return name in self._facts["run-methods"]
            return receiver.role in _ASKED and (name in self._facts["model-methods"] or _asks(receiver.role, name))
        if isinstance(receiver, Instance):
            return self._is_known(dotted_name(method))
        return name in self._facts["text-methods"]

    def _is_built_of_values(self, made: Class) -> bool:
        """Whether making an object of a class runs nothing but its own functions, if it has such."""
        return all(self._holds_values(name) for name in self.evaluator.attributes.outside_bases(made))

    def _holds_values(self, name: str) -> bool:
        return name in self._facts["built-of"] or self.evaluator.knowledge.llama.role(name) is Role.EVENT


def _asks(role: Role, method: str) -> bool:
    """Whether a model is asked with messages; a chat engine, which has methods of the same names, keeps them."""
    return role is Role.LLM and method in ("chat", "achat", "stream_chat", "astream_chat")


def _with_expressions(module: Module, scope: ir.Scope) -> Iterator[ir.Scope]:
    """A function, and the lambdas and generator expressions in it."""
    yield scope
    for inner in module.inner(scope):
        if inner.kind in ("lambda", "generator-expression"):
            yield from _with_expressions(module, inner)
