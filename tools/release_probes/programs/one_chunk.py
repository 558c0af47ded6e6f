"""Whether an engine with `streaming=True` gives the first token before the model has written the last one."""

from typing import Any

from llama_index.core import get_response_synthesizer, set_global_tokenizer
from llama_index.core.llms import CompletionResponse, CustomLLM, LLMMetadata
from llama_index.core.schema import NodeWithScore, TextNode

TOKENS = 8
set_global_tokenizer(str.split)  # that of old releases is downloaded
written = []


class Model(CustomLLM):
    @property
    def metadata(self):
        return LLMMetadata()

    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        return CompletionResponse(text="word " * TOKENS)

    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any):
        text = ""
        for number in range(TOKENS):
            written.append(number)
            text += "word "
            yield CompletionResponse(text=text, delta="word ")


nodes = [NodeWithScore(node=TextNode(text="what is known"), score=1.0)]
response = get_response_synthesizer(llm=Model(), streaming=True).synthesize("what?", nodes)
next(iter(response.response_gen))
print("good" if len(written) < TOKENS else f"bad: the first token came after all {TOKENS} were written")
