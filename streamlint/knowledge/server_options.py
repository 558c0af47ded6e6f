"""Which programs serve an application, how their options are spelled, and which of them end a stream."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from packaging.version import Version

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read


@immutable
class OptionRow:
    """One option of a server; `failure` names what it does to a stream, and is "" where it does nothing to one."""

    setting: str
    words: tuple[str, ...]
    default: str
    failure: str
    workers: frozenset[str]
    measured: str
    keywords: tuple[str, ...]
    """How a call in Python spells it, the first of them beats the others."""


@immutable
class ServerRow:
    """One server; `flags` are its options without a value."""

    program: str
    commands: frozenset[str]
    modules: frozenset[str]
    interface: str
    flags: frozenset[str]
    environment: str
    package: str
    title: str
    docs: str
    checked: str
    options: tuple[OptionRow, ...]
    calls: frozenset[str] = frozenset()
    """The functions that start it from Python."""
    is_method: bool = False
    """Whether these are methods of the application, which is their first argument otherwise."""
    config: str = ""
    """The argument of these that holds the options; "" where they are arguments of their own."""

    def option(self, setting: str) -> OptionRow | None:
        return next((each for each in self.options if each.setting == setting), None)

    def spelled(self, word: str) -> OptionRow | None:
        """The option that a word of a command is."""
        return next((each for each in self.options if word in each.words), None)


@cache
def servers() -> Mapping[str, ServerRow]:
    """All servers by their names."""
    table = read("server_options")
    options: dict[str, list[OptionRow]] = {}
    for row in table.rows("option"):
        options.setdefault(row.text("program"), []).append(_option(row))
    found = (_server(row, tuple(options.get(row.text("program"), ()))) for row in table.rows("server"))
    return {row.program: row for row in found}


def ends_polled_streams(program: str, worker: str, release: Version | None) -> bool:
    """Whether workers of this kind end the stream of a client that stays when they are asked whether it has left."""
    rows = (row for row in read("server_options").rows("poll") if row.text("program") == program)
    return any(
        worker in row.texts("workers") and (release is None or release >= Version(row.text("since"))) for row in rows
    )


def _option(row: Row) -> OptionRow:
    return OptionRow(
        row.text("setting"),
        row.texts("words"),
        row.text("default"),
        row.text("failure"),
        frozenset(row.texts("workers")),
        row.text("measured"),
        row.texts("keywords") or tuple(word[2:].replace("-", "_") for word in row.texts("words") if word[:2] == "--"),
    )


def _server(row: Row, options: tuple[OptionRow, ...]) -> ServerRow:
    return ServerRow(
        row.text("program"),
        frozenset(row.texts("commands")),
        frozenset(row.texts("modules")),
        row.text("interface"),
        frozenset(row.texts("flags")),
        row.text("environment"),
        row.text("package"),
        row.text("title"),
        row.text("docs"),
        row.text("checked"),
        options,
        frozenset(row.texts("calls")),
        row.flag("method"),
        row.text("config"),
    )
