"""A service that answers questions about a few pages, as it was written for LlamaIndex 0.9."""

import time
from pathlib import Path

from fastapi import FastAPI
from llama_index import (
    MockEmbedding,
    ServiceContext,
    SimpleDirectoryReader,  # reads the folder beside this file
    VectorStoreIndex,
    set_global_service_context,
)
from llama_index.chat_engine.types import BaseChatEngine
from llama_index.llms import CompletionResponse, CompletionResponseGen, CustomLLM, LLMMetadata
from llama_index.llms.base import llm_completion_callback

DATA = Path(__file__).parent / "data"


class Model(CustomLLM):
    """Stands in for a model behind a network: a word every 20 ms."""

    @property
    def metadata(self) -> LLMMetadata:
        return LLMMetadata()

    @llm_completion_callback()
    def complete(self, prompt: str, formatted: bool = False, **kwargs) -> CompletionResponse:
        return CompletionResponse(text="".join(self._words()))

    @llm_completion_callback()
    def stream_complete(self, prompt: str, formatted: bool = False, **kwargs) -> CompletionResponseGen:
        text = ""
        for word in self._words():
            text += word
            yield CompletionResponse(text=text, delta=word)

    def _words(self):
        for number in range(20):
            time.sleep(0.02)
            yield f"word{number} "


app = FastAPI()
service_context = ServiceContext.from_defaults(llm=Model(), embed_model=MockEmbedding(embed_dim=8))
set_global_service_context(service_context)
documents = SimpleDirectoryReader(str(DATA)).load_data()
index = VectorStoreIndex.from_documents(documents, service_context=service_context)


def conversation() -> BaseChatEngine:
    from llama_index.memory import ChatMemoryBuffer

    return index.as_chat_engine(chat_mode="context", memory=ChatMemoryBuffer.from_defaults(), streaming=True)


@app.get("/ask")
def ask(q: str):
    response = index.as_query_engine(streaming=True, service_context=service_context).query(q)
    return {"answer": "".join(response.response_gen)}


@app.get("/chat")
def chat(q: str):
    response = conversation().stream_chat(q)
    answer = ""
    for token in response.response_gen:
        answer += token
    return {"answer": answer}
