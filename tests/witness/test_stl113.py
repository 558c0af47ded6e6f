"""STL113 broken-event-lines: what an event parser makes of tokens with line breaks in them."""

from __future__ import annotations

import json

from .measure import broken_and_fixed, repeated
from .pace import Pace
from .test_stl109 import events

CODE = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)

    def events():
        for token in response.response_gen:
            yield f"data: {token}\\n\\n"

    return StreamingResponse(events(), media_type="text/event-stream")
"""
TEXT = "".join(f"tok{number}\n- more" for number in range(20))


@repeated
def test_what_follows_a_line_break_never_reaches_the_client() -> None:
    broken, fixed = broken_and_fixed(CODE, select=("STL113",), pace=Pace(ending="\n- more"))
    assert broken.streamed
    assert "".join(events(broken.body)) == TEXT.replace("\n- more", "")
    assert fixed.streamed
    assert "".join(json.loads(event) for event in events(fixed.body)) == TEXT
