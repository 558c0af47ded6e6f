"""Lists of messages that the program keeps itself, and gives a model: whether all requests go on with the same one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.model import syntax as ir
from streamlint.model.branches import is_conditional
from streamlint.model.modules import Module
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.values.activations import Frame
from streamlint.values.call_sites import argument_of
from streamlint.values.domain import Collection, Function, Origin, known
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.project import Project

_GROWS = "append"
_WITH_HISTORY = 2
"""A model is given the messages first, an engine what is said now and then the messages before it."""
_CONSTRUCTORS = frozenset(("__init__", "__new__", "__post_init__"))
_ROLE, _CONTENTS, _USERS = "role", ("content", "parts"), ("user", "human")


class MessageLists:
    """Follows names at module level, and attributes of what is made once; what is kept by a key may be one for each user."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self._lifetimes = project.ask(Lifetimes)
        self._users = project.knowledge.names("conversations", "users")
        self._given = project.knowledge.names("conversations", "given")
        self._asks = project.knowledge.names("conversations", "asks")
        self._turns = project.knowledge.names("llama_index_words", "turns")

    def shared(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, Origin] | None:
        """The list that a call adds a user's message to, and where it was made, if all requests have the same one."""
        function = call.function
        if not (isinstance(function, ir.Attribute) and function.attribute == _GROWS and len(call.arguments) == 1):
            return None
        kept = function.base
        if not isinstance(kept, ir.Name | ir.Attribute) or not self._is_said_by_a_user(call.arguments[0], frame):
            return None
        if _is_emptied(kept, frame.scope) or not self._is_given_on(last_word(kept), frame.module):
            return None
        origin = self._of(kept, frame) or self._of_callers(kept, frame)
        return (kept, origin) if origin is not None else None

    def _of(self, kept: ir.Expression, frame: Frame) -> Origin | None:
        match kept:
            case ir.Name():
                return self._of_module(kept, frame)
            case ir.Attribute():
                return self._of_object(kept, frame) or self._of_start_up(kept, frame)
        return None

    def _of_callers(self, kept: ir.Expression, frame: Frame) -> Origin | None:
        """Where the list began that a caller of the function gives it under this name."""
        scope = frame.scope
        parameter = next((one for one in scope.parameters if isinstance(kept, ir.Name) and one.name == kept.id), None)
        if parameter is None or any(one.kind != "parameter" for one in scope.sources(kept)):
            return None
        for site in self.evaluator.callers.of(Function(frame.module.path, scope.index)):
            given = argument_of(site.call, scope, parameter, site.is_bound)
            if given is not None and not _is_emptied(given, site.scope):
                origin = self._of(given, site.frame)
                if origin is not None:
                    return origin
        return None

    def _of_start_up(self, kept: ir.Attribute, frame: Frame) -> Origin | None:
        """Where start-up puts a list that a helper makes on an object of the module's own level, `app.said = first_messages()`."""
        owner = kept.base.id if isinstance(kept.base, ir.Name) else None
        if owner is None or frame.scope.owns(owner) or self._is_begun_anew(kept.attribute, frame):
            return None
        for scope in frame.module.scopes:
            for store in scope.stores:
                if not store.is_attribute or store.member != kept.attribute or ir.dotted(store.base) != owner:
                    continue
                origin = Origin(frame.module.path, store.value.start, store.value.end)
                if self._lifetimes.is_made_once(origin) and self._is_a_list(store.value, frame.module, scope):
                    return origin
        return None

    def _is_a_list(self, value: ir.Expression, module: Module, scope: ir.Scope) -> bool:
        values = known(self.evaluator.value(value, self.evaluator.any_call(module, scope)))
        return any(isinstance(one, Collection) and one.kind == "list" for one in values)

    def _of_module(self, kept: ir.Name, frame: Frame) -> Origin | None:
        made = _made(kept, frame.module, frame.scope)
        origin = Origin(frame.module.path, made.start, made.end) if made is not None else None
        return origin if origin is not None and self._lifetimes.is_made_once(origin) else None

    def _of_object(self, kept: ir.Attribute, frame: Frame) -> Origin | None:
        """Where the list of an object began, if the object is made once and nothing on the way begins the list anew."""
        if self._lifetimes.is_looked_up(kept.base, frame) or self._is_begun_anew(kept.attribute, frame):
            return None
        lists = [
            one
            for one in known(self.evaluator.value(kept, frame))
            if isinstance(one, Collection) and one.kind == "list"
        ]
        origins = sorted({one.origin for one in lists if one.origin is not None}, key=lambda one: one.start)
        return next((one for one in origins if self._lifetimes.is_made_once(one)), None)

    def _is_begun_anew(self, word: str, frame: Frame) -> bool:
        """Whether the function, what it calls, or what calls it puts another list there, or empties it."""
        function = Function(frame.module.path, frame.scope.index)
        around = [(frame.module, frame.scope)]
        around += [(site.module, site.scope) for site in self.evaluator.callers.of(function)]
        within = [
            located
            for module, scope in around
            for called, place in self.reach.callees(module, scope)
            if not is_conditional(place, scope) and (located := self.evaluator.scope_of(called)) is not None
        ]
        return any(_puts(word, scope) for _, scope in (*around, *within))

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

    def _is_given_on(self, word: str, module: Module) -> bool:
        """Whether a call of the module is given the list as messages, or the model is asked with it, also by another name."""
        words = _names(word, module)
        return any(
            _reads(given, words)
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
        asked = function.attribute if isinstance(function, ir.Attribute) else ""
        if asked in self._turns:
            return tuple(call.arguments[:_WITH_HISTORY])
        return tuple(call.arguments[:1]) if asked in self._asks else ()


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
        if around.owns(kept.id) or kept.bindings:
            return None
        around = module.scopes[around.parent]
    values = [around.bindings[index].value for index in around.final.get(kept.id, ())]
    return _written(values[0], around, (kept.id,)) if len(values) == 1 else None


def _written(value: ir.Expression | None, level: ir.Scope, names: tuple[str, ...]) -> ir.Expression | None:
    """The list that a value of the module's own level is, also by another name of it: `said = first_messages`."""
    if not isinstance(value, ir.Name) or value.id in names:
        return value if _is_list(value) else None
    values = [level.bindings[index].value for index in level.final.get(value.id, ())]
    return _written(values[0], level, (*names, value.id)) if len(values) == 1 else None


def _is_list(value: ir.Expression | None) -> bool:
    match value:
        case ir.Sequence(kind="list"):
            return True
        case ir.Call(function=ir.Name(id="list", bindings=None)):
            return True
        case ir.Call(function=ir.Attribute(base=ir.Name(), attribute="copy"), arguments=(), keywords=()):
            return True
    return False


def _is_emptied(kept: ir.Expression, scope: ir.Scope) -> bool:
    """Whether the function itself begins the conversation anew, whatever it is asked."""
    always = (call for call in scope.calls if not is_conditional(call, scope))
    return any(ir.dotted(call.function) == f"{ir.dotted(kept)}.clear" for call in always)


def _puts(word: str, scope: ir.Scope) -> bool:
    """Whether a function always puts something else under this attribute, or empties what is there."""
    if scope.name in _CONSTRUCTORS:
        return False
    always = (call for call in scope.calls if not is_conditional(call, scope))
    empties = (call.function for call in always if isinstance(call.function, ir.Attribute))
    is_emptied = any(one.attribute == "clear" and last_word(one.base) == word for one in empties)
    stores = (one for one in scope.stores if one.is_attribute and one.member == word)
    return is_emptied or any(not is_conditional(store, scope) for store in stores)


def _names(word: str, module: Module) -> frozenset[str]:
    """A list's name, and the attributes of objects under which a module keeps it too: `self.messages = conversation`."""
    stores = (store for scope in module.scopes for store in scope.stores if store.is_attribute)
    return frozenset((word, *(store.member for store in stores if last_word(store.value) == word)))


def _reads(given: ir.Expression, words: frozenset[str]) -> bool:
    return any(last_word(part) in words for part in ir.walk(given))
