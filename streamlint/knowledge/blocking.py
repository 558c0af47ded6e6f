"""Library calls that hold the thread that makes them, by waiting or by working, and what a client object hands out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")


class Tier(StrEnum):
    """certain: it always waits for something outside the program; likely: how long depends on what cannot be seen."""

    CERTAIN = "certain"
    LIKELY = "likely"


@immutable
class Unless:
    """An argument with which the call returns at once; `values` are source texts such as `False` or `os.WNOHANG`.

    `begins`: it does so for a text that begins like this.
    """

    position: int | None
    keyword: str
    values: tuple[str, ...]
    begins: str = ""

    def holds(self, texts: Iterable[str]) -> bool:
        """Whether one of these texts of the argument, or of the flags that it joins, is one of the values."""
        return any(_is_value(text, value) for text in texts for value in self.values)


@immutable
class BlockingCall:
    """A call that holds its thread; `reason` completes "it ..." ("waits for the network")."""

    name: str
    category: str
    reason: str
    tier: Tier
    replacement: str = ""
    replacement_import: str = ""
    drop_in: bool = False
    """The replacement takes the same arguments behind `await`."""
    thread_safe: bool = False
    """The call may be moved to a worker thread, on an object that other threads use too."""
    needs_argument: bool = False
    lazy: bool = False
    """The call returns an iterator at once; each step of an iteration over it waits."""
    iterates: bool = False
    """With `stream=True`, or for a method that streams, each item of the result waits as well."""
    enters: bool = False
    """The call returns a context manager at once; entering it waits."""
    pages: bool = False
    """The call returns the first page, or none; an iteration over it waits for the next ones."""
    lazy_with: str = ""
    """The keyword with which the call is `lazy`."""
    unless: tuple[Unless, ...] = ()
    only: tuple[Unless, ...] = ()
    """The arguments of which one must be so: with others the call is soon done."""
    asks: str = ""
    """The method of the same object that says whether there is nothing to wait for."""


@immutable
class _Group:
    patterns: tuple[str, ...]
    exceptions: tuple[str, ...]
    fact: BlockingCall

    def covers(self, chain: str) -> bool:
        if any(_matches(pattern, chain) for pattern in self.exceptions):
            return False
        return any(_matches(pattern, chain) for pattern in self.patterns)


@dataclass
class _Class:
    name: str
    returns: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)
    items: str = ""
    iteration: str = ""
    entering: str = ""
    groups: list[_Group] = field(default_factory=list)

    @property
    def has_chains(self) -> bool:
        return any("." in pattern or pattern == "**" for group in self.groups for pattern in group.patterns)


class CallTable:
    """A table of calls, extended by the user's rows; every name is dotted and resolved ("requests.Session.get").

    A method of an instance is asked for as class + chain of attributes + name: "openai.OpenAI.chat.completions.create".
    """

    def __init__(self, table: Row, user_rows: Iterable[Mapping[str, object]] = ()) -> None:
        self._functions: dict[str, BlockingCall] = {}
        self._classes: dict[str, _Class] = {}
        self._made_by: dict[str, str] = {}
        self._families: dict[str, _Class] = {}
        self._unread = frozenset(table.texts("services"))
        self._add(table)
        for values in user_rows:
            self._add_user_row(Row(values))

    def call(self, dotted: str) -> BlockingCall | None:
        """What is known about calling `dotted`, or None when it does not block or is unknown."""
        self._prepare(dotted)
        if (fact := self._functions.get(dotted)) is not None:
            return replace(fact, name=dotted)
        owner, chain = self._owner(dotted)
        while owner is not None and chain:
            group = next((group for group in owner.groups if group.covers(chain)), None)
            if group is not None:
                return replace(group.fact, name=dotted)
            head, _, chain = chain.partition(".")
            owner = self._classes.get(self._attribute_class(owner, head))
        return None

    def returns(self, dotted: str) -> str | None:
        """The class of what calling `dotted` gives; calling a known class gives that class under its main name.

        Calling an instance is "package.Class.__call__"; entering it, "package.Class.__enter__", mostly gives it back.
        """
        self._prepare(dotted)
        if dotted in self._made_by:
            return self._made_by[dotted]
        owner, chain = self._owner(dotted)
        if owner is None:
            return None
        if not chain:
            return owner.name
        return self._result(owner, chain)

    def attribute(self, dotted: str, name: str) -> str | None:
        """What `instance.name` is, for an instance of `dotted`: a class, or a place further down a client's chain."""
        owner, chain = self._owner(dotted)
        if owner is None:
            return None
        owner, chain = self._descend(owner, f"{chain}.{name}" if chain else name)
        if not chain:
            return owner.name
        full = f"{owner.name}.{chain}"
        return full if owner.has_chains and not self.call(full) and not self.returns(full) else None

    def item(self, dotted: str) -> str | None:
        """The class of `instance[...]`."""
        owner, chain = self._owner(dotted)
        return owner.items or None if owner is not None and not chain else None

    def iteration(self, dotted: str) -> BlockingCall | None:
        """Whether each step of a `for` over an instance of `dotted` waits, and for what."""
        owner, chain = self._owner(dotted)
        if owner is None or chain or not owner.iteration:
            return None
        return BlockingCall(owner.name, "iteration", owner.iteration, Tier.LIKELY)

    def entering(self, dotted: str) -> BlockingCall | None:
        """Whether entering a `with` over an instance of `dotted` waits, and for what."""
        owner, chain = self._owner(dotted)
        if owner is None or chain or not owner.entering:
            return None
        return BlockingCall(owner.name, "entering", owner.entering, Tier.CERTAIN)

    def comes_later(self, dotted: str) -> bool:
        """Whether entering an instance of `dotted`, or a step of an iteration over it or a part of it, waits."""
        owner, chain = self._owner(dotted)
        if owner is None or chain:
            return False
        parts = (self._classes.get(name) for name in owner.attributes.values())
        return bool(owner.iteration or owner.entering) or any(
            part is not None and bool(part.iteration) for part in parts
        )

    def is_one_at_a_time(self, dotted: str) -> bool:
        """Whether `dotted` is a class whose objects no two threads, and no two conversations, may use at once."""
        owner, chain = self._owner(dotted)
        if owner is None or chain or not owner.groups:
            return False
        return not any(group.fact.thread_safe for group in owner.groups)

    def __contains__(self, dotted: str) -> bool:
        return self.call(dotted) is not None

    @property
    def packages(self) -> frozenset[str]:
        """Top-level names of everything that the table knows; "builtins" is not imported by anybody."""
        names = {*self._functions, *self._classes, *self._made_by}
        return (frozenset(name.partition(".")[0] for name in names) | self._unread) - {"builtins"}

    def _prepare(self, dotted: str) -> None:
        """Read the second table when a name of its packages is asked for: it is large, and most files need none of it."""
        if dotted.partition(".")[0] in self._unread:
            self._unread = frozenset()
            self._add(read("blocking_services"))

    def _owner(self, dotted: str) -> tuple[_Class | None, str]:
        """The known class that `dotted` starts with, and what follows it."""
        self._prepare(dotted)
        end = len(dotted)
        while end > 0:
            if (owner := self._classes.get(dotted[:end])) is not None:
                return owner, dotted[end + 1 :]
            end = dotted.rfind(".", 0, end)
        return self._of_family(dotted)

    def _of_family(self, dotted: str) -> tuple[_Class | None, str]:
        """The class that all classes of a package are of (`langchain.llms.ollama.Ollama` of `langchain.llms`), but stand-ins."""
        for package, owner in self._families.items():
            if dotted.startswith(f"{package}."):
                parts = dotted[len(package) + 1 :].split(".")
                number = next((number for number, part in enumerate(parts) if part[:1].isupper()), None)
                if number is not None and not parts[number].startswith("Fake"):
                    return owner, ".".join(parts[number + 1 :])
        return None, ""

    def _attribute_class(self, owner: _Class, name: str) -> str:
        if name in owner.attributes:
            return owner.attributes[name]
        if name in owner.returns or name.startswith("_") or any(group.covers(name) for group in owner.groups):
            return ""
        return owner.attributes.get("*", "")

    def _descend(self, owner: _Class, chain: str) -> tuple[_Class, str]:
        """Follow attributes of known classes as far as they lead."""
        while chain:
            head, _, rest = chain.partition(".")
            following = self._classes.get(self._attribute_class(owner, head))
            if following is None:
                break
            owner, chain = following, rest
        return owner, chain

    def _result(self, owner: _Class, chain: str) -> str | None:
        above, _, method = chain.rpartition(".")
        owner, above = self._descend(owner, above)
        if above:
            return self._made_by.get(f"{owner.name}.{above}.{method}")
        if made := self._made_by.get(f"{owner.name}.{method}"):
            return made
        if method in owner.returns or method == "__enter__":
            return owner.returns.get(method, owner.name) or None
        return None if method.startswith("_") else owner.returns.get("*")

    def _add(self, table: Row) -> None:
        for row in table.rows("class"):
            self._add_class(row)
        for row in table.rows("returns"):
            self._made_by.update(dict.fromkeys(row.texts("by"), row.text("class")))
        for row in table.rows("call"):
            self._add_call(row)

    def _add_class(self, row: Row) -> None:
        known = _Class(
            row.text("name"),
            row.mapping("returns"),
            row.mapping("attributes"),
            row.text("items"),
            row.text("iteration"),
            row.text("entering"),
        )
        for name in (known.name, *row.texts("also")):
            self._classes[name] = known
        self._families.update(dict.fromkeys(row.texts("packages"), known))

    def _add_call(self, row: Row) -> None:
        fact = _fact(row)
        for name in row.texts("names"):
            self._functions.setdefault(name, fact)
        for name in row.texts("classes"):
            self._classes[name].groups.append(_Group(row.texts("methods"), row.texts("except"), fact))

    def _add_user_row(self, row: Row) -> None:
        self._functions[row.text("name")] = _fact(row)


class BlockingCalls(CallTable):
    """Calls that wait for something: the network, a process, a lock, a person."""

    def __init__(self, user_rows: Iterable[Mapping[str, object]] = ()) -> None:
        table = read("blocking_calls")
        super().__init__(table, user_rows)


class HeavyCalls(CallTable):
    """Calls outside LlamaIndex that keep a processor busy for longer than a stream can wait, or load a model."""

    def __init__(self) -> None:
        table = read("heavy_calls")
        super().__init__(table)
        self._verbs = {word: row.text("category") for row in table.rows("verb") for word in row.texts("words")}

    def verb(self, name: str) -> str:
        """The kind of heavy work that a function's name speaks of, or ""; the last part of a dotted name counts."""
        words = _WORD.findall(name.rpartition(".")[2])
        return next((self._verbs[word.lower()] for word in words if word.lower() in self._verbs), "")


def _fact(row: Row) -> BlockingCall:
    return BlockingCall(
        row.text("name"),
        row.text("category", "configured"),
        row.text("reason", "blocks"),
        Tier(row.text("tier", "certain")),
        row.text("replacement"),
        row.text("replacement-import"),
        row.flag("drop-in"),
        row.flag("thread-safe"),
        row.flag("needs-argument"),
        row.flag("lazy"),
        row.flag("iterates"),
        row.flag("enters"),
        row.flag("pages"),
        row.text("lazy-with"),
        _conditions(row, "unless"),
        _conditions(row, "only"),
        row.text("asks"),
    )


def _conditions(row: Row, name: str) -> tuple[Unless, ...]:
    return tuple(
        Unless(each.number("position"), each.text("keyword"), each.texts("values"), each.text("begins"))
        for each in row.rows(name)
    )


def _is_value(text: str, value: str) -> bool:
    """Whether both are the same text, or one name with and without its module."""
    return text == value or (not value[0].isdigit() and text.rpartition(".")[2] == value.rpartition(".")[2])


def _matches(pattern: str, chain: str) -> bool:
    if pattern == chain:
        return True
    if "*" not in pattern or chain.rpartition(".")[2].startswith("_"):
        return False
    if pattern == "**":
        return True
    if pattern.startswith("**."):
        return chain == pattern[3:] or chain.endswith(pattern[2:])
    head, _, last = chain.rpartition(".")
    return bool(last) and pattern == (f"{head}.*" if head else "*")
