"""What a client receives, and what is saved, logged and raised, before and after a repair: both programs are run."""

from __future__ import annotations

import contextlib
import io
import json
import re
import types
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given, settings

from streamlint.config import Config, Selection
from streamlint.fix import Fix, Level
from streamlint.fixing import apply
from streamlint.outcome import Outcome
from streamlint.run import Request, run
from streamlint.source import Source
from tests.handlers import HEAD, flask_programs, programs
from tests.llama_stand_ins import installed

ROUTES = 6


@dataclass(frozen=True)
class Seen:
    """One request: what the client has in the end, and what else came of it."""

    status: int
    kind: str
    body: str
    done: str
    """What was saved, logged, kept and raised."""

    def answered(self) -> str:
        """The text of the answer, whatever it is wrapped in."""
        if self.kind.startswith("application/json"):
            return _text(json.loads(self.body))
        if self.kind.startswith("application/x-ndjson"):
            return _text(_merged(self.body))
        if self.kind.startswith("text/event-stream"):
            return _events(self.body)
        return self.body


def _text(answer: object) -> str:
    if isinstance(answer, dict) and len(answer) == 1:
        return _text(next(iter(answer.values())))
    return answer if isinstance(answer, str) else json.dumps(answer, sort_keys=True)


def _merged(body: str) -> dict[str, object]:
    """The documents of the lines as one: a text goes on where it ended."""
    found: dict[str, object] = {}
    for line in body.splitlines():
        for key, value in json.loads(line).items():
            before = found.get(key, "")
            found[key] = f"{before}{value}" if isinstance(before, str) and isinstance(value, str) else value
    return found


def _events(body: str) -> str:
    """The data of the events, or the raw text where nothing is framed."""
    framed = [line.removeprefix("data:").removeprefix(" ") for line in body.split("\n") if line.startswith("data:")]
    return "".join(json.loads(one) if one.startswith('"') else one for one in framed) if framed else body


def observe(text: str, paths: list[str], fails_at: int | None) -> list[Seen]:
    """What two clients see, one after the other, of each route."""
    module = types.ModuleType("application")
    with installed(fails_at), contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(compile(text, "application", "exec"), vars(module))
        with _client(module.app) as client:
            return [_asked(client, path, module, printed) for path in paths for _ in range(2)]


def _client(app: object) -> AbstractContextManager[TestClient | FlaskClient]:
    if isinstance(app, Flask):
        app.testing = True  # what a view raises is raised here
        return contextlib.nullcontext(app.test_client())
    assert isinstance(app, FastAPI)
    return TestClient(app)


def _asked(client: TestClient | FlaskClient, path: str, module: types.ModuleType, printed: io.StringIO) -> Seen:
    raised, status, kind, body = "", 0, "", ""
    try:
        response = client.get(f"{path}?q=first")
        body = response.text  # Flask's client reads the stream only now
        status, kind = response.status_code, response.headers.get("content-type", "")
    except Exception as error:  # what the server would log
        raised = type(error).__name__
    kept = (module.saves, module.logs, module.state, sorted(module.cache), printed.getvalue(), raised)
    return Seen(status, kind, body, repr(kept))


def differences(level: Level, before: Seen, after: Seen) -> Iterator[str]:
    """What a fix of this level changed and may not: `response` and `unsafe` say that the answer takes another form."""
    if before.done != after.done:
        yield f"done: {before.done} and {after.done}"
    if before.status != after.status:
        yield f"status: {before.status} and {after.status}"
    if before.answered() != after.answered():
        yield f"text: {before.answered()!r} and {after.answered()!r}"
    if level is Level.SAFE and (before.kind, before.body) != (after.kind, after.body):
        yield f"answer: {before.kind} {before.body!r} and {after.kind} {after.body!r}"


def wrong(text: str, after: str, level: Level, paths: list[str]) -> Iterator[str]:
    """What two programs do differently, with a model that answers and with one that fails at its third token."""
    for fails_at in (None, 2):
        for path, before, now in zip(
            (path for path in paths for _ in range(2)),
            observe(text, paths, fails_at),
            observe(after, paths, fails_at),
            strict=True,
        ):
            yield from (f"{path}, failing at {fails_at}: {one}" for one in differences(level, before, now))


def routes(text: str, fix: Fix | None = None) -> list[str]:
    """The paths of a program, or those of the handlers that a fix edits: each part of a program ends with its routes."""
    found = [(part.start(), part[1]) for part in re.finditer(r"""(?m)^\s*@app\.get\(["'](/[\w/]+)["']""", text)]
    if fix is None:
        return [path for _, path in found]
    names = {_name_at(text, edit.span.start) for edit in fix.edits}
    return [path for _, path in found if path.split("/")[1] in names] or [path for _, path in found]


def _name_at(text: str, place: int) -> str:
    """`r3` for a place in the handler `r3`, its helper or its second route."""
    defined = re.findall(r"(?m)^(?:async )?def (?:collect_)?(r\d+)", text[: text.find("\n\n\n", place) + 1 or None])
    return defined[-1] if defined else ""


def lint(folder: Path, *, fix: bool = False, level: Level = Level.UNSAFE) -> Outcome:
    return run(Request((folder,), Config(root=folder), Selection(select=("STL",)), level, fix, root=folder))


def faults(folder: Path, text: str, *, is_written: bool = True) -> list[str]:
    """What the repairs of a program do wrong: each alone, then all together at each level.

    `is_written`: it is as `tests.handlers` writes it, so that the handler of a repair is known; else all are asked.
    """
    path = folder / "application.py"
    path.write_bytes(text.encode())
    (folder / "pyproject.toml").write_text(
        "[project]\nname = 'written'\n", "utf-8"
    )  # what lies around is another project
    source = Source.read(path)
    found: list[str] = []
    results = {source.text}

    def asked(fix: Fix | None = None) -> list[str]:
        return routes(source.text, fix if is_written else None)

    for fix in dict.fromkeys(finding.fix for finding in lint(folder).findings):
        if fix is None or not Level.UNSAFE.allows(fix.level):
            continue
        results.add(after := apply(source, (fix,)))
        found += [f"{fix.title} ({fix.level}): {one}" for one in wrong(source.text, after, fix.level, asked(fix))]
    for level in (Level.SAFE, Level.RESPONSE, Level.UNSAFE):
        for change in lint(folder, level=level, fix=True).changes:
            if change.after.text not in results:
                found += [f"together, {level}: {one}" for one in wrong(source.text, change.after.text, level, asked())]
            results.add(change.after.text)
    return found


@given(programs(ROUTES))
def test_repairs_of_written_handlers(text: str) -> None:
    with TemporaryDirectory() as folder:
        assert faults(Path(folder), text) == []


@settings(max_examples=settings().max_examples // 3)
@given(flask_programs(ROUTES))
def test_repairs_of_written_views_of_flask(text: str) -> None:
    with TemporaryDirectory() as folder:
        assert faults(Path(folder), text) == []


NAMED = {
    "a generator yields the text": """
@app.get("/r0")
def r0(q: str):
    def stream():
        text = ""
        for token in engine.query(q).response_gen:
            text += token
        saves.append(text)
        yield text

    return StreamingResponse(stream(), media_type="text/plain")
""",
    "a generator of a coroutine function joins a plain stream": """
@app.get("/r0")
async def r0(q: str):
    async def stream():
        reply = await asyncio.to_thread(index.as_chat_engine().stream_chat, q)
        yield "".join(token for token in reply.response_gen)

    return StreamingResponse(stream(), media_type="text/plain")
""",
    "a generator yields its list": """
@app.get("/r0")
def r0(q: str):
    def stream():
        tokens = list(engine.query(q).response_gen)
        for token in tokens:
            yield token

    return StreamingResponse(stream(), media_type="text/plain")
""",
    "it is printed before its text is answered": """
@app.get("/r0")
def r0(q: str):
    response = engine.query(q)
    response.print_response_stream()
    return {"answer": str(response)}
""",
    "the status of an injected response that is set later": """
@app.get("/r0")
def r0(q: str, response: Response):
    text = "".join(engine.query(q).response_gen)
    response.status_code = 202
    return {"answer": text}
""",
    "the status and a header of an injected response": """
@app.get("/r0")
def r0(q: str, response: Response):
    response.status_code = 202
    response.headers["X-Kind"] = "answer"
    text = "".join(engine.query(q).response_gen)
    saves.append(len(text))
    return {"answer": text}
""",
    "the status of the decorator, which does not count beside a response of the handler's own": """
@app.get("/r0", status_code=201)
def r0(q: str):
    return PlainTextResponse("".join(engine.query(q).response_gen))
""",
    "the status of the decorator, which counts otherwise": """
@app.get("/r0", status_code=201)
def r0(q: str):
    return {"answer": "".join(engine.query(q).response_gen)}
""",
}


@pytest.mark.parametrize("handler", NAMED.values(), ids=NAMED.keys())
def test_a_named_repair(handler: str, tmp_path: Path) -> None:
    assert faults(tmp_path, f"{HEAD}\n{handler}") == []
    assert lint(tmp_path, level=Level.RESPONSE, fix=True).changes


def test_lines_are_sent_as_they_were_but_for_the_last_line_break(tmp_path: Path) -> None:
    text = f"""{HEAD}
@app.get("/r0")
def r0(q: str):
    rows = [json.dumps({{"token": token}}) for token in engine.query(q).response_gen]
    return Response("\\n".join(rows), media_type="application/x-ndjson")
"""
    (tmp_path / "application.py").write_text(text, "utf-8")
    (tmp_path / "pyproject.toml").write_text("[project]\nname = 'written'\n", "utf-8")
    (change,) = lint(tmp_path, level=Level.RESPONSE, fix=True).changes
    for before, after in zip(observe(text, ["/r0"], None), observe(change.after.text, ["/r0"], None), strict=True):
        assert after.body == f"{before.body}\n"
        assert (after.status, after.kind, after.done) == (before.status, before.kind, before.done)
