"""Which calls run a function somewhere else: in a thread, in a process, as a task, on a loop of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read


class Where(StrEnum):
    """Who runs the callable that is passed; the table's head explains each."""

    THREAD = "thread"
    PROCESS = "process"
    ITERATE = "iterate"
    TASK = "task"
    LOOP = "loop"
    EITHER = "either"
    OWN_LOOP = "own-loop"
    TO_LOOP = "to-loop"
    WRAP = "wrap"


class Result(StrEnum):
    """What the call itself gives."""

    COROUTINE = "coroutine"
    CALLABLE = "callable"
    FUTURE = "future"
    NONE = "none"


@immutable
class OffLoopCall:
    """A call that takes a callable (for `iterate` an iterator, for `task` mostly a coroutine) and runs it elsewhere."""

    name: str
    where: Where
    position: int
    keyword: str = ""
    result: Result = Result.NONE
    variadic: bool = False
    beside: bool = False
    """The caller goes on while it runs."""
    outlives: bool = False
    """Nothing that the caller leaves ends it or waits for it."""

    @property
    def off_loop(self) -> bool:
        """Whether a synchronous callable passed here leaves the event loop free."""
        return self.where in (Where.THREAD, Where.PROCESS, Where.ITERATE, Where.EITHER)


@immutable
class ThreadFunctions:
    """What a framework has to run a function, or to advance an iterator, in a thread; `module` is where they are imported from.

    `run` is "" where it has none that takes the arguments too, `iterate` where it has none.
    """

    package: str
    module: str
    run: str
    iterate: str
    is_positional: bool = False
    """Whether only arguments without keywords can be handed to `run`."""
    is_own_loop: bool = False
    """Whether its loop may be one that asyncio knows nothing of."""


class OffLoop:
    """The table, extended by the user's rows; every name is dotted and resolved."""

    def __init__(self, user_rows: Iterable[Mapping[str, object]] = ()) -> None:
        table = read("off_loop")
        self._calls = {call.name: call for row in table.rows("call") for call in _calls(row)}
        self._decorators = {name for row in table.rows("decorator") for name in row.texts("names")}
        self._made_by = {name: row.text("class") for row in table.rows("returns") for name in row.texts("by")}
        self._classes = {name.rpartition(".")[0] for row in table.rows("call") for name in _methods(row)}
        self.thread_functions = tuple(
            ThreadFunctions(
                row.text("package"),
                row.text("module"),
                row.text("run"),
                row.text("iterate"),
                row.flag("positional"),
                row.flag("instead-of-asyncio"),
            )
            for row in table.rows("threads")
        )
        for values in user_rows:
            row = Row(values)
            self._calls[row.text("name")] = _call(row.text("name"), row)
            self._decorators.add(row.text("name"))

    def call(self, dotted: str) -> OffLoopCall | None:
        """What calling `dotted` does with the callable it is given, or None."""
        if dotted in self._calls:
            return self._calls[dotted]
        owner, _, method = dotted.rpartition(".")
        return self._calls.get(f"{self._made_by.get(owner, owner)}.{method}")

    def decorator(self, dotted: str) -> bool:
        """Whether decorating a synchronous function with `dotted` makes a coroutine function that runs in a thread."""
        return dotted in self._decorators

    def returns(self, dotted: str) -> str | None:
        """The class (loop, task group, executor …) of what calling `dotted` gives."""
        return self._made_by.get(dotted, dotted if dotted in self._classes else None)

    @cached_property
    def words(self) -> frozenset[str]:
        """The last words of everything that takes a callable, to look for before asking."""
        return frozenset(name.rpartition(".")[2] for name in self._calls)

    def outliving(self, where: Where) -> frozenset[str]:
        """The names of what runs a callable there, and goes on when its caller has ended."""
        return frozenset(name for name, call in self._calls.items() if call.outlives and call.where is where)

    @cached_property
    def beginning(self) -> frozenset[str]:
        """The names of what makes one task of a coroutine, and does not wait for it: those of a group are among them."""
        tasks = ((name, call) for name, call in self._calls.items() if call.where is Where.TASK and not call.variadic)
        return frozenset(name for name, call in tasks if call.outlives or call.beside)

    @cached_property
    def words_beside(self) -> frozenset[str]:
        """The last words of what runs a callable while its caller goes on."""
        return frozenset(name.rpartition(".")[2] for name, call in self._calls.items() if call.beside)

    def words_of(self, *where: Where) -> frozenset[str]:
        """The last words of what runs a callable there."""
        return frozenset(name.rpartition(".")[2] for name, call in self._calls.items() if call.where in where)

    @property
    def packages(self) -> frozenset[str]:
        return frozenset(name.partition(".")[0] for name in (*self._calls, *self._made_by))


def _methods(row: Row) -> tuple[str, ...]:
    return tuple(f"{owner}.{method}" for owner in row.texts("classes") for method in row.texts("methods"))


def _calls(row: Row) -> Iterable[OffLoopCall]:
    return (_call(name, row) for name in (*row.texts("names"), *_methods(row)))


def _call(name: str, row: Row) -> OffLoopCall:
    return OffLoopCall(
        name,
        Where(row.text("kind", "thread")),
        row.number("position") or 0,
        row.text("keyword"),
        Result(row.text("result", "coroutine")),
        row.flag("variadic"),
        row.flag("beside"),
        row.flag("outlives"),
    )
