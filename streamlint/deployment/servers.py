"""The servers of a deployment: what each serves, where it listens, how its workers wait, and which of its limits hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from streamlint.deployment.commands import Command, Commands
from streamlint.deployment.limits import Anchor, Failure, Limit
from streamlint.deployment.server_words import Option, Spoken, of_environment, spoken
from streamlint.deployment.started import Started, Starters
from streamlint.deployment.units import Given, Unit, assumed, text_of
from streamlint.knowledge.names import names
from streamlint.knowledge.server_options import ServerRow, servers
from streamlint.surroundings import python_settings, shell_words
from streamlint.surroundings.numbers import whole_number
from streamlint.surroundings.shell_words import Word
from streamlint.surroundings.written import Written

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_CONFIGURATION = "gunicorn.conf.py"
_CMD_ARGS = "GUNICORN_CMD_ARGS"
_SETTINGS = (".ini", ".yaml", ".yml", ".xml", ".json", ".toml")
"""Ends of files that may stand where others have the application."""


class Worker(StrEnum):
    """How a server waits for its streams."""

    SYNC = "sync"
    THREADED = "threaded"
    ASGI = "asgi"
    UNKNOWN = ""


@dataclass(frozen=True)
class Bind:
    """Where a server listens: a host and a port, each None where it is computed, or a socket's path."""

    host: str | None
    port: int | None
    socket: str = ""


@dataclass(frozen=True)
class Server:
    """One server, as one unit runs it. `target` is `module:app` as the command names it, "" where it names none that is known."""

    row: ServerRow
    command: Command
    options: Mapping[str, Option]
    target: str
    mode: str = ""
    """`run` or `dev` of a program that has such words."""
    started: Started | None = None
    """Where code starts it, and not the command itself."""

    @property
    def program(self) -> str:
        return self.row.program

    @property
    def unit(self) -> Unit:
        return self.command.unit

    @property
    def anchor(self) -> Anchor:
        return self.command.anchor

    @cached_property
    def program_anchor(self) -> Anchor:
        """The word that starts it."""
        if self.started is not None:
            return Anchor(self.command.path, self.started.word.span)
        named = (
            word for word in self.command.words if PurePosixPath(word.text).name in self.row.commands | self.row.modules
        )
        return Anchor(self.command.path, next(named, self.command.words[0]).span)

    def option(self, setting: str) -> Option | None:
        return self.options.get(setting)

    def anchor_of(self, anchor: Anchor | None) -> Anchor:
        """Where something that is said of it is told: there, or at its program where nobody says it, or code does."""
        return self.program_anchor if anchor is None or self.started is not None else anchor

    def spelled(self, setting: str, value: str) -> str:
        """How one writes an option with a value where this server is started; "" where it has none of that name."""
        row = self.row.option(setting)
        if row is None or not row.words:
            return ""
        if self.started is None:
            return f"{row.words[-1]} {value}"
        return f"{self.row.config}.{row.keywords[0]} = {value}" if self.row.config else f"{row.keywords[0]}={value}"

    @cached_property
    def worker(self) -> Worker:
        return _worker(self)

    @property
    def worker_class(self) -> str | None:
        """As gunicorn is told; None where that is not known, or no gunicorn."""
        option = self.options.get("worker_class")
        return option.text.strip() if option is not None and option.is_known else None

    @cached_property
    def binds(self) -> tuple[Bind, ...]:
        return tuple(_binds(self))

    @cached_property
    def limits(self) -> tuple[Limit, ...]:
        """Those that end a stream, for the kind of worker that it has."""
        return tuple(_limits(self))

    @classmethod
    def in_file(cls, deployment: Deployment, path: Path) -> tuple[Server, ...]:
        """The servers of which a file says something: their commands, their settings, or the units around them."""
        found: dict[tuple[Anchor, Anchor | None], Server] = {}
        for server in sorted(deployment.ask(Servers).rows, key=lambda each: each.unit.rank):
            if path in server.paths:
                is_apart = server.unit.path == path != server.anchor.path
                found.setdefault((server.anchor, server.unit.anchor if is_apart else None), server)
        return tuple(found.values())

    @cached_property
    def paths(self) -> frozenset[Path]:
        """The files that say something of it."""
        settings = (option.anchor.path for option in self.options.values() if option.anchor is not None)
        return frozenset((self.anchor.path, self.unit.path, *settings))


class Servers:
    """Those of all commands."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._by_word = {word: row for row in servers().values() for word in row.commands}
        self._by_module = {name: row for row in servers().values() for name in row.modules}
        self.starters = Starters(deployment)
        self._configurations = [path for path in deployment.files if path.suffix == ".py"]
        self.rows: tuple[Server, ...] = tuple(
            server for command in deployment.ask(Commands).rows if (server := self.of_command(command)) is not None
        )

    def of_command(self, command: Command) -> Server | None:
        """The server that a command starts, if it starts one."""
        row, words = self._program(command.words)
        if row is None:
            return self._of_code(command)
        mode = ""
        if row.program in ("fastapi", "flask") and words:
            mode, words = _mode(words)
            if mode not in ("run", "dev"):
                return None
        found = spoken(row, words, command.path)
        given = [*self._around(row, command, found), *found.options]
        options = {
            each.setting: Option(each.setting, each.default, is_known=not found.is_open) for each in row.options
        } | {each.setting: each for each in given}
        return Server(
            row, command, options, _target(found, options, {**command.unit.environment, **command.environment}), mode
        )

    def _of_code(self, command: Command) -> Server | None:
        """The server that the Python file starts which a command runs."""
        found = self.starters.of(command)
        mode = "run" if found is not None and found.row.is_method else ""
        return Server(found.row, command, found.options, found.target, mode, found) if found is not None else None

    def _program(self, words: tuple[Word, ...]) -> tuple[ServerRow | None, tuple[Word, ...]]:
        name = PurePosixPath(words[0].text).name
        if name.startswith("python") or name == "pypy3":
            at = next((number for number, word in enumerate(words) if word.text == "-m"), None)
            if at is None or at + 1 >= len(words) or any(not word.text.startswith("-") for word in words[1:at]):
                return None, ()
            return self._by_module.get(words[at + 1].text), words[at + 2 :]
        return self._by_word.get(name), words[1:]

    def _around(self, row: ServerRow, command: Command, found: Spoken) -> Iterator[Option]:
        """What the environment and a file of settings say; words of the command beat them."""
        environment = {**command.unit.environment, **command.environment}
        yield from of_environment(row, environment)
        if row.program == "gunicorn":
            if _CMD_ARGS in environment:
                yield from self._of_arguments(row, environment[_CMD_ARGS], found)
            yield from self._configured(row, command, found)
        elif any(option.setting == "config" for option in found.options):
            found.is_open = True

    def _of_arguments(self, row: ServerRow, given: Given, found: Spoken) -> Iterator[Option]:
        text = Written.plain(given.text, given.inside.start) if given.inside else Written(given.text, given.anchor.span)
        said = spoken(row, shell_words.words(text), given.anchor.path)
        found.is_open |= said.is_open or not given.is_known
        yield from said.options

    def _configured(self, row: ServerRow, command: Command, found: Spoken) -> Iterator[Option]:
        """What gunicorn's file of settings says: the one that is named, or the one that it finds by itself."""
        named = next((option for option in reversed(found.options) if option.setting == "config"), None)
        path = self._named(named.text, command) if named is not None else self._found(command)
        if path is None:
            found.is_open |= named is not None
            return
        source = self.deployment.source(path)
        settings = python_settings.read(source.text if source is not None else "")
        found.is_open |= bool(settings.faults)
        own = {option.setting for option in found.options}
        for option in row.options:
            assigned = settings.get(option.setting)
            if assigned is not None and option.setting not in own:
                inside = assigned.span if isinstance(assigned.value, int | float) else None
                text = text_of(assigned.value)
                given = Given(text, Anchor(path, assigned.span), assigned.is_known, inside)
                yield Option(option.setting, text, given, assigned.statement, assigned.is_known)

    def _named(self, text: str, command: Command) -> Path | None:
        name = PurePosixPath(
            text.removeprefix("file:").removeprefix("python:").replace(".py", "").replace(".", "/")
        ).name
        fitting = [path for path in self._configurations if path.stem.replace(".", "/").split("/")[-1] == name]
        exact = [path for path in fitting if path.name == PurePosixPath(text).name]
        return _nearest(exact or fitting, command.unit.folder)

    def _found(self, command: Command) -> Path | None:
        return _nearest([path for path in self._configurations if path.name == _CONFIGURATION], command.unit.folder)


def _nearest(paths: Iterable[Path], folder: Path) -> Path | None:
    """The file in a folder or in one below it or above it, the nearest first."""
    related = [path for path in paths if path.parent.is_relative_to(folder) or folder.is_relative_to(path.parent)]
    return min(related, key=lambda path: abs(len(path.parent.parts) - len(folder.parts)), default=None)


def _mode(words: tuple[Word, ...]) -> tuple[str, tuple[Word, ...]]:
    """`run` of `flask --app x run --port 1`, and the other words."""
    for number, word in enumerate(words):
        if word.text in ("run", "dev"):
            return word.text, words[:number] + words[number + 1 :]
    return "", words


def _target(found: Spoken, options: Mapping[str, Option], environment: Mapping[str, Given]) -> str:
    given = next((options[name] for name in ("app", "module") if name in options and options[name].text), None)
    if given is not None:
        return given.text if given.is_known else ""
    if found.target is None or found.target.text.endswith(_SETTINGS):
        return ""
    return found.target.text if found.target.is_known else assumed(found.target.text, environment) or ""


def _worker(server: Server) -> Worker:
    if server.program != "gunicorn":
        return Worker.ASGI if server.row.interface == "asgi" else Worker.UNKNOWN
    kind, threads = server.options["worker_class"], server.options["threads"]
    if not kind.is_known or not threads.is_known:
        return Worker.UNKNOWN
    name = kind.text.strip()
    words = {part.lower() for part in name.replace("_", ".").split(".")}
    if any(word.startswith(sign) for word in words for sign in names("deployment_words", "asgi-workers")):
        return Worker.ASGI
    if name in names("deployment_words", "sync-workers"):
        is_threaded = (whole_number(threads.text) or 1) > 1
        return Worker.THREADED if is_threaded else Worker.SYNC
    return Worker.THREADED if name in names("deployment_words", "threaded-workers") else Worker.UNKNOWN


def _binds(server: Server) -> Iterator[Bind]:
    options = server.options
    if (socket := options.get("uds")) is not None and socket.text:
        yield Bind(None, None, socket.text)
    elif (bind := options.get("bind")) is not None and bind.text:
        whole = assumed(bind.text, _around_words(server)) or bind.text
        for text in whole.strip("[]").replace("'", "").replace('"', "").split(","):
            yield _bind(text.strip(), bind.is_known)
    elif "port" in options:
        host, port = options["host"], options["port"]
        text = assumed(port.text, _around_words(server)) or ""
        yield Bind(host.text if host.is_known else None, whole_number(text))


def _around_words(server: Server) -> Mapping[str, Given]:
    """The variables that the words of a server's command may name."""
    return {**server.unit.environment, **server.command.environment}


def _bind(text: str, is_known: bool) -> Bind:
    if text.startswith("unix:"):
        return Bind(None, None, text[5:])
    host, _, port = text.rpartition(":")
    return Bind(host if is_known or (host and "$" not in host) else None, whole_number(port))


def _limits(server: Server) -> Iterator[Limit]:
    for row in server.row.options:
        option = server.options[row.setting]
        counts = not row.workers or server.worker in row.workers
        if not row.failure or not counts or (option.is_known and not option.text):
            continue
        seconds = option.seconds
        is_off = seconds == 0 and row.failure == Failure.TOTAL.name
        if not is_off:
            yield Limit(Failure[row.failure], row.setting, seconds, option.anchor, option.is_known)
