"""Whether a response sends an iterator of one kind piece by piece, by release and server, and what an iterator is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.servers import DjangoServers
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.tree.python import PythonFile


def takes(file: PythonFile, preferred: Preferred, *, is_async: bool) -> Refusal | None:
    """Why the response is not given such an iterator."""
    if not (preferred.takes_async if is_async else preferred.takes_sync):
        return Refusal(f"`{preferred.name}` takes no async iterator", "start the stream with the synchronous method")
    response = file.project.knowledge.responses.response(f"{preferred.module}.{preferred.name}")
    if response is None:
        return None
    if file.project.ask(DjangoServers).drains(response, is_async=is_async):
        return Refusal(
            "Django reads this kind of iterator to its end under the server of this project",
            "give ASGI an asynchronous iterator, WSGI a plain one",
        )
    versions = file.project.versions.near(file.path)
    if is_async and preferred.async_since and versions.below(response.framework, preferred.async_since) is True:
        return Refusal(f"`{preferred.name}` takes an async iterator from {preferred.async_since} on")
    return None


def is_chain(source: ir.Expression) -> bool:
    """Whether nothing is asked that could fail before the first token: `answer.response_gen`, `answer.async_response_gen()`."""
    while True:
        match source:
            case ir.Name():
                return True
            case ir.Attribute(base=base) | ir.Call(function=ir.Attribute(base=base), arguments=(), keywords=()):
                source = base
            case ir.Call(function=ir.Name(id="enumerate", bindings=None), arguments=(base,), keywords=()):
                source = base
            case _:
                return False
