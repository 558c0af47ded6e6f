"""STL107 stream-consumed-twice: a log reads the stream before the response does."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, repeated

HEAD = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = index.as_query_engine(streaming=True).query(q)
"""
TAIL = '    return StreamingResponse(response.response_gen, media_type="text/plain")\n'
ANSWER = "".join(f"tok{number} " for number in range(20))


@pytest.mark.parametrize("log", ["print(str(response))", "print(response)", 'print("".join(response.response_gen))'])
@repeated
def test_the_client_gets_nothing_and_the_log_everything(log: str) -> None:
    broken, fixed = broken_and_fixed(f"{HEAD}    {log}\n{TAIL}", select=("STL107",))
    assert broken.status == 200
    assert broken.body == ""
    assert fixed.streamed
    assert fixed.body == ANSWER
    assert ANSWER in broken.log
    assert ANSWER in fixed.log


@repeated
def test_an_async_answer_comes_in_one_piece() -> None:
    code = (HEAD + "    print(str(response))\n").replace("def chat", "async def chat")
    code = code.replace("index.", "await index.").replace(".query(", ".aquery(")
    code += TAIL.replace("response_gen", "async_response_gen()")
    broken, fixed = broken_and_fixed(code, select=("STL107",))
    assert not broken.streamed
    assert fixed.streamed
    assert fixed.body == ANSWER
