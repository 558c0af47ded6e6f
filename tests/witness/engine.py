"""A LlamaIndex engine over a model that takes its time: a token every few milliseconds, each one written down."""

from __future__ import annotations

import asyncio
import functools
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex
from llama_index.core.agent.workflow import FunctionAgent
from llama_index.core.base.llms.generic_utils import (
    astream_completion_response_to_chat_response,
    completion_response_to_chat_response,
)
from llama_index.core.base.llms.types import (
    ChatMessage,
    ChatResponse,
    ChatResponseAsyncGen,
    CompletionResponse,
    CompletionResponseAsyncGen,
    CompletionResponseGen,
    LLMMetadata,
)
from llama_index.core.chat_engine.types import ChatMode
from llama_index.core.llms import CustomLLM
from llama_index.core.llms.callbacks import llm_chat_callback, llm_completion_callback
from llama_index.core.llms.function_calling import FunctionCallingLLM

from .model_server import model_url
from .pace import Pace, TokenLog

if TYPE_CHECKING:
    from llama_index.core.llms.llm import ToolSelection
    from llama_index.core.tools import BaseTool


class _Now:
    """The pace and the log of this process; a forked server sets them once, before it runs the application."""

    pace = Pace()
    log: TokenLog | None = None


def configure(pace: Pace, log: TokenLog) -> None:
    """Set the pace of this process and where it writes its tokens down."""
    _Now.pace, _Now.log = pace, log


def _token(number: int) -> str:
    if _Now.log is not None:
        _Now.log.append()
    return f"tok{number}{_Now.pace.ending}"


def tokens() -> Iterator[str]:
    """One answer, token by token, holding the thread that asks."""
    for number in range(_Now.pace.tokens):
        time.sleep(_Now.pace.gap)
        yield _token(number)


async def atokens() -> AsyncIterator[str]:
    """One answer, token by token, leaving the event loop to others."""
    for number in range(_Now.pace.tokens):
        await asyncio.sleep(_Now.pace.gap)
        yield _token(number)


class SyncOnlyLLM(CustomLLM):
    """A model as in the tutorials: only `complete` and `stream_complete`; its inherited async methods hold the loop."""

    @property
    def metadata(self) -> LLMMetadata:
        """The defaults."""
        return LLMMetadata()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer when the last token is there."""
        return CompletionResponse(text="".join(tokens()))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        """Answer token by token."""
        text = ""
        for token in tokens():
            text += token
            yield CompletionResponse(text=text, delta=token)


class TokenLLM(SyncOnlyLLM):
    """A model with async methods of its own."""

    @llm_completion_callback()
    async def acomplete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        """Answer when the last token is there."""
        return CompletionResponse(text="".join([token async for token in atokens()]))

    @llm_completion_callback()
    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseAsyncGen:
        """Answer token by token."""

        async def stream() -> CompletionResponseAsyncGen:
            text = ""
            async for token in atokens():
                text += token
                yield CompletionResponse(text=text, delta=token)

        return stream()

    @llm_chat_callback()
    async def achat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponse:
        """Answer when the last token is there."""
        return completion_response_to_chat_response(await self.acomplete(str(messages)))

    @llm_chat_callback()
    async def astream_chat(self, messages: Sequence[ChatMessage], **kwargs: Any) -> ChatResponseAsyncGen:
        """Answer token by token."""
        return astream_completion_response_to_chat_response(await self.astream_complete(str(messages)))


class AgentLLM(TokenLLM, FunctionCallingLLM):
    """A model that agents accept, and that never calls a tool."""

    @property
    def metadata(self) -> LLMMetadata:
        """A model for agents."""
        return LLMMetadata(is_function_calling_model=True)

    def _prepare_chat_with_tools(
        self,
        tools: Sequence[BaseTool],
        user_msg: str | ChatMessage | None = None,
        chat_history: list[ChatMessage] | None = None,
        verbose: bool = False,
        allow_parallel_tool_calls: bool = False,
        tool_required: bool = False,
        **kwargs: Any,
    ) -> dict[str, Any]:
        return {"messages": [*(chat_history or ()), *([ChatMessage(content=str(user_msg))] if user_msg else ())]}

    def get_tool_calls_from_response(
        self, response: ChatResponse, error_on_no_tool_call: bool = True, **kwargs: Any
    ) -> list[ToolSelection]:
        """None, whatever was said."""
        return []


class SlowEmbedding(MockEmbedding):
    """An embedding that takes as long as the pace says, and has async methods of its own."""

    def _get_query_embedding(self, query: str) -> list[float]:
        time.sleep(_Now.pace.retrieval)
        return self._get_vector()

    async def _aget_query_embedding(self, query: str) -> list[float]:
        await asyncio.sleep(_Now.pace.retrieval)
        return self._get_vector()


def names() -> dict[str, Any]:
    """What code under test may use without having defined it; LlamaIndex's `Settings` are set to the same objects."""
    llm = TokenLLM() if _Now.pace.native else SyncOnlyLLM()
    embed_model = SlowEmbedding(embed_dim=8)
    Settings.llm, Settings.embed_model = llm, embed_model
    documents = [Document(text="Streams carry tokens."), Document(text="A handler passes them on.")]
    index = VectorStoreIndex.from_documents(documents)
    engine = index.as_query_engine(streaming=True)
    return {
        "documents": documents,
        "llm": llm,
        "embed_model": embed_model,
        "index": index,
        "engine": engine,
        "query_engine": engine,
        "chat_engine": index.as_chat_engine(chat_mode=ChatMode.CONTEXT),
        "retriever": index.as_retriever(),
        "agent": FunctionAgent(llm=AgentLLM()),
        "model_url": functools.partial(model_url, tokens),
    }
