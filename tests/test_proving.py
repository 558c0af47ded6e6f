"""A repair that leaves something of its fault is taken back and only shown; what stands beside it is repaired all the same."""

from __future__ import annotations

from typing import Any

import pytest

from streamlint.fix import Edit, Fix, Level
from streamlint.repairs.off_loop import off_loop
from streamlint.rules import stl203_blocking_call_in_async as rule
from streamlint.source import Span
from tests.conftest import BLOCKING, Streamlint, Write

TWO = BLOCKING.replace("    time.sleep(1)\n", "    time.sleep(1)\n    time.sleep(2)\n")
OTHER = BLOCKING + '\n\n@app.get("/other")\nasync def other():\n    time.sleep(3)\n    return {}\n'


@pytest.fixture
def planted(monkeypatch: pytest.MonkeyPatch) -> None:
    """For `time.sleep(1)` a repair that only makes it shorter."""

    def repair(file: Any, held: Any, node: Any) -> Fix | None:
        span = file.tree.span(node)
        if file.source.slice(span) != "time.sleep(1)":
            return off_loop(file, held, node) if file.source.slice(span) != "time.sleep(0.9)" else None
        return Fix("wait a little less", (Edit(Span(span.end - 2, span.end - 1), "0.9"),), Level.SAFE, "nobody sees it")

    monkeypatch.setattr(rule, "off_loop_as_a_whole", repair)


@pytest.mark.usefixtures("planted")
def test_what_leaves_its_fault_is_taken_back(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    said = streamlint("--fix").stdout
    assert path.read_text() == BLOCKING
    assert "something of the fault would still be there after it" in said and "Fixed" not in said


@pytest.mark.usefixtures("planted")
@pytest.mark.parametrize("text", [TWO, OTHER], ids=["in one function", "in another function"])
def test_a_repair_beside_it_stands(text: str, write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", text)
    said = streamlint("--fix").stdout
    assert "time.sleep(1)" in path.read_text() and "Fixed 1 finding" in said
    assert path.read_text().count("await asyncio.sleep(") == 1
    assert streamlint("--fix", "--quiet").stdout.count("error[") == 1


@pytest.mark.usefixtures("planted")
def test_a_diff_shows_nothing_of_it(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    assert streamlint("--diff").stdout == ""


def test_a_repair_that_leads_to_the_next_is_not_taken_back(write: Write, streamlint: Streamlint) -> None:
    path = write(
        "app.py",
        "from fastapi import FastAPI\nfrom fastapi.responses import StreamingResponse\n\napp = FastAPI()\n\n\n"
        '@app.get("/chat")\nasync def chat(q: str):\n'
        "    response = await index.as_chat_engine().stream_chat(q)\n\n"
        "    async def tokens():\n        async for token in response.response_gen:\n            yield token\n\n"
        '    return StreamingResponse(tokens(), media_type="text/plain")\n',
    )
    streamlint("--fix", "--unsafe-fixes")
    assert "astream_chat(q)" in path.read_text() and "async_response_gen()" in path.read_text()


def test_what_only_a_repaired_import_can_tell_takes_nothing_back(write: Write, streamlint: Streamlint) -> None:
    write("requirements.txt", "llama-index==0.14.0\n")
    path = write(
        "app.py",
        "from llama_index import Document, StorageContext\n"
        "from llama_index.graph_stores import Neo4jGraphStore, SimpleGraphStore\n",
    )
    said = streamlint("--fix", "--unsafe-fixes").stdout
    assert path.read_text() == (
        "from llama_index.core import Document, StorageContext\n"
        "from llama_index.graph_stores.neo4j import Neo4jGraphStore\n"
        "from llama_index.core.graph_stores import SimpleGraphStore\n"
    )
    assert "STL408" in said and "still be there" not in said


def test_what_only_an_existing_method_can_be_told_of_takes_nothing_back(write: Write, streamlint: Streamlint) -> None:
    path = write(
        "app.py",
        "from fastapi import FastAPI, WebSocket\n\nfrom llama_index.core import VectorStoreIndex\n\n"
        "app = FastAPI()\nchat = VectorStoreIndex([]).as_chat_engine()\n\n\n"
        '@app.websocket("/chat")\nasync def talk(socket: WebSocket):\n'
        "    answer = await chat.astream_response(await socket.receive_text())\n"
        "    async for token in answer.async_response_gen():\n        await socket.send_text(token)\n",
    )
    said = streamlint("--fix", "--unsafe-fixes").stdout
    assert "chat.astream_chat(" in path.read_text()
    assert "STL309" in said and "still be there" not in said
