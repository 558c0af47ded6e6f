"""A language model that needs no network: it repeats what the index found, word by word."""

import time
from typing import Any

from llama_index.core.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.core.llms.callbacks import llm_completion_callback


class ParrotLLM(CustomLLM):
    pause: float = 0.02

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata(model_name="parrot")

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponse:
        words = self._words(prompt)
        time.sleep(self.pause * len(words))
        return CompletionResponse(text=" ".join(words))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs: Any) -> CompletionResponseGen:
        text = ""
        for word in self._words(prompt):
            time.sleep(self.pause)
            text += f"{word} "
            yield CompletionResponse(text=text, delta=f"{word} ")

    def _words(self, prompt: str) -> list[str]:
        _, _, context = prompt.partition("---------------------")
        return (context or prompt).partition("---------------------")[0].split()[:60]
