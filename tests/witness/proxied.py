"""A proxy before a streaming application, with its files as they are and as a repair left them, both asked at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from streamlint import config, rule, run
from tests import real_nginx
from tests.real_proxies import Proxy, running

from .client import Answer, Request, fetch
from .commands import repaired

APPLICATION = """
import asyncio

from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()


@app.get("/chat")
async def chat(tokens: int, gap: float):
    async def stream():
        for number in range(tokens):
            yield f"tok{number} "
            await asyncio.sleep(gap)
        yield "end"

    return StreamingResponse(stream(), media_type="text/plain")


@app.get("/broken")
async def broken():
    async def stream():
        yield "tok0 "
        await asyncio.sleep(0.1)
        raise RuntimeError("the model is gone")

    return StreamingResponse(stream(), media_type="text/plain")
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
"""
BEHIND, BEFORE = "8000", "8080"
"""The ports of the application and of the proxy, as the files have them; they run on others."""
STEADY = "/chat?tokens=7&gap=0.35"
SILENT = "/chat?tokens=1&gap=2"
BROKEN = "/broken"


@dataclass(frozen=True)
class Seen:
    """What a client saw through a proxy: when the first token came, 1 being with the end, and how many came."""

    first: float
    tokens: int
    complete: bool
    ended: bool

    @classmethod
    def of(cls, answer: Answer) -> Seen:
        body = answer.body.decode(errors="replace")
        return cls(answer.first / answer.total, body.count("tok"), answer.complete, body.endswith("end"))

    @property
    def streamed(self) -> bool:
        return self.complete and self.ended and self.first < 0.5

    @property
    def held(self) -> bool:
        return self.complete and self.ended and self.first > 0.8

    @property
    def cut(self) -> bool:
        """The client notices that the end is missing."""
        return not self.complete and not self.ended


def fixed(files: Mapping[str, str], folder: Path, code: str, by_hand: tuple[str, str] | None = None) -> dict[str, str]:
    """The files after the repair of a rule, or where it has none after that of a person; the rule is silent then."""
    linted = {**files, "application.py": LINTED}
    assert found(linted, folder / "before", code), f"{code} finds nothing"
    if by_hand is None:
        after = repaired(linted, folder / "repaired", code)
    else:
        assert any(by_hand[0] in text for text in files.values())
        after = {name: text.replace(*by_hand) for name, text in linted.items()}
    assert not found(after, folder / "after", code), f"{code} is found after its repair"
    return {name: after[name] for name in files}


def found(files: Mapping[str, str], folder: Path, code: str) -> list[str]:
    """The messages of a rule about these files."""
    folder.mkdir(parents=True)
    for name, text in files.items():
        (folder / name).write_text(text)
    selection = config.Selection().override(rule.codes(), select=(code,))
    outcome = run.run(run.Request((folder,), config.Config(folder), selection, root=folder))
    return [finding.message for finding in outcome.findings]


@dataclass(frozen=True)
class Walls:
    """Where proxies run, before which application."""

    proxy: Proxy
    application: int
    folder: Path

    def asked(self, *every: Mapping[str, str], paths: Sequence[str]) -> list[list[Seen]]:
        """What clients see who ask for each path through a proxy with each of these sets of files, all at the same time."""
        with ThreadPoolExecutor(len(every)) as proxies:
            return list(proxies.map(partial(self._ask, paths=paths), every))

    def _ask(self, files: Mapping[str, str], *, paths: Sequence[str]) -> list[Seen]:
        port = real_nginx.free_port()
        placed = {name: _placed(text, port, self.application) for name, text in files.items()}
        with running(self.proxy, placed, self.folder / f"run{port}", port), ThreadPoolExecutor(len(paths)) as clients:
            return [Seen.of(each) for each in clients.map(lambda path: fetch(port, Request(path)), paths)]


def _placed(text: str, before: int, behind: int) -> str:
    ports = {BEFORE: before, BEHIND: behind}
    return re.sub(rf"\b({BEFORE}|{BEHIND})\b", lambda match: str(ports[match[0]]), text)
