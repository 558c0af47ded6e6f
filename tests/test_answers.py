"""What the rules about swallowed streams say where they change nothing, and what the strictest level changes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding
from streamlint.fix import Level
from streamlint.run import Request, run

HEAD = """from fastapi import FastAPI, Response, WebSocket

app = FastAPI()
engine = index.as_query_engine(streaming=True)


"""
BUFFERED = "STL101", "STL102", "STL103"


def findings(code: str, folder: Path) -> tuple[Finding, ...]:
    (folder / "application.py").write_text(HEAD + code, "utf-8")
    return run(Request((folder,), Config(root=folder), Selection(select=BUFFERED), root=folder)).findings


WITHOUT_FIX = {
    "stored in a global name": (
        """@app.get("/chat")
def chat(q: str):
    global latest
    latest = "".join(engine.query(q).response_gen)
    return {"answer": latest}
""",
        "the text is stored, logged or passed on as well: do that in a generator, after its last token",
    ),
    "passed on": (
        """@app.get("/chat")
def chat(q: str):
    return {"answer": translate(str(engine.query(q)))}
""",
        "no automatic fix, because `translate` may change the text: yield the tokens in a generator",
    ),
    "stripped": (
        """@app.get("/chat")
def chat(q: str):
    text = "".join(engine.query(q).response_gen)
    text = text.strip()
    return {"answer": text}
""",
        "no automatic fix, because `strip` may change the text: yield the tokens in a generator",
    ),
    "a part": (
        """@app.get("/chat")
def chat(q: str):
    return {"answer": "".join(engine.query(q).response_gen)[:80]}
""",
        "no automatic fix, because only a part of the text is answered: yield the tokens in a generator",
    ),
    "another caller": (
        """@app.get("/chat")
def chat(q: str):
    return {"answer": "".join(engine.query(q).response_gen)}


def nightly():
    return chat("what is new?")["answer"]
""",
        "because `nightly` (application.py:13) also reads what `chat` returns: give the other a function of its own",
    ),
    "guarded": (
        """@app.get("/chat")
def chat(q: str):
    try:
        return {"answer": "".join(engine.query(q).response_gen)}
    except ValueError:
        return {"answer": "sorry"}
""",
        "because the `try` around it would no longer see the errors of the stream: put the `try` into a generator",
    ),
    "read before": (
        """@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    show(response.response_gen)
    return {"answer": str(response)}
""",
        "because `response` is read in another place too: let one generator take the tokens",
    ),
    "inside with": (
        """@app.get("/chat")
def chat(q: str):
    with connect(q):
        return {"answer": str(engine.query(q))}
""",
        "the stream would outlive the `with` block around it: open the `with` block in a generator",
    ),
    "WebSocket": (
        """@app.websocket("/chat")
async def chat(websocket: WebSocket):
    text = ""
    async for token in (await engine.aquery("hello")).async_response_gen():
        text += token
    await websocket.send_json({"answer": text, "length": len(text)})
""",
        "send each token inside the loop that takes it, and a last message that tells the end",
    ),
    "helper": (
        """def collect(response):
    return "".join(response.response_gen)


@app.get("/chat")
def chat(q: str):
    return {"answer": collect(engine.query(q))}


@app.get("/again")
def again(q: str):
    return {"answer": collect(engine.query(q))}
""",
        "let the helper return the iterator instead of the text, and return `StreamingResponse(...)` over it",
    ),
}


@pytest.mark.parametrize(("code", "help_text"), WITHOUT_FIX.values(), ids=WITHOUT_FIX)
def test_help_says_why_nothing_is_changed(code: str, help_text: str, tmp_path: Path) -> None:
    found = findings(code, tmp_path)
    assert found
    assert all(finding.fix is None for finding in found)
    assert any(help_text in finding.help for finding in found if finding.code != "STL103")


def test_the_repair_names_the_iterator(tmp_path: Path) -> None:
    code = (
        '@app.get("/chat")\nasync def chat(q: str):\n    response = await engine.aquery(q)\n    return str(response)\n'
    )
    found = [finding for finding in findings(code, tmp_path) if finding.code == "STL102"]
    assert [finding.help for finding in found] == ["return the stream"]
    written = "".join(edit.text for finding in found if finding.fix for edit in finding.fix.edits)
    assert "StreamingResponse(response.async_response_gen()" in written


def test_drain_in_a_helper_is_shown_with_its_path(tmp_path: Path) -> None:
    found = findings(WITHOUT_FIX["helper"][0], tmp_path)
    related = next(finding.related for finding in found if finding.code == "STL102")
    assert [(item.place.start.line, item.label) for item in related] == [
        (8, "joins every token here"),
        (13, "answered in one piece here"),
    ]


def test_safe_level_changes_no_answer(tmp_path: Path) -> None:
    mission = Path(__file__).parent / "fixtures" / "STL101" / "bad_mission.py"
    (tmp_path / "application.py").write_text(mission.read_text("utf-8"), "utf-8")
    before = mission.read_text("utf-8")
    outcome = run(Request((tmp_path,), Config(root=tmp_path), Selection(), Level.SAFE, True, root=tmp_path))
    assert [change.after.text for change in outcome.changes] == [before.replace("async def chat", "def chat")]
