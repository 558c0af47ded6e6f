"""What STL114 calls invented exists in no class of the installed LlamaIndex."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Iterator

import llama_index.core.chat_engine
import llama_index.core.query_engine  # noqa: F401  # its classes are found as subclasses
import pytest
from llama_index.core.base.base_query_engine import BaseQueryEngine
from llama_index.core.base.response.schema import AsyncStreamingResponse, Response, StreamingResponse
from llama_index.core.chat_engine.types import BaseChatEngine, StreamingAgentChatResponse
from workflows.handler import WorkflowHandler

from streamlint.knowledge import Knowledge
from streamlint.knowledge.llama_index import Role

KNOWLEDGE = Knowledge()
CLASSES = {
    Role.QUERY_ENGINE: BaseQueryEngine,
    Role.CHAT_ENGINE: BaseChatEngine,
    Role.RESPONSE: Response,
    Role.STREAM: StreamingResponse,
    Role.ASYNC_STREAM: AsyncStreamingResponse,
    Role.CHAT_STREAM: StreamingAgentChatResponse,
    Role.WORKFLOW_HANDLER: WorkflowHandler,
}


def below(one: type) -> Iterator[type]:
    yield one
    for inner in one.__subclasses__():
        if inner.__module__.startswith("llama_index.core"):
            yield from below(inner)


def members(one: type) -> set[str]:
    fields = {field.name for field in dataclasses.fields(one)} if dataclasses.is_dataclass(one) else set()
    words = KNOWLEDGE.names("llama_index_words", "streaming-words")
    return {name for name in fields.union(dir(one)) if not name.startswith("_") and any(word in name for word in words)}


@pytest.mark.parametrize("role", CLASSES)
def test_every_member_that_streams_is_known(role: Role) -> None:
    tokens = KNOWLEDGE.names("llama_index_words", "token-generators")
    unknown = {
        f"{one.__name__}.{name}"
        for one in below(CLASSES[role])
        for name in members(one) - tokens
        if not KNOWLEDGE.llama.has_member(role, name)
    }
    assert not unknown


@pytest.mark.parametrize("method", [BaseQueryEngine.query, BaseChatEngine.stream_chat, BaseChatEngine.chat])
def test_what_asks_takes_no_keyword_for_a_stream(method: object) -> None:
    parameters = inspect.signature(method).parameters  # type: ignore[arg-type]  # a function
    assert not KNOWLEDGE.names("llama_index_words", "invented-keywords") & set(parameters)
    assert all(one.kind is not inspect.Parameter.VAR_KEYWORD for one in parameters.values())
