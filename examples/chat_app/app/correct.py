"""The same routes as they should be: every token leaves when it is there, and nobody waits for somebody else's."""

import asyncio
import time

from fastapi import APIRouter, WebSocket
from fastapi.concurrency import iterate_in_threadpool, run_in_threadpool
from fastapi.responses import StreamingResponse

from .engine import get_plain_engine, get_query_engine
from .text import as_event

router = APIRouter(prefix="/correct")


@router.get("/chat")
def chat(q: str):
    # FastAPI runs a plain function in a thread, and Starlette iterates a plain generator in one.
    response = get_query_engine().query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")


@router.get("/chat-async")
async def chat_async(q: str):
    response = await run_in_threadpool(get_query_engine().query, q)
    return StreamingResponse(response.response_gen, media_type="text/plain")


@router.get("/events")
async def events(q: str):
    async def produce():
        response = await run_in_threadpool(get_query_engine().query, q)
        async for token in iterate_in_threadpool(response.response_gen):
            yield as_event(token)

    return StreamingResponse(produce(), media_type="text/event-stream")


@router.get("/events-in-a-thread")
async def events_in_a_thread(q: str):
    def produce():
        for token in get_query_engine().query(q).response_gen:
            yield as_event(token)

    return StreamingResponse(produce(), media_type="text/event-stream")


@router.websocket("/socket")
async def socket(websocket: WebSocket):
    await websocket.accept()
    question = await websocket.receive_text()
    response = await run_in_threadpool(get_query_engine().query, question)
    async for token in iterate_in_threadpool(response.response_gen):
        await websocket.send_text(token)
    await websocket.close()


@router.get("/ask")
def ask(q: str):
    # Nothing is streamed here, and nothing has to be.
    return {"answer": str(get_plain_engine().query(q))}


@router.get("/polite")
async def polite(q: str):
    await asyncio.sleep(0.5)
    return {"answer": f"Good question: {q}"}


@router.get("/patient")
def patient(q: str):
    # A plain route has a thread of its own, and may sleep.
    time.sleep(0.5)
    return {"answer": f"Good question: {q}"}
