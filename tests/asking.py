"""A small program in which places are marked, and what the model says of them: `Program("x = 1\\n«x»\\n").said() == {"1"}`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path

from streamlint.knowledge import Knowledge
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.project import Project
from streamlint.source import Source
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    Bound,
    Class,
    Collection,
    Constant,
    Coroutine,
    External,
    Function,
    GaveUp,
    Generated,
    Instance,
    Iterated,
    Llama,
    Object,
    OffLoop,
    Partial,
    ProjectModule,
    Unknown,
    Value,
)

ROOT = Path("/program")
KNOWLEDGE = Knowledge()
_MARK = re.compile("«(?:(\\w+):)?|»")
_ENTRANCE = "\nimport fastapi\n"
"""Makes every file one that the project loads."""


class Program:
    """Files by their names, `app.py` for a text alone; `«expression»` or `«name:expression»` marks a place."""

    def __init__(self, app: str = "", **others: str) -> None:
        self.marks: dict[str, tuple[Path, int, int]] = {}
        names = {"app": app, **others} if app else others
        paths = {name: ROOT / f"{name.replace('__', '/')}.py" for name in names}
        overlay = {paths[name]: Source(paths[name], self._unmarked(paths[name], text)) for name, text in names.items()}
        self.project = Project(ROOT, tuple(overlay), overlay=overlay, knowledge=KNOWLEDGE)
        self.evaluator = self.project.evaluator

    def _unmarked(self, path: Path, text: str) -> str:
        plain, end, opened = "", 0, list[tuple[str, int]]()
        for mark in _MARK.finditer(text):
            plain += text[end : mark.start()]
            end = mark.end()
            if mark.group() != "»":
                opened.append((mark[1] or "", len(plain)))
                continue
            name, start = opened.pop()
            self.marks[name] = (path, start, len(plain))
        assert not opened
        return plain + text[end:] + _ENTRANCE

    def module(self, name: str = "app") -> Module:
        found = self.project.modules.load(ROOT / f"{name}.py")
        assert found is not None, f"{name}.py is no Python"
        return found

    def function(self, name: str, module: str = "app") -> ir.Scope:
        [found] = [scope for scope in self.module(module).scopes if scope.name == name]
        return found

    def at(self, mark: str = "") -> tuple[ir.Expression, Frame]:
        """The marked expression, and the frame of any call of its scope."""
        path, start, end = self.marks[mark]
        module = self.project.modules.load(path)
        assert module is not None
        return self._places[path, start, end]

    @cached_property
    def _places(self) -> dict[tuple[Path, int, int], tuple[ir.Expression, Frame]]:
        return {
            (frame.module.path, one.start, one.end): (one, frame)
            for one, frame in reversed(list(questions(self.project)))
        }

    def values(self, mark: str = "") -> Values:
        return self.evaluator.value(*self.at(mark))

    def said(self, mark: str = "") -> set[str]:
        """What the marked expression may be, in short words."""
        return {self.say(value) for value in self.values(mark)}

    def say(self, value: Value) -> str:
        """A value in a word or two."""
        match value:
            case GaveUp():
                return "gave up"
            case Unknown():
                return "?"
            case Constant():
                return repr(value.value)
            case External():
                return value.name
            case Instance() | Llama():
                return f"{value.name}()"
            case Bound():
                return f"{self.say(value.receiver)}.{value.name}"
            case ProjectModule():
                return f"module {value.path.stem}"
            case Class():
                return f"class {self._name(value)}"
            case Object():
                return f"{self._name(value)}()"
            case Function():
                receiver = f" of {self.say(value.receiver)}" if value.receiver is not None else ""
                return f"def {self._name(value)}{receiver}"
            case Collection():
                items = (f"{key}={one}" if key else one for key, one in ((k, self.says(v)) for k, v in value.items))
                return f"{value.kind}[{', '.join(items)}{'' if value.is_whole else ', ...'}]"
            case Generated():
                return f"generator {self._name(value.function)}"
            case Coroutine():
                return f"coroutine {self.says(value.result)}"
            case Partial():
                return f"partial {self.says(value.function)}"
            case OffLoop():
                return f"off loop {self.says(value.function)}"
            case Iterated():
                return f"iterator {self.says(value.element)}"
        return type(value).__name__.lower()

    def says(self, values: Values) -> str:
        return "|".join(sorted(map(self.say, values)))

    def _name(self, value: Class | Object | Function) -> str:
        module = self.project.modules.load(value.path)
        assert module is not None
        return module.qualified_name(module.scopes[value.scope])


def said(app: str, **others: str) -> set[str]:
    """What the only marked expression may be."""
    program = Program(app, **others)
    [mark] = program.marks
    return program.said(mark)


def questions(project: Project) -> Iterator[tuple[ir.Expression, Frame]]:
    """Every expression of the project, with the frame of any call of its scope."""
    for module in project.modules.loaded():
        for scope in module.scopes:
            frame = project.evaluator.any_call(module, scope)
            yield from ((expression, frame) for expression in scope.expressions())
