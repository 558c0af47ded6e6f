"""Servers that a Python file starts by itself, such as `uvicorn.run(app)` and `app.run()`, as a command runs that file."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.limits import Anchor
from streamlint.deployment.server_words import Option
from streamlint.deployment.units import Given, text_of
from streamlint.knowledge.server_options import ServerRow, servers
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.values.domain import Bound, Constant, Function, Instance
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.deployment.following import Command
    from streamlint.deployment.whole import Deployment
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.surroundings.shell_words import Word
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class Started:
    """A server that code starts: the call, the word of the command that names its file, and what the call says."""

    row: ServerRow
    anchor: Anchor
    word: Word
    target: str
    options: Mapping[str, Option]


@dataclass(frozen=True)
class _Starting:
    """A call that starts a server."""

    row: ServerRow
    call: ir.Call
    frame: Frame
    project: Project


class Starters:
    """Follows commands to the Python files that they run, and these to the calls that start a server."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._by_call = {name: row for row in servers().values() for name in row.calls}
        self._packages = {name.partition(".")[0] for name in self._by_call}
        self._methods = {name.rpartition(".")[2] for name, row in self._by_call.items() if row.is_method}

    def of(self, command: Command) -> Started | None:
        """The server that a command starts in this way; None where it starts none, or several kinds of them."""
        word, endings, behind = _file(command.words)
        files = [*self._files(endings, command.unit.folder)] if word is not None else []
        if word is None or len(files) != 1:
            return None
        found = [*self._starting(*files[0], behind)]
        if not found or any(each.row is not found[0].row for each in found):
            return None
        options = [self._options(each) for each in found]
        agreed = {name: _agreed([each[name] for each in options]) for name in options[0]}
        first = found[0]
        anchor = Anchor(first.frame.module.path, Span(first.call.start, first.call.end))
        return Started(first.row, anchor, word, self._target(first), agreed)

    def by_hand(self, project: Project, path: Path) -> str:
        """The program that a file starts when a person runs it; "" for none."""
        module = project.module(path)
        scopes = module.scopes if module is not None else ()
        found = (each for scope in scopes if module is not None for each in self._calls(project, module, scope))
        return next((each.row.program for each in found), "")

    def _files(self, endings: Iterable[tuple[str, ...]], folder: Path) -> Iterator[tuple[Project, Path]]:
        """The file that a command means: the nearest to where its unit's code lies."""
        found = [
            (project, path)
            for project in self.deployment.projects
            for path in project.modules.files
            if any(path.parts[-len(ending) :] == ending for ending in endings)
        ]
        nearness = [_apart(path, folder) for _, path in found]
        yield from (each for each, near in zip(found, nearness, strict=True) if near == min(nearness))

    def _starting(self, project: Project, path: Path, behind: tuple[str, ...]) -> Iterator[_Starting]:
        """The calls in a file, or in the functions that it calls when it is run."""
        module = project.module(path)
        if module is None:
            return
        scopes = [(module, scope) for scope in module.scopes]
        for found in (scopes, self._called(project, module)):
            chosen = [each for each in found if not behind or _is_named(each[1], behind)]
            calls = [call for each in chosen for call in self._calls(project, *each)]
            if calls:
                yield from calls
                return

    def _called(self, project: Project, module: Module) -> Iterator[tuple[Module, ir.Scope]]:
        """The functions of the project that a file calls by itself."""
        top = module.scopes[0]
        frame = project.evaluator.any_call(module, top)
        for value in itertools.chain.from_iterable(project.evaluator.value(call.function, frame) for call in top.calls):
            found = project.evaluator.scope_of(value) if isinstance(value, Function) else None
            if found is not None:
                yield found

    def _calls(self, project: Project, module: Module, scope: ir.Scope) -> Iterator[_Starting]:
        frame = project.evaluator.any_call(module, scope)
        is_named = any(package in module.source.text for package in self._packages)
        for call in scope.calls:
            if not is_named and last_word(call.function) not in self._methods:
                continue
            for name in _names(project, call.function, frame):
                if name in self._by_call:
                    yield _Starting(self._by_call[name], call, frame, project)
                    break

    def _target(self, starting: _Starting) -> str:
        """The application, as a command would name it: `module:app`, or a file with the name in it."""
        call, frame = starting.call, starting.frame
        given = call.argument(0, "app")
        if starting.row.is_method and isinstance(call.function, ir.Attribute):
            given = call.function.base
        constant = _constant(given, starting) if given is not None else None
        if constant is not None and isinstance(constant.value, str):
            return constant.value
        path, root = frame.module.path, self.deployment.root
        file = (path.relative_to(root) if path.is_relative_to(root) else path).as_posix()
        return f"{file}:{given.id}" if isinstance(given, ir.Name) else f"{file}:"

    def _options(self, starting: _Starting) -> dict[str, Option]:
        row, call, module = starting.row, starting.call, starting.frame.module
        found: dict[str, Option] = {}
        for option in row.options:
            given = next((at for name in option.keywords if (at := call.argument(None, name)) is not None), None)
            if given is None:
                elsewhere = row.config and any(name in module.source.text for name in option.keywords)
                is_known = not call.hides_keywords and not elsewhere
                found[option.setting] = Option(option.setting, option.default, is_known=is_known)
            else:
                constant = _constant(given, starting)
                text = text_of(constant.value) if constant is not None else module.text(given)
                anchor = Anchor(module.path, Span(given.start, given.end))
                found[option.setting] = Option(
                    option.setting, text, Given(text, anchor, constant is not None), None, constant is not None
                )
        return found


def _agreed(options: list[Option]) -> Option:
    """What several calls say of one option: nothing where they differ."""
    first = options[0]
    same = all(each.text == first.text and each.is_known for each in options)
    return first if same else Option(first.setting, first.text, first.given, None, is_known=False)


def _file(words: tuple[Word, ...]) -> tuple[Word | None, list[tuple[str, ...]], tuple[str, ...]]:
    """The word that names a Python file, the ends of the paths that it may mean, and the words behind that are no options."""
    if PurePosixPath(words[0].text).name.startswith(("python", "pypy")):
        words = words[1:]
    while words and words[0].text.startswith("-") and words[0].text not in ("-m", "-c"):
        words = words[1:]
    is_module = bool(words) and words[0].text == "-m"
    words = words[is_module:]
    if not words or not words[0].is_known or not (is_module or words[0].text.endswith(".py")):
        return None, [], ()
    behind = tuple(
        word.text
        for before, word in itertools.pairwise(words)
        if word.text.isidentifier() and not (before.text.startswith("-") and before is not words[0])
    )
    if not is_module:
        return words[0], [tuple(part for part in PurePosixPath(words[0].text).parts if part not in "/..")], behind
    parts = words[0].text.split(".")
    return words[0], [(*parts[:-1], f"{parts[-1]}.py"), (*parts, "__main__.py")], behind


def _is_named(scope: ir.Scope, words: tuple[str, ...]) -> bool:
    """Whether a word of the command may choose this function."""
    return any(word in scope.name for word in words)


def _apart(path: Path, folder: Path) -> int:
    """How many folders lie between a file and a folder."""
    common = len([1 for one, other in zip(path.parent.parts, folder.parts, strict=False) if one == other])
    return len(path.parent.parts) + len(folder.parts) - 2 * common


def _names(project: Project, function: ir.Expression, frame: Frame) -> Iterator[str]:
    yield from sorted(project.evaluator.names(function, frame))
    for value in project.evaluator.value(function, frame):
        if isinstance(value, Bound) and isinstance(value.receiver, Instance):
            yield f"{value.receiver.name}.{value.name}"


def _constant(expression: ir.Expression, starting: _Starting) -> Constant | None:
    values = starting.project.evaluator.value(expression, starting.frame)
    (only, *others) = values or (None,)
    return only if isinstance(only, Constant) and not others else None
