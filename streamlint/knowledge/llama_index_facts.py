"""The words in which facts about LlamaIndex are told: roles, kinds, results, ranges of releases."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from typing import TYPE_CHECKING

from streamlint.immutable import immutable

if TYPE_CHECKING:
    from streamlint.knowledge.table import Row


class Role(StrEnum):
    """What a class is for; every class of LlamaIndex that matters to a stream has one."""

    AGENT_WORKFLOW = "agent_workflow"
    WORKFLOW = "workflow"
    WORKFLOW_HANDLER = "workflow_handler"
    WORKFLOW_CONTEXT = "workflow_context"
    AGENT_RUNNER = "agent_runner"
    CHAT_ENGINE = "chat_engine"
    QUERY_ENGINE = "query_engine"
    SYNTHESIZER = "synthesizer"
    RETRIEVER = "retriever"
    INDEX = "index"
    LLM = "llm"
    EMBEDDING = "embedding"
    POSTPROCESSOR = "postprocessor"
    READER = "reader"
    MEMORY = "memory"
    NODE_PARSER = "node_parser"
    EXTRACTOR = "extractor"
    PIPELINE = "pipeline"
    QUERY_PIPELINE = "query_pipeline"
    EVALUATOR = "evaluator"
    PROGRAM = "program"
    SELECTOR = "selector"
    TOOL = "tool"
    VECTOR_STORE = "vector_store"
    CHAT_STORE = "chat_store"
    STORAGE = "storage"
    STREAM = "stream"
    ASYNC_STREAM = "async_stream"
    CHAT_STREAM = "chat_stream"
    CHUNK = "chunk"
    RESPONSE = "response"
    EVENT = "event"


class Kind(StrEnum):
    """What a function or member is to `inspect`, whatever its annotation says."""

    SYNC = "sync"
    COROUTINE = "coroutine"
    GENERATOR = "generator"
    ASYNC_GENERATOR = "async_generator"
    PROPERTY = "property"
    CLASSMETHOD = "classmethod"
    STATICMETHOD = "staticmethod"


class Returns(StrEnum):
    """What a call gives (a coroutine: after `await`).

    QUERY_STREAM: StreamingResponse if the engine streams, else Response; ASYNC_QUERY_STREAM likewise with
    AsyncStreamingResponse. CHUNKS: iterator of objects with `.delta`; TEXT_TOKENS: iterator of str (from
    `get_response`, only if it streams); OBJECTS: iterator of partial models; SELF: an instance of the
    class that was called.
    """

    NOTHING = ""
    QUERY_STREAM = "query-stream"
    ASYNC_QUERY_STREAM = "async-query-stream"
    CHAT_STREAM = "chat-stream"
    ASYNC_CHAT_STREAM = "async-chat-stream"
    CHUNKS = "chunks"
    ASYNC_CHUNKS = "async-chunks"
    TEXT_TOKENS = "text-tokens"
    ASYNC_TEXT_TOKENS = "async-text-tokens"
    OBJECTS = "objects"
    ASYNC_OBJECTS = "async-objects"
    HANDLER = "handler"
    EVENTS = "events"
    RESPONSE = "response"
    COMPLETION = "completion"
    TEXT = "text"
    NODES = "nodes"
    ENGINE = "engine"
    CHAT_ENGINE = "chat-engine"
    RETRIEVER = "retriever"
    SYNTHESIZER = "synthesizer"
    INDEX = "index"
    LLM = "llm"
    EMBEDDING = "embedding"
    SELF = "self"
    UNKNOWN = "unknown"


class Spelling(StrEnum):
    """What follows the dot: `r.response_gen` or `r.async_response_gen()`."""

    ATTRIBUTE = "attribute"
    METHOD = "method"


@immutable
class Range:
    """Releases of llama-index-core, both ends included; an empty end is open."""

    since: str = ""
    until: str = ""

    def holds(self, version: str | None) -> bool:
        """Whether `version` is inside; an unknown one (None) is."""
        if version is None:
            return True
        asked = release(version)
        return (not self.since or asked >= release(self.since)) and (not self.until or asked <= release(self.until))


@immutable
class Class:
    """A class in one range of releases; `bases` are the bare names of those of its bases that have a role."""

    name: str
    role: Role
    bases: tuple[str, ...]
    range: Range

    @property
    def bare(self) -> str:
        """The name without the module."""
        return self.name.rpartition(".")[2]


@immutable
class Method:
    """A method of a role or a class.

    `blocks`: it holds the loop it is called on (only if one of `arguments` is given, where there are any).
    `heavy`: what makes it heavy whatever the LLM is. `twin`: the async method that does the same, in core from
    `twin_since` on (empty: in every release since 0.9).
    """

    name: str
    kind: Kind
    range: Range
    blocks: bool = False
    heavy: str = ""
    twin: str | None = None
    twin_since: str | None = None
    returns: Returns = Returns.NOTHING
    arguments: tuple[str, ...] = ()


@immutable
class Twin:
    """What the asynchronous twins of a role's methods need to leave the loop free, or whether they run in a thread."""

    needs: tuple[str, ...]
    in_thread: bool
    since: str


@immutable
class Telling:
    """A method of LlamaIndex that is known by what is read from its result, or from the items of it."""

    role: Role
    reads: frozenset[str]
    items: frozenset[str]


@immutable
class Function:
    """A module-level function; the fields mean what they mean for a Method."""

    name: str
    kind: Kind
    range: Range
    blocks: bool = False
    heavy: str = ""
    returns: Returns = Returns.NOTHING


@immutable
class TokenAttribute:
    """How the tokens of a stream object are reached, and whether `async for` or `for` takes them."""

    name: str
    spelling: Spelling
    is_async: bool


@lru_cache(maxsize=256)
def release(version: str) -> tuple[int, ...]:
    """The leading numbers of a version, which is enough to order releases; post-releases count as the release."""
    numbers = []
    for part in version.split("."):
        if not part.isdigit():
            break
        numbers.append(int(part))
    return tuple(numbers)


def span(row: Row) -> Range:
    """The range of releases in which a row holds."""
    return Range(row.text("since"), row.text("until"))


@immutable
class Fake:
    """The sync method that an async one `calls` without waiting, in a range of releases."""

    calls: str
    range: Range


@immutable
class Start:
    """A method of an engine that starts a stream."""

    method: str
    is_awaited: bool
