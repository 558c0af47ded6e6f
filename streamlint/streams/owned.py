"""Where a program reads the stream that a chat engine reads itself: `answer.achat_stream`, `answer.chat_stream`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.streams.mismatches import Misfit, Mismatch, Mismatches
from streamlint.streams.sent import certain
from streamlint.values.domain import Llama, Origin

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.values.activations import Frame

_STEPPING = frozenset(f"builtins.{name}" for name in ("aiter", "anext", "iter", "list", "next", "tuple"))
_READ_BY_ANSWER = ("0.11.12", "0.14.17")
"""From the one release to before the other the engines that look for context read nothing by themselves (measured 2026-11-27)."""


class OwnedStreams:
    """Judges attributes; silent where nobody takes an item of what they hold."""

    def __init__(self, project: Project) -> None:
        self.evaluator, self._versions = project.evaluator, project.versions
        self._mismatches = project.ask(Mismatches)
        words, self._responses = project.knowledge.names, project.knowledge.responses
        self._names = words("llama_index_words", "engine-streams")
        self._always = words("llama_index_words", "reading-engines")

    def of(self, attribute: ir.Attribute, frame: Frame) -> Mismatch | None:
        """The answer whose engine reads this stream too."""
        if attribute.attribute not in self._names or not self._is_taken(attribute, frame):
            return None
        values = certain(self.evaluator.value(attribute.base, frame))
        streams = [one for one in values if isinstance(one, Llama) and one.role is Role.CHAT_STREAM]
        if not streams or len(streams) < len(values) or not all(self._is_read(one, frame) for one in streams):
            return None
        return Mismatch(Misfit.OWNED, streams[0], streams[0].origin)

    def _is_taken(self, attribute: ir.Attribute, frame: Frame) -> bool:
        if any(loop.iterable is attribute for scope in frame.module.scopes for loop in scope.loops):
            return True
        if any(item.is_from and item.value is attribute for item in frame.scope.yields):
            return True
        around = frame.module.uses.parent(attribute)
        if not isinstance(around, ir.Call) or around.function is attribute:
            return False
        names = self.evaluator.names(around.function, frame)
        rows = [self._responses.response(name) for name in names]
        return bool(names) and (names <= _STEPPING or all(row is not None and row.streaming for row in rows))

    def _is_read(self, stream: Llama, frame: Frame) -> bool:
        """Whether the engine reads it by itself, in the release that is used."""
        if not isinstance(stream.origin, Origin):
            return False
        since, until = _READ_BY_ANSWER
        known = next(iter(self._versions.near(frame.module.path).of_llama_index()), None)
        if known is None or known.at_least(since) is False or known.at_least(until):
            return True
        found = self._mismatches.call_at(stream.origin)
        return found is not None and self._reads_always(*found)

    def _reads_always(self, module: Module, scope: ir.Scope, call: ir.Call) -> bool:
        """Whether what is asked is an engine that reads its stream in each release."""
        asked = self._mismatches.asking(module, scope, call)
        if asked is None:
            return False
        engines = certain(self.evaluator.value(asked.base, self.evaluator.any_call(module, scope)))
        return bool(engines) and all(isinstance(one, Llama) and one.name in self._always for one in engines)
