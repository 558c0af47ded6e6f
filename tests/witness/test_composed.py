"""A route with three faults at once ends, after one `--fix`, as code that streams and holds nobody; its poll stays."""

from __future__ import annotations

import json
from pathlib import Path

from streamlint.config import Config, Selection
from streamlint.fix import Level
from streamlint.run import Request, run

from .measure import broken_and_fixed, repeated
from .pace import Pace

ROUTE = """
from fastapi import FastAPI, Request
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(q: str, request: Request):
    query_engine = index.as_query_engine(streaming=True)

    async def events():
        response = query_engine.query(q)
        for token in response.response_gen:
            if await request.is_disconnected():
                break
            yield token

    return StreamingResponse(events(), media_type="text/event-stream")
"""


def test_all_faults_are_found_and_one_fix_leaves_none(tmp_path: Path) -> None:
    path = tmp_path / "application.py"
    path.write_text(ROUTE, "utf-8")
    before = run(Request((tmp_path,), Config(root=tmp_path), Selection(), root=tmp_path))
    assert {finding.code for finding in before.findings} == {"STL109", "STL201", "STL202"}
    outcome = run(Request((tmp_path,), Config(root=tmp_path), Selection(), Level.RESPONSE, True, root=tmp_path))
    assert outcome.findings == ()
    path.write_text(outcome.changes[0].after.text, "utf-8")
    again = run(Request((tmp_path,), Config(root=tmp_path), Selection(), Level.RESPONSE, True, root=tmp_path))
    assert (again.findings, again.changes) == ((), ())


@repeated
def test_the_fixed_route_streams_and_does_not_hold_the_loop() -> None:
    broken, fixed = broken_and_fixed(ROUTE, pace=Pace(retrieval=0.4))
    assert broken.stalled
    assert fixed.arrivals >= 15
    assert fixed.smooth
    assert fixed.complete
    events = [line.removeprefix("data: ") for line in fixed.body.splitlines() if line]
    assert [json.loads(event) for event in events] == [f"tok{number} " for number in range(20)]
