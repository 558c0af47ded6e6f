"""Routes that lose the stream."""

from fastapi import APIRouter
from fastapi.responses import JSONResponse, StreamingResponse
from llama_index.core.chat_engine import SimpleChatEngine

from .engine import get_index, get_query_engine
from .model import ParrotLLM
from .text import as_event, collect

router = APIRouter(prefix="/broken")


@router.get("/chat")
async def chat(q: str):
    query_engine = get_index().as_query_engine(llm=ParrotLLM(), streaming=True, similarity_top_k=3)
    response = query_engine.query(q)
    # This consumes the stream too early.
    chunks = []
    for token in response.response_gen:
        chunks.append(token)
    # By now everything is buffered.
    return {"answer": "".join(chunks)}


@router.get("/joined")
def joined(q: str):
    response = get_query_engine().query(q)
    answer = "".join(response.response_gen)
    return JSONResponse({"answer": answer})


@router.get("/printed")
def printed(q: str):
    # The text of a streaming response drains it.
    return {"answer": str(get_query_engine().query(q))}


@router.get("/helped")
def helped(q: str):
    response = get_query_engine().query(q)
    return {"answer": collect(response)}


@router.get("/replayed")
def replayed(q: str):
    response = get_query_engine().query(q)
    tokens = list(response.response_gen)
    return StreamingResponse(iter(tokens), media_type="text/plain")


@router.get("/sources")
def sources(q: str):
    # More than the text is returned, so no fix can be made without a decision.
    response = get_query_engine().query(q)
    answer = "".join(response.response_gen)
    return {"answer": answer, "sources": [node.node_id for node in response.source_nodes]}


@router.get("/small-talk")
def small_talk(q: str):
    chat_engine = SimpleChatEngine.from_defaults(llm=ParrotLLM())
    response = chat_engine.stream_chat(q)
    answer = ""
    for token in response.response_gen:
        answer += token
    return {"answer": answer}


@router.get("/events")
async def events(q: str):
    async def produce():
        response = get_query_engine().query(q)
        for token in response.response_gen:
            yield as_event(token)

    return StreamingResponse(produce(), media_type="text/event-stream")
