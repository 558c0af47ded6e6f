"""Which calls beside LlamaIndex's give a stream of tokens, and which part of an item is text."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from functools import cache, cached_property

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read

_ITSELF = "__call__"
TEXT, WHOLE, FINISHED = "text", "cumulative", "finished"
"""What a part of an item can be in the end: the next piece, everything that came so far, the text of an answer that is complete."""
AGENT_ANSWER = "agent"
"""What awaiting the run of an agent of LlamaIndex gives."""


class Made(StrEnum):
    """In which form a call gives a stream."""

    ITERATOR = "iterator"
    ASYNC_ITERATOR = "async-iterator"
    COROUTINE = "coroutine"
    MANAGER = "manager"
    ASYNC_MANAGER = "async-manager"
    AWAITED = "awaited"
    """An object that could be entered, behind an `await`."""

    @property
    def is_async(self) -> bool:
        return self not in (Made.ITERATOR, Made.MANAGER)

    @property
    def is_entered(self) -> bool:
        return self in (Made.MANAGER, Made.ASYNC_MANAGER, Made.AWAITED)


@immutable
class MadeStream:
    """A stream that a call makes: `needs` is the keyword that must be true for it, or `keyword=text`, `rules_out` what must not."""

    made: Made
    items: str
    needs: str
    rules_out: str
    manager: str
    is_asked: bool = False
    """Whether it gives tokens only where a model was asked, by plain HTTP."""
    asked_with: str = ""
    """The keyword of that request without which the body is read whole before."""
    filled_by: frozenset[str] = frozenset()
    """Methods that put all tokens into it, and return then."""
    filled_as: str = ""
    """The keyword under which they are given it."""

    @property
    def decides(self) -> str:
        """The keyword that must be given."""
        return self.needs.partition("=")[0]


@immutable
class Answered:
    """An answer that a call gives when it is complete, as an item with its text; not where the keyword `rules_out` is true."""

    is_async: bool
    items: str
    rules_out: str
    is_asked: bool = False
    """Whether it is one only where a model was asked, by plain HTTP."""


@immutable
class Client:
    """What a call makes that chooses a client itself: one that waits, or, where this keyword is true, one that is awaited."""

    keyword: str
    waiting: str
    awaited: str


@immutable
class Handed:
    """A token that a method of a subclass is given, as its parameter behind `self` at this position."""

    position: int
    items: str


@immutable
class Managed:
    """A stream that is entered first; `parts` are further streams, by attribute, `taken_by` methods that take it whole."""

    is_async: bool
    items: str
    parts: dict[str, str]
    taken_by: frozenset[str] = frozenset()


@immutable
class Items:
    """What stands in the items of a stream: paths of attributes or keys, `[]` for one item of a list.

    `parts` says what a path leads to; where items `are_mixed`, `kinds` are paths that say which kind one is; `text` is the usual
    way to the next piece, `filled` the part without which an item has none; with `has_keys` parts are read
    as `item["key"]`, and an `is_optional` text may be None, or absent.
    """

    parts: dict[str, str]
    are_mixed: bool
    kinds: tuple[str, ...]
    text: str
    filled: str
    has_keys: bool
    is_optional: bool
    may_be_text: bool
    """Whether an item may be text itself, where what makes it cannot be told."""
    are_of_runs: bool = False
    """Whether they tell of a run with all its steps, of which tokens are only one."""
    parsed: str = ""
    """What an item is when it is read as JSON, where it is a part of a body."""
    cut_by: frozenset[str] = frozenset()
    """Methods of a complete answer that give it in pieces."""
    is_said: bool = False
    """Whether `str` of a complete answer is its text."""
    is_shown: bool = False
    """Whether Streamlit's `write_stream` reads the text of such an item itself."""


@immutable
class _Pipe:
    """What `a | b` is where one part is an `of`, and the last one of `ends`, or anything where there are none."""

    of: str
    ends: frozenset[str]
    made: str


class TokenStreamFacts:
    """The table, by dotted names."""

    def __init__(self, table: Row) -> None:
        self._made: dict[str, tuple[MadeStream, ...]] = {}
        self._managers: dict[str, Managed] = {}
        self._classes: dict[str, str] = {}
        self._imported = frozenset(name for row in table.rows("made") for name in row.texts("packages"))
        self.requests = frozenset(
            name for row in table.rows("class") if row.flag("is-request") for name in row.texts("names")
        )
        """Classes of requests of plain HTTP that are still to be sent."""
        self.told_apart = frozenset(row.texts("names")[0] for row in table.rows("class") if row.texts("by"))
        """Classes of objects of which it matters where each was made."""
        for row in table.rows("class"):
            names = row.texts("names")
            self._classes.update(dict.fromkeys((*names, *row.texts("by")), names[0]))
        managers = {name: row for row in table.rows("manager") for name in row.texts("names")}
        for row in table.rows("made"):
            self._add(row, managers)
        self._answered = {
            name: Answered(row.flag("async"), row.text("items"), row.text("without"), row.flag("asked"))
            for row in table.rows("answered")
            for name in row.texts("by")
        }
        self._clients = {name: _client(row) for row in table.rows("client") for name in row.texts("by")}
        self._handed = {
            (package, owner, method): Handed(row.number("position") or 0, row.text("items"))
            for row in table.rows("handed")
            for package in row.texts("packages")
            for owner in row.texts("of")
            for method in row.texts("methods")
        }
        self._items = {row.text("name"): _items(row) for row in table.rows("items")}
        self._asking = tuple(name for row in table.rows("asking") for name in row.texts("names"))
        self._pipes = tuple(
            _Pipe(row.text("of"), frozenset(row.texts("ends")), row.text("class")) for row in table.rows("piped")
        )

    def _add(self, row: Row, managers: dict[str, Row]) -> None:
        made = Made(row.text("is"))
        condition = row.text("with"), row.text("without")
        asked = row.flag("asked"), row.text("asked-with")
        filled = frozenset(row.texts("filled-by")), row.text("filled-as")
        stream = MadeStream(made, row.text("items"), *condition, row.text("class"), *asked, *filled)
        for name in row.texts("by"):
            self._made[name] = (*self._made.get(name, ()), stream)
        if stream.manager:
            said = managers.get(stream.manager)
            more = (
                (said.mapping("attributes"), frozenset(said.texts("taken-by")))
                if said is not None
                else ({}, frozenset[str]())
            )
            self._managers[stream.manager] = Managed(made.is_async, stream.items, *more)

    @property
    def packages(self) -> frozenset[str]:
        """Top-level names of the packages that make streams."""
        return self._imported | {name.partition(".")[0] for name in self._made}

    @cached_property
    def words(self) -> frozenset[str]:
        """The last words of what makes streams."""
        return frozenset(name.rpartition(".")[2] for name in self._made) - {_ITSELF}

    @property
    def callables(self) -> frozenset[str]:
        """The dotted names of all that gives a stream or a client when it is called."""
        return frozenset(self._made) | frozenset(self._classes)

    @cached_property
    def entered(self) -> frozenset[str]:
        """The classes of objects that are a stream when they are entered, or have one."""
        return frozenset(name for name, managed in self._managers.items() if managed.items or managed.parts)

    @property
    def called_packages(self) -> frozenset[str]:
        """Packages of which an object itself is called for a stream, under whatever name it has."""
        return frozenset(name.partition(".")[0] for name in self._made if name.endswith(f".{_ITSELF}"))

    def may_make(self, word: str, keywords: Iterable[str | None]) -> bool:
        """Whether a call by this word, with these keywords, can make a stream: a cheap question before its value."""
        given = frozenset(keywords)
        made = (row for name, rows in self._made.items() if name.rpartition(".")[2] == word for row in rows)
        return any(not row.needs or row.decides in given or None in given for row in made)

    @cached_property
    def deciding(self) -> frozenset[str]:
        """The keywords that say whether a call gives a stream."""
        return frozenset(row.decides for rows in self._made.values() for row in rows)

    def made(self, dotted: str) -> tuple[MadeStream, ...]:
        """The streams that calling `dotted` can give, each under its own condition."""
        return self._made.get(dotted, ())

    @cached_property
    def fillers(self) -> dict[tuple[str, str], frozenset[str]]:
        """By a method and a keyword of it: the streams, by dotted names, that it fills to their end before it returns."""
        found: dict[tuple[str, str], frozenset[str]] = {}
        for name, rows in self._made.items():
            for key in ((method, row.filled_as) for row in rows for method in row.filled_by):
                found[key] = found.get(key, frozenset()) | {name}
        return found

    def pieces(self, dotted: str) -> str:
        """The keyword that makes a call give pieces where it gives everything so far without it; "" for none."""
        kinds = {row.items: row for row in self._made.get(dotted, ())}
        repeats = any(self.part(kind, "") == WHOLE for kind in kinds)
        return next((row.needs for kind, row in kinds.items() if kind == TEXT), "") if repeats else ""

    def has(self, dotted: str) -> bool:
        """Whether the table has a row of calling `dotted`."""
        return dotted in self._made or dotted in self._classes

    def managed(self, dotted: str) -> Managed | None:
        """The stream that an object of this class is when it is entered."""
        return self._managers.get(dotted)

    def returns(self, dotted: str) -> str | None:
        """The class of what calling `dotted` gives, under its main name."""
        return self._classes.get(dotted)

    def items(self, kind: str) -> Items | None:
        """What stands in items of a kind; None for those that are text, and for LlamaIndex's events and objects."""
        return self._items.get(kind)

    def part(self, kind: str, path: str) -> str | None:
        """What a part of an item is: `TEXT`, `WHOLE`, `FINISHED`, "" for what still has parts; None for all else."""
        items = self._items.get(kind)
        if items is None:
            return None
        if path in items.parts:
            return items.parts[path]
        return "" if any(known.startswith(f"{path}.") for known in items.parts) else None

    @cached_property
    def cutting(self) -> frozenset[str]:
        """The methods that give a complete answer in pieces."""
        return frozenset(name for items in self._items.values() for name in items.cut_by)

    def answered(self, dotted: str) -> Answered | None:
        """The complete answer that calling `dotted` gives."""
        return self._answered.get(dotted)

    def client(self, dotted: str) -> Client | None:
        """The client that calling `dotted` chooses."""
        return self._clients.get(dotted)

    @cached_property
    def handed_methods(self) -> frozenset[str]:
        """The names of methods that are given tokens."""
        return frozenset(method for _, _, method in self._handed)

    def handed(self, owner: str, method: str) -> Handed | None:
        """What a subclass of `owner`, a dotted name, is given where it defines a method."""
        return self._handed.get((owner.partition(".")[0], owner.rpartition(".")[2], method))

    def is_of_model(self, address: str) -> bool:
        """Whether an address is that of a model's own interface."""
        return any(one in address for one in self._asking)

    def piped(self, parts: frozenset[str], last: str) -> str | None:
        """The class of a chain of objects of these classes."""
        for pipe in reversed(self._pipes):
            if pipe.of in parts and (not pipe.ends or last in pipe.ends):
                return pipe.made
        return None


def _client(row: Row) -> Client:
    return Client(row.text("async-with"), row.text("class"), row.text("async-class"))


def _items(row: Row) -> Items:
    texts = row.texts("text")
    return Items(
        {
            **dict.fromkeys(row.texts("whole"), WHOLE),
            **dict.fromkeys(row.texts("finished"), FINISHED),
            **dict.fromkeys(texts, TEXT),
            **row.mapping("parts"),
        },
        row.flag("mixed"),
        row.texts("kinds"),
        texts[0] if texts else "",
        row.text("filled"),
        row.flag("keys"),
        row.flag("optional"),
        row.flag("may-be-text"),
        row.flag("of-runs"),
        row.text("parsed"),
        frozenset(row.texts("cut-by")),
        row.flag("said"),
        row.flag("shown"),
    )


@cache
def token_stream_facts() -> TokenStreamFacts:
    return TokenStreamFacts(read("token_streams"))
