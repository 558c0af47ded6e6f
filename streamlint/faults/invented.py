"""Methods and keywords about streams that an object of LlamaIndex does not have, whatever tutorials of other libraries say."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.streams.mismatches import Mismatches, is_asked_for
from streamlint.streams.sent import certain
from streamlint.values.domain import Class, Llama

if TYPE_CHECKING:
    from streamlint.project import Project
    from streamlint.values.activations import Frame


@dataclass(frozen=True)
class Invention:
    """A name that `owner` does not have: a member, or a keyword of the method `member`; `instead` is the name that exists."""

    owner: Llama
    member: str
    keyword: str
    instead: str
    is_renamed: bool
    """Whether the name that exists takes and gives the same, so that it can stand in the place of the other."""


class Inventions:
    """Judges attributes and calls of objects that are surely LlamaIndex's own."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._facts = project.knowledge.llama
        self._mismatches = project.ask(Mismatches)
        self._listed = project.knowledge.names

    def of_attribute(self, attribute: ir.Attribute, frame: Frame) -> Invention | None:
        name = attribute.attribute
        if not any(word in name for word in self._words("streaming-words")) or name.startswith("_"):
            return None
        owner = self._owner(attribute.base, frame)
        if owner is None or self._facts.has_member(owner.role, name) or name in self._words("token-generators"):
            return None
        instead, is_renamed = self._instead(owner, attribute, frame)
        return Invention(owner, name, "", instead, is_renamed) if instead else None

    def of_call(self, call: ir.Call, frame: Frame) -> tuple[Invention, ir.Expression] | None:
        """`query(q, streaming=True)`: the methods that ask take no keyword of the kind."""
        given = next((row for row in call.keywords if row[0] in self._words("invented-keywords")), None)
        if given is None or given[0] is None or not isinstance(call.function, ir.Attribute):
            return None
        owner, member = self._owner(call.function.base, frame), call.function.attribute
        role = owner.role if owner is not None else None
        asks = self._words("queries") if role is Role.QUERY_ENGINE else self._words("turns")
        if owner is None or role not in (Role.QUERY_ENGINE, Role.CHAT_ENGINE) or member not in asks:
            return None
        if owner.streaming is False:  # its answer is no stream, which is the fault that is told
            return None
        return Invention(owner, member, given[0], _ASKED[role], is_renamed=False), given[1]

    def _owner(self, base: ir.Expression, frame: Frame) -> Llama | None:
        """What an expression surely is, where all members of its kind that stream are known."""
        values = certain(self.evaluator.value(base, frame))
        owners = [one for one in values if isinstance(one, Llama) and one.role in _CLOSED]
        if not owners or len({one.role for one in owners}) > 1 or len(owners) < len(values):
            return None
        is_sure = all(one.role is not Role.RESPONSE or one.streaming is False for one in owners)
        is_sure = is_sure and not any(self._is_made_by_project(one) for one in owners)
        return owners[0] if is_sure and not is_asked_for(base, frame) else None

    def _is_made_by_project(self, owner: Llama) -> bool:
        """Whether a class of the project, which may have members of its own, built it: `Mine.from_args(...)`."""
        found = self._mismatches.call_at(owner.origin)
        if found is None or not isinstance(found[2].function, ir.Attribute):
            return False
        makers = self.evaluator.value(found[2].function.base, self.evaluator.any_call(found[0], found[1]))
        return owner.role in (Role.QUERY_ENGINE, Role.CHAT_ENGINE) and any(isinstance(one, Class) for one in makers)

    def _instead(self, owner: Llama, attribute: ir.Attribute, frame: Frame) -> tuple[str, bool]:
        """The name that exists, and whether it may stand there as it is."""
        call = next((one for one in frame.scope.calls if one.function is attribute), None)
        is_awaited = call is not None and call.end in frame.scope.awaited
        is_one_argument = call is not None and len(call.arguments) == 1 and not call.keywords
        match owner.role:
            case Role.QUERY_ENGINE:
                return ("aquery" if is_awaited else "query"), owner.streaming is True and is_one_argument
            case Role.CHAT_ENGINE:
                return ("astream_chat" if is_awaited else "stream_chat"), is_one_argument
            case Role.RESPONSE:
                return "streaming=True", False
            case Role.WORKFLOW_HANDLER:
                return "stream_events", False
        is_async = owner.role is Role.ASYNC_STREAM or owner.is_async
        is_plain_call = call is not None and not call.arguments and not call.keywords and not is_awaited
        return ("async_response_gen" if is_async else "response_gen"), is_async and is_plain_call

    def _words(self, key: str) -> frozenset[str]:
        return self._listed("llama_index_words", key)


_CLOSED = frozenset(
    (
        Role.QUERY_ENGINE, Role.CHAT_ENGINE, Role.RESPONSE, Role.STREAM, Role.ASYNC_STREAM, Role.CHAT_STREAM,
        Role.WORKFLOW_HANDLER,
    )
)  # fmt: skip
_ASKED = {Role.QUERY_ENGINE: "streaming=True", Role.CHAT_ENGINE: "stream_chat"}
