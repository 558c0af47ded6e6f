"""Lists of messages that the program keeps itself, and gives a model: whether all requests go on with the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.values.activations import Frame
from streamlint.values.domain import Origin

if TYPE_CHECKING:
    from streamlint.project import Project

_GROWS = "append"
_ROLE, _CONTENTS, _USERS = "role", ("content", "parts"), ("user", "human")


class MessageLists:
    """Follows names of a module's own level only: what is kept by a key, or by an object, may be one for each user."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self._lifetimes = project.ask(Lifetimes)
        self._users = project.knowledge.names("conversations", "users")
        self._given = project.knowledge.names("conversations", "given")
        self._asks = project.knowledge.names("conversations", "asks")
        self._turns = project.knowledge.names("llama_index_words", "turns")

    def shared(self, call: ir.Call, frame: Frame) -> tuple[ir.Name, Origin] | None:
        """The list that a call adds a user's message to, and where it was made, if all requests have the same one."""
        function = call.function
        if not (isinstance(function, ir.Attribute) and function.attribute == _GROWS and len(call.arguments) == 1):
            return None
        kept, module = function.base, frame.module
        if not isinstance(kept, ir.Name) or not self._is_said_by_a_user(call.arguments[0], frame):
            return None
        made = _made(kept, module, frame.scope)
        if made is None or _is_emptied(kept, frame.scope) or not self._is_given_on(kept.id, module):
            return None
        origin = Origin(module.path, made.start, made.end)
        return (kept, origin) if self._lifetimes.is_made_once(origin) else None

    def _is_said_by_a_user(self, message: ir.Expression, frame: Frame) -> bool:
        match message:
            case ir.Mapping(items=items):
                said = {key.value: value for key, value in items if isinstance(key, ir.Constant)}
                contents = [said[key] for key in _CONTENTS if key in said]
                return _is_user(said.get(_ROLE)) and any(not isinstance(one, ir.Constant) for one in contents)
            case ir.Call(function=function):
                is_users = _is_user(message.argument(None, _ROLE))
                return is_users or bool(self.evaluator.names(function, frame) & self._users)
        return False

    def _is_given_on(self, name: str, module: Module) -> bool:
        """Whether a call of the module is given the list as messages, or the model is asked with it."""
        return any(
            _reads(given, name)
            for scope in module.scopes
            for call in scope.calls
            for given in (*self._as_messages(call), *self._asked_with(call))
        )

    def _as_messages(self, call: ir.Call) -> list[ir.Expression]:
        bodies = [
            part for part in (*call.arguments, *(value for _, value in call.keywords)) if type(part) is ir.Mapping
        ]
        pairs = (pair for body in bodies for pair in body.items)
        within = [value for key, value in pairs if isinstance(key, ir.Constant) and key.value in self._given]
        return [*(value for keyword, value in call.keywords if keyword in self._given), *within]

    def _asked_with(self, call: ir.Call) -> tuple[ir.Expression, ...]:
        function = call.function
        is_asking = isinstance(function, ir.Attribute) and function.attribute in self._asks | self._turns
        return tuple(call.arguments[:1]) if is_asking else ()


def _is_user(role: ir.Expression | None) -> bool:
    """`"user"`, or a member of an enumeration that is named so: `MessageRole.USER`."""
    match role:
        case ir.Constant(value=value):
            return value in _USERS
        case ir.Attribute(attribute=word):
            return word.lower() in _USERS
    return False


def _made(kept: ir.Name, module: Module, scope: ir.Scope) -> ir.Expression | None:
    """The list that a name of a module's own level has when the module has been read, if it is one that is written there."""
    around = scope
    while around.kind != "module":
        if kept.id in around.own_names or kept.bindings:
            return None
        around = module.scopes[around.parent]
    values = [around.bindings[index].value for index in around.final.get(kept.id, ())]
    return values[0] if len(values) == 1 and _is_list(values[0]) else None


def _is_list(value: ir.Expression | None) -> bool:
    match value:
        case ir.Sequence(kind="list"):
            return True
        case ir.Call(function=ir.Name(id="list", bindings=None)):
            return not value.arguments
    return False


def _is_emptied(kept: ir.Name, scope: ir.Scope) -> bool:
    """Whether the function itself begins the conversation anew."""
    return any(ir.dotted(call.function) == f"{kept.id}.clear" for call in scope.calls)


def _reads(given: ir.Expression, name: str) -> bool:
    return any(isinstance(part, ir.Name) and part.id == name for part in ir.walk(given))
