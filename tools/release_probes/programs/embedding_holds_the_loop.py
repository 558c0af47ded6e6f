"""Whether the asynchronous question for an embedding leaves the event loop free while the model computes."""

import asyncio
import sys
import time
from unittest.mock import MagicMock

SECONDS = 0.5
for name in (
    "torch",
    "transformers",
    "transformers.modeling_outputs",
    "transformers.utils",
    "transformers.utils.import_utils",
):
    sys.modules[name] = MagicMock()
for name in (
    "sentence_transformers",
    "optimum",
    "huggingface_hub",
    "huggingface_hub.hf_api",
    "huggingface_hub.inference._types",
):
    sys.modules[name] = MagicMock()

from llama_index.embeddings.huggingface import HuggingFaceEmbedding  # noqa: E402 behind what stands in for its models


class Embedding(HuggingFaceEmbedding):
    def _get_query_embedding(self, query):
        time.sleep(SECONDS)
        return [0.0]

    _get_text_embedding = _get_query_embedding


async def longest_gap():
    embedding = getattr(Embedding, "model_construct", Embedding.construct)()
    question = asyncio.ensure_future(embedding._aget_query_embedding("what?"))
    longest, before = 0.0, time.monotonic()
    while not question.done():
        await asyncio.sleep(0.01)
        longest, before = max(longest, time.monotonic() - before), time.monotonic()
    await question
    return longest


gap = asyncio.run(longest_gap())
print("good" if gap < SECONDS * 0.8 else "bad: the event loop stood still all the while")
