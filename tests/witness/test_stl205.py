"""STL205 heavy-call-in-async: the processor is busy, and nobody else is served."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

BUILDING = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import Document, VectorStoreIndex

app = FastAPI()
many = [Document(text=f"Document {number} is about streams.") for number in range(3000)]


@app.get("/chat")
async def chat(q: str):
    built = VectorStoreIndex.from_documents(many)
    response = await built.as_query_engine(streaming=True).aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
RERANKING = """
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core.postprocessor.types import BaseNodePostprocessor

app = FastAPI()


class Reranker(BaseNodePostprocessor):
    def _postprocess_nodes(self, nodes, query_bundle=None):
        time.sleep(0.3)
        return nodes


@app.get("/chat")
async def chat(q: str):
    nodes = await retriever.aretrieve(q)
    best = Reranker().postprocess_nodes(nodes, query_str=q)
    response = await engine.aquery(q + best[0].text)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
NAMED = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from ranking import expensive_local_rerank

app = FastAPI()


@app.get("/chat")
async def chat(q: str):
    result = expensive_local_rerank()
    response = await engine.aquery(q + result)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")
"""
RANKING = "import time\n\n\ndef expensive_local_rerank():\n    time.sleep(0.3)\n    return 'best'\n"


@pytest.mark.parametrize("code", [BUILDING, RERANKING])
@repeated
def test_heavy_work_on_the_loop_keeps_others_waiting(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL205",), fix_level="unsafe")
    assert broken.stalled
    assert fixed.stall < 0.5 * broken.stall
    assert fixed.body == broken.body
    assert fixed.arrivals >= 15


@repeated
def test_a_name_that_speaks_of_heavy_work_can_be_right() -> None:
    moved = NAMED.replace("expensive_local_rerank()", "await run_in_threadpool(expensive_local_rerank)").replace(
        "from fastapi.responses", "from fastapi.concurrency import run_in_threadpool\nfrom fastapi.responses"
    )
    broken, fixed = broken_and_fixed(NAMED, fixed=moved, files={"ranking.py": RANKING})
    assert broken.stalled
    assert fixed.smooth
