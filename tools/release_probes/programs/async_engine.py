"""Whether the asynchronous stream of an engine with `streaming=True` can be taken, token by token and to its end."""

import asyncio
from typing import Any

from llama_index.core import get_response_synthesizer, set_global_tokenizer
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.schema import NodeWithScore, TextNode

TOKENS = 8
set_global_tokenizer(str.split)  # that of old releases is downloaded
SECONDS = 20


class Model(CustomLLM):
    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        return CompletionResponse(text="word " * TOKENS)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        text = ""
        for _ in range(TOKENS):
            text += "word "
            yield CompletionResponse(text=text, delta="word ")


async def taken():
    nodes = [NodeWithScore(node=TextNode(text="what is known"), score=1.0)]
    response = await get_response_synthesizer(llm=Model(), streaming=True).asynthesize("what?", nodes)
    return [token async for token in response.async_response_gen()]


try:
    tokens = asyncio.run(asyncio.wait_for(taken(), SECONDS))
except Exception as error:
    print(f"bad: {type(error).__name__}: {error}")
else:
    print("good" if "".join(tokens) == "word " * TOKENS and len(tokens) > 1 else f"bad: {len(tokens)} pieces")
