"""STL501 to STL506: real nginx before a real application: each broken configuration, and what streamlint makes of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import pytest

from streamlint import config, rule, run
from streamlint.fix import Level
from tests import real_nginx

from .client import Request, fetch
from .measure import repeated
from .server import running

APPLICATION = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
engine = index.as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")


@app.get("/silent")
async def silent(q: str):
    async def tokens():
        for token in ("tok1 ", "tok2 "):
            yield token
            await asyncio.sleep(3)

    return StreamingResponse(tokens(), media_type="text/plain")


@app.get("/broken")
async def broken(q: str):
    async def tokens():
        yield "tok1 "
        await asyncio.sleep(0.1)
        raise RuntimeError("the model is gone")

    return StreamingResponse(tokens(), media_type="text/plain")
"""
LINTED = """
from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")


@app.get("/silent")
def silent(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")


@app.get("/broken")
def broken(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
"""
OLD = real_nginx.old()
BINARIES = [
    pytest.param(real_nginx.new(), "proxy_http_version 1.0;", id="new"),
    pytest.param(
        OLD,
        "",
        id="old",
        marks=pytest.mark.skipif(OLD is None, reason="no nginx before 1.29.7 is installed (apt-get install nginx)"),
    ),
]


@dataclass(frozen=True)
class Seen:
    """What a client saw through nginx: 1 is a first token that came with the last."""

    first_token_ratio: float
    complete: bool
    body: str


def fixed(site: str, folder: Path, *select: str) -> str:
    """A site after `--fix --unsafe-fixes` of some rules."""
    folder.mkdir()
    (folder / "application.py").write_text(LINTED)
    (folder / "site.conf").write_text(site)
    selection = config.Selection().override(rule.codes(), select=select)
    request = run.Request((folder,), config.Config(folder), selection, level=Level.UNSAFE, fix=True, root=folder)
    texts = {change.after.path.name: change.after.text for change in run.run(request).changes}
    assert texts, f"nothing was fixed in {site}"
    return texts["site.conf"]


@contextmanager
def through(
    body: str, tmp_path: Path, binary: Path | None = None, http: str = "h11"
) -> Iterator[tuple[str, Callable[..., Seen]]]:
    """A site with this in its location, and the way to ask it or another one, before the running application."""
    with running(APPLICATION, options={"http": http}) as application:
        port = real_nginx.free_port()
        passing = f"proxy_pass http://127.0.0.1:{application.port};"
        site = f"server {{\n    listen {port};\n    location / {{\n        {body}\n        {passing}\n    }}\n}}\n"
        yield site, partial(_ask, port=port, folder=tmp_path, binary=binary)


def _ask(
    site: str, path: str, *, port: int, folder: Path, binary: Path | None, headers: tuple[tuple[str, str], ...] = ()
) -> Seen:
    run_folder = folder / f"run{time.monotonic_ns()}"
    with real_nginx.running(site, run_folder, port, binary):
        answer = fetch(port, Request(f"{path}?q=hi", "GET", b"", headers))
    return Seen(answer.first / answer.total, answer.complete, answer.body.decode(errors="replace"))


@pytest.mark.parametrize(("binary", "old_default"), BINARIES)
@repeated
def test_buffered_until_the_end(binary: Path, old_default: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    with through(old_default, tmp_path, binary) as (site, ask):
        before, after = ask(site, "/chat"), ask(fixed(site, tmp_path / "linted", "STL501"), "/chat")
    assert before.complete and before.first_token_ratio > 0.8
    assert after.complete and after.first_token_ratio < 0.5
    assert after.body == before.body


@pytest.mark.parametrize(("binary", "old_default"), BINARIES)
@repeated
def test_a_server_that_sends_chunks_over_http10_is_not_held(
    binary: Path, old_default: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with through(old_default, tmp_path_factory.mktemp("site"), binary, http="httptools") as (site, ask):
        assert ask(site, "/chat").first_token_ratio < 0.5


@repeated
def test_compressed_until_the_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    accepts = (("Accept-Encoding", "gzip"),)
    with through("gzip on; gzip_types text/plain;\n        proxy_http_version 1.1;", tmp_path) as (site, ask):
        before = ask(site, "/chat", headers=accepts)
        after = ask(fixed(site, tmp_path / "linted", "STL501"), "/chat", headers=accepts)
    assert before.first_token_ratio > 0.8
    assert after.first_token_ratio < 0.5


@pytest.mark.parametrize(("binary", "old_default"), BINARIES)
@repeated
def test_a_header_that_nginx_adds_changes_nothing(
    binary: Path, old_default: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    with through(f"{old_default}\n        add_header X-Accel-Buffering no;", tmp_path, binary) as (site, ask):
        before, after = ask(site, "/chat"), ask(fixed(site, tmp_path / "linted", "STL503"), "/chat")
    assert before.first_token_ratio > 0.8
    assert after.first_token_ratio < 0.5


@repeated
def test_silence_is_cut_off(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    with through("proxy_http_version 1.1;\n        proxy_read_timeout 1s;", tmp_path) as (site, ask):
        before, after = ask(site, "/silent"), ask(fixed(site, tmp_path / "linted", "STL504"), "/silent")
    assert not before.complete and "tok2" not in before.body
    assert after.complete and "tok2" in after.body


@repeated
def test_the_time_to_send_has_no_effect_on_the_answer(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    with through("proxy_http_version 1.1;\n        proxy_send_timeout 1s; send_timeout 1s;", tmp_path) as (site, ask):
        assert ask(site, "/silent").complete


@pytest.mark.parametrize(("binary", "old_default"), BINARIES)
@repeated
def test_a_broken_stream_ends_as_a_whole_one(
    binary: Path, old_default: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    with through(f"{old_default}\n        proxy_buffering off;", tmp_path, binary) as (site, ask):
        before, after = ask(site, "/broken"), ask(fixed(site, tmp_path / "linted", "STL505"), "/broken")
    assert before.complete and before.body == "tok1 "
    assert not after.complete and after.body == "tok1 "


@repeated
def test_without_chunks_nobody_sees_the_end(tmp_path_factory: pytest.TempPathFactory) -> None:
    tmp_path = tmp_path_factory.mktemp("site")
    body = "chunked_transfer_encoding off;\n        proxy_http_version 1.1;\n        proxy_buffering off;"
    with through(body, tmp_path) as (site, ask):
        before, after = ask(site, "/broken"), ask(fixed(site, tmp_path / "linted", "STL506"), "/broken")
    assert before.body == after.body == "tok1 "
    assert before.complete and not after.complete
