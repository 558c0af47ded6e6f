"""Routes that hold the event loop, so that every other stream of the server stands still."""

import time

import requests
from fastapi import APIRouter
from fastapi.responses import StreamingResponse

from .engine import get_plain_engine, get_query_engine

router = APIRouter(prefix="/broken")


@router.get("/ask")
async def ask(q: str):
    engine = get_plain_engine()
    return {"answer": str(engine.query(q))}


@router.get("/polite")
async def polite(q: str):
    # Do not look too eager.
    time.sleep(0.5)
    return {"answer": f"Good question: {q}"}


@router.post("/feedback")
async def feedback(text: str, to: str):
    sent = requests.post(to, json={"text": text}, timeout=5)
    return {"sent": sent.ok}


@router.get("/slow-start")
async def slow_start(q: str):
    response = get_query_engine().query(q)
    return StreamingResponse(response.response_gen, media_type="text/plain")
