"""The objects of LlamaIndex that have the tokens of an answer can be looped over in no way themselves (STL106)."""

from __future__ import annotations

import pytest
from llama_index.core.base.response.schema import AsyncStreamingResponse, StreamingResponse
from llama_index.core.chat_engine.types import StreamingAgentChatResponse


@pytest.mark.parametrize("kind", [StreamingResponse, AsyncStreamingResponse, StreamingAgentChatResponse])
def test_no_loop_can_run_over_what_has_the_tokens(kind: type) -> None:
    assert not hasattr(kind, "__iter__") and not hasattr(kind, "__aiter__") and not hasattr(kind, "__getitem__")
