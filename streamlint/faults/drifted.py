"""Calls and imports that the LlamaIndex of the project removed, ignores or refuses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import is_of_llama_index
from streamlint.knowledge.llama_index_changes import Change, Changes, changes
from streamlint.model import syntax as ir
from streamlint.values.domain import Bound, Constant, Llama, Value, dotted_name
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class Drifted:
    """A change that concerns a place; `release` is what the project uses, "" where no file says it."""

    change: Change
    release: str
    argument: ir.Expression | None = None


class Drift:
    """Judges by the release that the files of the project name; without one, by the newest."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self.evaluator = project.evaluator
        self.changes: Changes = changes()

    def of_import(self, line: ir.Import, path: Path) -> Drifted | None:
        """`from llama_index.core.agent import AgentRunner`; what only fails when it is called is left to the call."""
        if not line.is_from or line.level or not is_of_llama_index(line.module) or self.project.is_llama_index:
            return None
        for name, _ in line.names:
            change = self.changes.removed(f"{line.module}.{name}") or self.changes.removed(line.module)
            change = change or self.changes.gone(line.module, name)
            if change is not None and not change.is_usable and self._holds(change, path):
                return Drifted(change, self._release(path))
        return None

    def of_call(self, call: ir.Call, frame: Frame) -> Drifted | None:
        """`ServiceContext.from_defaults()`, where the class is still there and raises."""
        if any(self._is_told(argument, frame) for argument in call.arguments):
            return None
        change = self._removed(call, frame)
        return Drifted(change, self._release(frame.module.path)) if change is not None else None

    def _removed(self, call: ir.Call, frame: Frame) -> Change | None:
        for value in self.evaluator.value(call.function, frame):
            name = dotted_name(value)
            change = self.changes.removed(name) if is_of_llama_index(name) else None
            if change is not None and change.is_usable and self._holds(change, frame.module.path):
                return change
        return None

    def ignored(self, call: ir.Call, frame: Frame) -> Iterator[Drifted]:
        """The keywords of a call that do nothing; not a context of which the call that makes it is told."""
        method = last_word(call.function)
        for name, value in self._asked(call, frame):
            change = self.changes.argument(method, name)
            if change is not None and self._holds(change, frame.module.path) and not self._is_told(value, frame):
                yield Drifted(change, self._release(frame.module.path), value)

    def refused(self, call: ir.Call, frame: Frame) -> Iterator[Drifted]:
        """The values of a call's keywords that are not allowed any more."""
        method = last_word(call.function)
        for name, value in self._asked(call, frame):
            change = self._of_value(method, name, value, frame)
            if change is not None and self._holds(change, frame.module.path):
                yield Drifted(change, self._release(frame.module.path), value)

    def _asked(self, call: ir.Call, frame: Frame) -> list[tuple[str, ir.Expression]]:
        """The keywords that a row is about, in a call of LlamaIndex."""
        given = [(name, value) for name, value in call.keywords if name is not None and name in self.changes.keywords]
        return given if given and self._is_of_llama_index(call, frame) else []

    def _is_told(self, expression: ir.Expression, frame: Frame) -> bool:
        """Whether a name holds what a call has made that is reported itself."""
        if not isinstance(expression, ir.Name):
            return False
        key = ("told", frame.scope, expression.id)
        return self.evaluator.solver.part(key, lambda: self._holds_told(expression, frame))

    def _holds_told(self, expression: ir.Name, frame: Frame) -> bool:
        module = frame.module
        return any(
            self._removed(call, self.evaluator.any_call(module, scope)) is not None
            for scope, call in _made(module, expression)
        )

    def _of_value(self, method: str, keyword: str, value: ir.Expression, frame: Frame) -> Change | None:
        names = [ir.dotted(value)]
        for one in self.evaluator.value(value, frame):
            names.append(str(one.value) if isinstance(one, Constant) else dotted_name(one))
        found = (self.changes.value(method, keyword, name) for name in names if name)
        return next((change for change in found if change is not None), None)

    def _is_of_llama_index(self, call: ir.Call, frame: Frame) -> bool:
        return any(_is_llama(value) for value in self.evaluator.value(call.function, frame))

    # Releases

    def _holds(self, change: Change, path: Path) -> bool:
        """Whether a change surely has come with what the project uses; where nothing is known, the newest release decides."""
        known = self.project.versions.near(path).of_llama_index()
        answers = [answer.at_least(change.since) for answer in known]
        return any(answers) if any(answer is not None for answer in answers) else not known

    def _release(self, path: Path) -> str:
        known = self.project.versions.near(path).of_llama_index()
        return next((f"{one.package} {one}" for one in known), "")


def _is_llama(value: Value) -> bool:
    if isinstance(value, Bound):
        return isinstance(value.receiver, Llama)
    return is_of_llama_index(dotted_name(value))


def _made(module: Module, name: ir.Name) -> Iterator[tuple[ir.Scope, ir.Call]]:
    """The calls that a name is bound to, also under other names and as one of some that a loop runs over."""
    seen, pending = set[str](), [name]
    while pending:
        each = pending.pop()
        seen.add(each.id)
        for around in module.around(each):
            for binding in (around.bindings[index] for index in around.by_name.get(each.id, ())):
                value = binding.value
                items = value.items if isinstance(value, ir.Sequence) else [value]
                yield from ((module.scopes[binding.scope], one) for one in items if isinstance(one, ir.Call))
                pending += [one for one in items if isinstance(one, ir.Name) and one.id not in seen]
