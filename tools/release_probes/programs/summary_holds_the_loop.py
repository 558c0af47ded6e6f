"""Whether `simple_summarize` with `streaming=True` asks the model asynchronously when it is itself asked so."""

import asyncio
from typing import Any

from llama_index.core import get_response_synthesizer, set_global_tokenizer
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.response_synthesizers import ResponseMode
from llama_index.core.schema import NodeWithScore, TextNode

asked = []
set_global_tokenizer(str.split)  # that of old releases is downloaded


class Model(CustomLLM):
    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        return CompletionResponse(text="word")

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        asked.append("synchronously")
        return iter([CompletionResponse(text="word", delta="word")])

    async def astream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        asked.append("asynchronously")

        async def pieces():
            yield CompletionResponse(text="word", delta="word")

        return pieces()


async def main():
    nodes = [NodeWithScore(node=TextNode(text="what is known"), score=1.0)]
    synthesizer = get_response_synthesizer(llm=Model(), streaming=True, response_mode=ResponseMode.SIMPLE_SUMMARIZE)
    response = await synthesizer.asynthesize("what?", nodes)
    if hasattr(response, "async_response_gen"):
        async for _ in response.async_response_gen():
            pass
    else:
        list(response.response_gen)


asyncio.run(main())
print("good" if asked == ["asynchronously"] else f"bad: asked {', '.join(asked)}")
