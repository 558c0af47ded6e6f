"""Stand-ins for LlamaIndex that answer at once, with the tokens that a test gives: what a repair is run against."""

from __future__ import annotations

import sys
import types
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

TOKENS = ("call ", "12", "34", " now", ", please")
"""A text of which a part must not be seen, and no token has all of that part."""


class Broken(RuntimeError):
    """What the model raises."""


def tokens(fails_at: int | None) -> Iterator[str]:
    for number, token in enumerate(TOKENS):
        if number == fails_at:
            raise Broken
        yield token


@dataclass
class Streaming:
    """As `StreamingResponse`: a stream that can be taken once, and that is joined by those who ask for the text."""

    fails_at: int | None
    source_nodes: list[str] = field(default_factory=lambda: ["page 1"])

    def __post_init__(self) -> None:
        self.response_gen = tokens(self.fails_at)
        self._text: str | None = None

    def get_response(self) -> Answer:
        if self._text is None:
            self._text = "".join(self.response_gen)
        return Answer(self._text)

    def print_response_stream(self) -> None:
        self._text = ""
        for token in self.response_gen:
            print(token, end="", flush=True)
            self._text += token

    def __str__(self) -> str:
        return str(self.get_response())


@dataclass
class Answer:
    """As `Response`: the whole text."""

    response: str
    source_nodes: list[str] = field(default_factory=lambda: ["page 1"])

    def __str__(self) -> str:
        return self.response


@dataclass
class AsyncStreaming:
    """As `AsyncStreamingResponse` and the answer of `astream_chat`."""

    fails_at: int | None

    async def async_response_gen(self) -> AsyncIterator[str]:
        for token in tokens(self.fails_at):
            yield token


@dataclass
class Engine:
    """A query engine and a chat engine in one."""

    index: Index
    streaming: bool = False

    def _whole(self) -> Answer:
        return Answer("".join(tokens(self.index.fails_at)))

    def query(self, question: str) -> Streaming | Answer:
        return Streaming(self.index.fails_at) if self.streaming else self._whole()

    async def aquery(self, question: str) -> AsyncStreaming | Answer:
        return AsyncStreaming(self.index.fails_at) if self.streaming else self._whole()

    def chat(self, message: str) -> Answer:
        return self._whole()

    async def achat(self, message: str) -> Answer:
        return self._whole()

    def stream_chat(self, message: str) -> Streaming:
        return Streaming(self.index.fails_at)

    async def astream_chat(self, message: str) -> AsyncStreaming:
        return AsyncStreaming(self.index.fails_at)


@dataclass
class Index:
    """An index whose engines fail at a token, if a test says so."""

    fails_at: int | None = None

    def as_query_engine(self, *, streaming: bool = False) -> Engine:
        return Engine(self, streaming)

    def as_chat_engine(self, **_: object) -> Engine:
        return Engine(self, streaming=True)


@contextmanager
def installed(fails_at: int | None) -> Iterator[None]:
    """`import llama_index.core` gives the stand-ins."""

    class VectorStoreIndex:
        @staticmethod
        def from_documents(documents: list[object]) -> Index:
            return Index(fails_at)

    made: dict[str, types.ModuleType] = {name: types.ModuleType(name) for name in ("llama_index", "llama_index.core")}
    vars(made["llama_index.core"])["VectorStoreIndex"] = VectorStoreIndex
    vars(made["llama_index"])["core"] = made["llama_index.core"]
    with replaced_modules(made):
        yield


@contextmanager
def replaced_modules(made: dict[str, types.ModuleType]) -> Iterator[None]:
    """Modules of these names, for as long as the block runs."""
    kept: dict[str, types.ModuleType | None] = {name: sys.modules.get(name) for name in made}
    sys.modules.update(made)
    try:
        yield
    finally:
        for name, before in kept.items():
            if before is None:
                sys.modules.pop(name, None)
            else:
                sys.modules[name] = before
