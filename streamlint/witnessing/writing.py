"""The text of a test: templates, and what a route, its application and its server put into them."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterable
from pathlib import Path
from string import Template
from textwrap import wrap
from typing import TYPE_CHECKING

from streamlint.knowledge.table import Row, read
from streamlint.reporters.text import visible
from streamlint.serving.route_paths import UNKNOWN_PART

if TYPE_CHECKING:
    from streamlint.witnessing.applications import Served
    from streamlint.witnessing.asked import Asked

_TEMPLATES = Path(__file__).with_name("templates")
_ALWAYS = ("http.client", "threading", "pytest")
_OF_SERVERS = {"asgi": ("socket",), "aiohttp": ("asyncio", "socket")}
_OF_LLAMA_INDEX = (
    "asyncio",
    "functools.partial",
    "llama_index.core.MockEmbedding",
    "llama_index.core.Settings",
    "llama_index.core.base.llms.types.ChatMessage",
    "llama_index.core.base.llms.types.ChatResponse",
    "llama_index.core.base.llms.types.CompletionResponse",
    "llama_index.core.llms.LLM",
    "llama_index.core.llms.MockLLM",
    "llama_index.core.retrievers.BaseRetriever",
    "llama_index.core.schema.NodeWithScore",
    "llama_index.core.schema.TextNode",
)
_MODULES = ("http.client",)
_WIDTH = 100


def frameworks() -> tuple[str, ...]:
    """The frameworks for whose routes a test can be written."""
    return tuple(dict.fromkeys(name for row in read("witnessed").rows("server") for name in row.texts("frameworks")))


def server_for(framework: str, interface: str = "") -> Row | None:
    """Under which server an application of a framework runs in a test; None where no test can be written for it."""
    rows = (row for row in read("witnessed").rows("server") if framework in row.texts("frameworks"))
    return next((row for row in rows if row.text("interface") == interface), None)


def write(title: str, asked: Asked, served: Served, server: Row, *, llama_index: bool) -> str:
    """The whole test for one route, with the model's stand-in where LlamaIndex asks the model."""
    template = server.text("template")
    imports = {*_ALWAYS, *server.texts("imports"), *_OF_SERVERS.get(template, ())}
    imports |= set(_OF_LLAMA_INDEX if llama_index else ("time",)) | ({"json"} if asked.body is not None else set())
    lines = _text(template).split("\n")
    return Template(_text("llama_index" if llama_index else "any_model")).substitute(
        title=visible(title).replace("\\", "/").replace('"', "'"),
        note="\n".join(wrap(_note(asked, served, server), _WIDTH)),
        imports=_imports(imports),
        method=asked.method,
        address=json.dumps(asked.address, ensure_ascii=False),
        body=_body(asked),
        headers=_literal({"Content-Type": asked.media_type} if asked.body is not None or asked.form else {}),
        module=served.module,
        name=served.name,
        application=f"{served.name}()" if served.is_factory else served.name,
        server="\n".join(line for line in lines if llama_index or "model." not in line),
    )


def _text(template: str) -> str:
    return (_TEMPLATES / f"{template}.txt").read_text("utf-8")


def _note(asked: Asked, served: Served, server: Row) -> str:
    """What must be installed, where pytest has to be started, and what has to be edited."""
    needs = ["pytest", *server.texts("needs")]
    folder = os.path.relpath(served.root).replace(os.sep, "/")
    where = "here" if folder == os.curdir else f"in {visible(folder)}"
    note = f"Needs {' and '.join(needs)}. Run it with `python -m pytest`, started {where}, so that `{served.module}` is found."
    edit = f" Write what `{UNKNOWN_PART}` in PATH stands for." if UNKNOWN_PART in asked.path else ""
    return f"{note}{edit}"


def _imports(names: Iterable[str]) -> str:
    """Import statements as isort has them: those of Python first, modules before names."""
    modules = {name for name in names if "." not in name or name in _MODULES}
    taken: dict[str, list[str]] = {}
    for name in sorted(set(names) - modules):
        package, _, member = name.rpartition(".")
        taken.setdefault(package, []).append(member)
    lines = [(name, f"import {name}") for name in sorted(modules)]
    lines += [(package, f"from {package} import {', '.join(members)}") for package, members in sorted(taken.items())]
    groups = (
        [line for name, line in lines if (name.partition(".")[0] in sys.stdlib_module_names) is own]
        for own in (True, False)
    )
    return "\n\n".join("\n".join(group) for group in groups)


def _body(asked: Asked) -> str:
    if asked.form:
        return json.dumps(asked.content)
    return "None" if asked.body is None else f"json.dumps({_literal(asked.body)})"


def _literal(value: object) -> str:
    """A value as Python writes it, with double quotes."""
    if isinstance(value, dict):
        return f"{{{', '.join(f'{_literal(key)}: {_literal(each)}' for key, each in value.items())}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    return json.dumps(value) if isinstance(value, str) else repr(value)
