"""A model behind HTTP that speaks as OpenAI, Anthropic and Ollama do: their own clients read it, at the pace of the test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Spoken = Callable[[Iterator[str]], Iterator[str]]


def _openai(tokens: Iterator[str]) -> Iterator[str]:
    """Chunks of a chat completion: https://platform.openai.com/docs/api-reference/chat-streaming."""
    for token in tokens:
        choice = {"index": 0, "delta": {"role": "assistant", "content": token}, "finish_reason": None}
        yield _event({"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]})
    yield "data: [DONE]\n\n"


def _anthropic(tokens: Iterator[str]) -> Iterator[str]:
    """Events of a message: https://docs.anthropic.com/en/api/messages-streaming."""
    usage = {"input_tokens": 1, "output_tokens": 1}
    message = {"id": "1", "type": "message", "role": "assistant", "model": "m", "content": [], "usage": usage}
    yield _typed({"type": "message_start", "message": {**message, "stop_reason": None, "stop_sequence": None}})
    yield _typed({"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}})
    for token in tokens:
        yield _typed({"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": token}})
    yield _typed({"type": "content_block_stop", "index": 0})
    stop = {"stop_reason": "end_turn", "stop_sequence": None}
    yield _typed({"type": "message_delta", "delta": stop, "usage": usage})
    yield _typed({"type": "message_stop"})


def _ollama(tokens: Iterator[str]) -> Iterator[str]:
    """A line of JSON for each token: https://github.com/ollama/ollama/blob/main/docs/api.md."""
    said = {"model": "m", "created_at": "2026-01-01T00:00:00Z"}
    for token in tokens:
        yield json.dumps({**said, "message": {"role": "assistant", "content": token}, "done": False}) + "\n"
    yield json.dumps({**said, "message": {"role": "assistant", "content": ""}, "done": True}) + "\n"


def _event(data: dict[str, Any]) -> str:
    return f"data: {json.dumps(data)}\n\n"


def _typed(data: dict[str, Any]) -> str:
    return f"event: {data['type']}\n{_event(data)}"


_SPOKEN: dict[str, tuple[str, Spoken]] = {
    "/v1/chat/completions": ("text/event-stream", _openai),
    "/v1/messages": ("text/event-stream", _anthropic),
    "/api/chat": ("application/x-ndjson", _ollama),
}


class _Answer(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    tokens: Callable[[], Iterator[str]]

    def do_POST(self) -> None:
        """Answer in the language of the path, a chunk for each token."""
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        media_type, spoken = _SPOKEN[self.path.partition("?")[0]]
        self.send_response(200)
        self.send_header("Content-Type", media_type)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        for part in spoken(type(self).tokens()):
            self._chunk(part.encode())
        self._chunk(b"")

    def _chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the log is the application's."""


@cache
def model_url(tokens: Callable[[], Iterator[str]]) -> str:
    """Where the model of this process listens; it is started when it is first asked for."""
    handler = type("_Served", (_Answer,), {"tokens": staticmethod(tokens)})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}"
