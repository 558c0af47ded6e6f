"""Which calls change, step on or hand out what several requests share, and what belongs to one thread, task or loop."""

from __future__ import annotations

from collections.abc import Mapping

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row


@immutable
class SharedStateFacts:
    """The table; names are dotted, methods are bare words."""

    changing: frozenset[str]
    changing_functions: frozenset[str]
    steps: frozenset[str]
    at_hand: frozenset[str]
    handing_out: frozenset[str]
    handing_out_functions: frozenset[str]
    caches: frozenset[str]
    lasting_caches: frozenset[str]
    """Those that keep one result of a function without arguments for good."""
    managers: frozenset[str]
    locks: frozenset[str]
    lock_words: tuple[str, ...]
    guards: frozenset[str]
    process: frozenset[str]
    makers: Mapping[str, str]
    """Functions whose objects only their thread may use, with the argument that says otherwise."""
    factories: frozenset[str]
    """Classes whose objects make a new one at each call."""
    contexts: frozenset[str]
    context_names: frozenset[str]
    loop_classes: frozenset[str]
    loop_methods: frozenset[str]
    file_reads: frozenset[str]
    file_writes: frozenset[str]
    file_removes: frozenset[str]
    file_makers: frozenset[str]
    """Functions that name what nobody else has: a temporary folder, a random name."""
    file_second: frozenset[str]
    """Functions that are given first what they write, and then where."""

    def is_of_context(self, name: str) -> bool:
        """Whether what a dotted name gives depends on the task or the thread that asks."""
        return _is_below(name, self.context_names) or _is_below(name, self.contexts)

    def is_of_loop(self, name: str) -> bool:
        """Whether a dotted name is a class whose objects belong to the event loop, or a method of one."""
        return _is_below(name, self.loop_classes)

    def is_lock(self, name: str) -> bool:
        return name in self.locks

    def names_lock(self, word: str) -> bool:
        """Whether a bare name speaks of a lock."""
        return any(part in word.lower() for part in self.lock_words)


def _is_below(name: str, known: frozenset[str]) -> bool:
    while name:
        if name in known:
            return True
        name = name.rpartition(".")[0]
    return False


def shared_state_facts(table: Row) -> SharedStateFacts:

    def texts(kind: str, key: str) -> frozenset[str]:
        return frozenset(text for row in table.rows(kind) for text in row.texts(key))

    return SharedStateFacts(
        changing=texts("changing", "methods"),
        changing_functions=texts("changing", "functions"),
        steps=texts("step", "methods"),
        at_hand=texts("at-hand", "methods"),
        handing_out=texts("element", "methods"),
        handing_out_functions=texts("element", "functions"),
        caches=texts("cache", "names"),
        lasting_caches=frozenset(
            name for row in table.rows("cache") for name in row.texts("names") if row.text("keeps") == "function"
        ),
        managers=texts("manager", "names"),
        locks=texts("lock", "names"),
        lock_words=tuple(sorted(texts("lock", "words"))),
        guards=texts("guard", "names"),
        process=texts("process", "names"),
        makers={name: row.text("unless") for row in table.rows("maker") for name in row.texts("names")},
        factories=texts("factory", "classes"),
        contexts=texts("context", "classes"),
        context_names=texts("context", "names"),
        loop_classes=texts("loop", "classes"),
        loop_methods=texts("loop", "methods"),
        file_reads=texts("file", "reads"),
        file_writes=texts("file", "writes"),
        file_removes=texts("file", "removes"),
        file_makers=texts("file", "makers"),
        file_second=texts("file", "second"),
    )
