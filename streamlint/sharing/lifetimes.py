"""How long an object lives: whether the program makes it once, for all requests, or again for each of them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.knowledge.frameworks import Purpose
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.running.memos import Memos
from streamlint.serving.reached import Reached
from streamlint.streams.mismatches import Mismatches
from streamlint.values.activations import Frame
from streamlint.values.domain import Bound, Constant, Function, Instance, Llama, Origin, known
from streamlint.values.limits import Limit

if TYPE_CHECKING:
    from streamlint.project import Project

_LOOKUPS = frozenset(("get", "setdefault", "pop"))
_REMEMBERING = (Role.MEMORY, Role.WORKFLOW_CONTEXT)
_DEEPEST = 5


class Lifetimes:
    """Follows what runs once, from the modules' own level and from start-up functions."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.reach = project.reach
        self.memos = project.ask(Memos)
        self._mismatches = project.ask(Mismatches)
        self._turns = project.knowledge.names("llama_index_words", "turns")
        self._restarts = project.knowledge.names("llama_index_words", "restarts")
        self._memories = project.knowledge.names("llama_index_words", "memory-keywords")
        self._written = project.knowledge.names("llama_index_words", "remembers")
        self._asks = project.knowledge.names("conversations", "asks")
        self._histories = project.knowledge.names("conversations", "memories")
        self._chats = project.knowledge.names("conversations", "chats")
        self._says = project.knowledge.names("conversations", "says")
        self._remembers_itself = project.knowledge.names("conversations", "with-a-memory")

    def shared_engine(self, call: ir.Call, frame: Frame) -> Origin | None:
        """Where the chat engine was made that this call talks to, if all requests talk to the same one and its own memory."""
        asked = self.turn(call, frame)
        if asked is None or _has_history(call, asked):
            return None
        if self._is_reset(asked.base, frame) or self.is_looked_up(asked.base, frame):
            return None
        values = self.evaluator.value(asked, frame)
        origins = [
            value.receiver.origin
            for value in values
            if isinstance(value, Bound)
            and isinstance(value.receiver, Llama)
            and value.receiver.role in (Role.CHAT_ENGINE, Role.AGENT_RUNNER)
        ]
        if len(origins) != len(values) or not origins:
            return None
        return origins[0] if all(origin is not None and self.is_made_once(origin) for origin in origins) else None

    def turn(self, call: ir.Call, frame: Frame) -> ir.Attribute | None:
        """`engine.chat` where a call talks to a chat engine, here or in a thread, by its name."""
        asked = self._mismatches.asking(frame.module, frame.scope, call) if self._may_be_turn(call) else None
        return asked if asked is not None and asked.attribute in self._turns else None

    def _may_be_turn(self, call: ir.Call) -> bool:
        named = [call.function, *call.arguments]
        named += [given for one in named if isinstance(one, ir.Call) for given in one.arguments]
        return any(isinstance(one, ir.Attribute) and one.attribute in self._turns for one in named)

    def is_about_memory(self, call: ir.Call) -> bool:
        """Whether a call may talk to a chat engine or a chain, or is given a memory, or writes to one, by the names in it."""
        return (
            self._has_histories
            or self._may_be_turn(call)
            or self._is_said(call)
            or next(self._remembering(call), None) is not None
        )

    def _is_said(self, call: ir.Call) -> bool:
        return isinstance(call.function, ir.Attribute) and call.function.attribute in self._says

    @cached_property
    def _has_histories(self) -> bool:
        """Whether anything of the project says a name of a memory outside LlamaIndex, or of what makes itself one."""
        words = {name.rpartition(".")[2] for name in self._histories | self._remembers_itself}
        return bool(self.evaluator.modules.saying(*words))

    def shared_chain(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, Origin] | None:
        """The chain or agent outside LlamaIndex that a call asks, if all requests ask the same one, which was given one memory."""
        asked: ir.Expression = call.function
        if isinstance(asked, ir.Attribute) and asked.attribute in self._asks:
            asked = asked.base
        if not self._has_histories or self._is_reset(asked, frame) or self.is_looked_up(asked, frame):
            return None
        origins = [
            value.origin if isinstance(value, Instance) else None for value in known(self.evaluator.value(asked, frame))
        ]
        if (
            not origins
            or origins[0] is None
            or not all(one is not None and self._is_one_history(one) for one in origins)
        ):
            return None
        return asked, origins[0]

    def shared_chat(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, Origin] | None:
        """The chat object of a model's client that a call says something to, if all requests go on with the same one."""
        if not (self._is_said(call) and isinstance(call.function, ir.Attribute)):
            return None
        chat = call.function.base
        if self._is_reset(chat, frame) or self.is_looked_up(chat, frame) or _is_begun_anew(chat, frame.scope):
            return None
        origins = [
            value.origin if isinstance(value, Instance) and value.name in self._chats else None
            for value in known(self.evaluator.value(chat, frame))
        ]
        if not origins or origins[0] is None:
            return None
        return (chat, origins[0]) if all(one is not None and self.is_made_once(one) for one in origins) else None

    def _is_one_history(self, origin: Origin) -> bool:
        """Whether what is made there is made once, with a memory that lives as long."""
        located = self._mismatches.call_at(origin) if self.is_made_once(origin) else None
        if located is None:
            return False
        call, frame = located[2], self.evaluator.any_call(*located[:2])
        given = call.argument(None, "memory")
        if given is None:
            return bool(self.evaluator.names(call.function, frame) & self._remembers_itself)
        return any(
            isinstance(value, Instance) and value.name in self._histories
            for value in self.evaluator.value(given, frame)
        )

    def asked(self, module: Module, scope: ir.Scope) -> Reached | None:
        """How a request comes to run a function: itself, or in a thread that it starts."""
        reached = self.reach.from_request(module, scope)
        if reached is not None:
            return reached
        function, callers = Function(module.path, scope.index), self.evaluator.callers
        sites = callers.of(function) if not self._said_for_requests.isdisjoint(callers.words(function)) else ()
        ways = (self.reach.from_request(site.module, site.scope) for site in sites)
        return next((way for way in ways if way is not None), None)

    @cached_property
    def _said_for_requests(self) -> frozenset[str]:
        """The words of all calls that requests are known to run, and of what they are given."""
        rows = ((self.evaluator.callers.said_by(module), scopes) for module, scopes in self.reach.known())
        return frozenset(word for said, scopes in rows for word in said.words_in(scopes))

    def shared_memory(self, call: ir.Call, frame: Frame) -> tuple[ir.Expression, Origin] | None:
        """The memory that a call is given, or writes to, and where it was made, if all requests have the same one."""
        for given in self._remembering(call):
            if self._is_reset(given, frame) or self.is_looked_up(given, frame):
                continue
            origins = [
                value.origin if isinstance(value, Llama) and value.role in _REMEMBERING else None
                for value in known(self.evaluator.value(given, frame))
            ]
            if (
                origins
                and origins[0] is not None
                and all(one is not None and self.is_made_once(one) for one in origins)
            ):
                return given, origins[0]
        return None

    def _remembering(self, call: ir.Call) -> Iterator[ir.Expression]:
        yield from (value for name, value in call.keywords if name in self._memories)
        if isinstance(call.function, ir.Attribute) and call.function.attribute in self._written:
            yield call.function.base

    def _is_reset(self, engine: ir.Expression, frame: Frame) -> bool:
        resets = {f"{ir.dotted(engine)}.{word}" for word in self._restarts}
        return any(ir.dotted(call.function) in resets for call in frame.scope.calls)

    def is_looked_up(self, engine: ir.Expression, frame: Frame, depth: int = 0) -> bool:
        """Whether an engine is chosen by something that a request may bring: a key, or an argument."""
        match engine:
            case ir.Subscript():
                return not isinstance(engine.key, ir.Constant)
            case ir.Await():
                return self.is_looked_up(engine.value, frame, depth + 1)
            case ir.Call(function=ir.Attribute(attribute=word)) if word in _LOOKUPS and engine.arguments:
                return True
            case ir.Call() if self._may_choose(engine, frame):
                return any(isinstance(value, Function) for value in self.evaluator.value(engine.function, frame))
            case ir.Name() if engine.bindings and depth >= _DEEPEST:
                self.evaluator.give_up(Limit.NAMES, engine, frame)
            case ir.Name() if engine.bindings:
                made = [frame.scope.bindings[index].value for index in engine.bindings]
                return any(one is not None and self.is_looked_up(one, frame, depth + 1) for one in made)
        return False

    def _may_choose(self, call: ir.Call, frame: Frame) -> bool:
        """Whether a call is given something that is not the same in each request: no constant."""
        given = (*call.arguments, *(value for _, value in call.keywords))
        return any(not isinstance(value, Constant) for one in given for value in self.evaluator.value(one, frame))

    def is_made_once(self, origin: Origin) -> bool:
        """Whether the program makes what comes from there only once."""
        module = self.evaluator.modules.load(origin.path)
        if module is None:
            return False
        scope = _innermost(module, origin)
        if scope.kind == "module":
            return not self._runs_per_visitor(module)
        if not scope.is_function:
            return module.scopes[scope.parent].kind == "module"
        if self._is_cached(module, scope):
            return not scope.parameters
        if self.reach.from_request(module, scope) is not None:
            return self._is_kept(module, scope, origin)
        return (module.path, scope.index) in self._once or self._is_kept(module, scope, origin)

    def _is_kept(self, module: Module, scope: ir.Scope, origin: Origin) -> bool:
        """Whether the first request makes it, and all others are given the same one."""
        if self._runs_per_visitor(module):
            return False
        frame = self.evaluator.any_call(module, scope)
        is_kept = self.memos.is_kept_for_all(origin.start, origin.end, frame)
        return is_kept or self.memos.is_kept_under_one_key(origin.start, origin.end, frame)

    def _runs_per_visitor(self, module: Module) -> bool:
        """Whether a framework runs the module again for every visitor."""
        frameworks = self.evaluator.knowledge.frameworks
        return any(
            frameworks.framework(entry.framework).whole_file or entry.kind is Purpose.PAGE
            for entry in self.reach.entries
            if entry.module.path == module.path
        )

    def _is_cached(self, module: Module, scope: ir.Scope) -> bool:
        frame = self.evaluator.any_call(module, module.scopes[scope.parent])
        for decorator in scope.decorators:
            function = decorator.function if isinstance(decorator, ir.Call) else decorator
            if self.evaluator.names(function, frame) & self.evaluator.knowledge.shared_state.lasting_caches:
                return True
        return False

    @cached_property
    def _once(self) -> frozenset[tuple[Path, int]]:
        """Functions that run when modules are imported or the application starts."""
        pending: deque[tuple[Module, ir.Scope]] = deque(self._beginnings())
        found: set[tuple[Path, int]] = set()
        while pending:
            module, scope = pending.popleft()
            for function, _ in self.reach.callees(module, scope):
                located = self.evaluator.scope_of(function)
                key = (function.path, function.scope)
                if located is not None and key not in found:
                    found.add(key)
                    pending.append(located)
        return frozenset(found | {(module.path, scope.index) for module, scope in self._beginnings()})

    def _beginnings(self) -> Iterator[tuple[Module, ir.Scope]]:
        for module in self.evaluator.modules.loaded():
            if not self._runs_per_visitor(module):
                yield module, module.summary.module
        for entry in self.reach.entries:
            if entry.kind in (Purpose.LIFESPAN, Purpose.STARTUP):
                yield entry.module, entry.scope


def _has_history(call: ir.Call, asked: ir.Attribute) -> bool:
    """Whether a turn is given the history to go on from, or may be: in this call, or where it is handed over."""
    inner = [one for one in (call.function, *call.arguments) if isinstance(one, ir.Call)]
    handing = next((one for one in (call, *inner) if asked in one.arguments), call)
    given = handing.arguments.index(asked) + 1 if handing is not call.function and asked in handing.arguments else 0
    holding = handing if given else call
    return holding.argument(given + 1, "chat_history") is not None or holding.hides_keywords


def _innermost(module: Module, origin: Origin) -> ir.Scope:
    """The scope that makes something: of a default, the one in which its function stands."""
    around = (scope for scope in module.around(origin) if not _is_default(origin, scope))
    return next(around, module.summary.module)


def _is_default(origin: Origin, scope: ir.Scope) -> bool:
    return any(one.default is not None and one.default.contains(origin) for one in scope.parameters)


def _is_begun_anew(chat: ir.Expression, scope: ir.Scope) -> bool:
    """Whether the function itself puts another history into a chat: `chat.history = []`."""
    return any(store.is_attribute and ir.dotted(store.base) == ir.dotted(chat) for store in scope.stores)
