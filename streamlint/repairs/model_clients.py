"""Let the client of a language model wait as long as a stream may be silent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import with_keyword
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.deployment.model_clients import ModelClient
    from streamlint.tree.python import PythonFile

_REASON = "how long the program should wait for its model is its owner's to say"


def patient(file: PythonFile, client: ModelClient, seconds: float) -> Fix | None:
    """The limit as a number: in place of the one that is written in this file, or as one more keyword."""
    at = client.time.at
    if at is not None and not (isinstance(at, ir.Constant) and _stands_in(at, client)):
        return None
    if at is not None:
        edit = Edit(Span(at.start, at.end), f"{seconds:g}")
    else:
        edit = with_keyword(file, client.call, f"{client.time.setting}={seconds:g}")
    drops = () if at is None else (file.text(at),)
    return Fix(f"wait {seconds:g} s for each token", (edit,), Level.UNSAFE, _REASON, drops=drops)


def _stands_in(at: ir.Expression, client: ModelClient) -> bool:
    return any(call is not None and call.contains(at) for call in (client.call, client.made_at))
