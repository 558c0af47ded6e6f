"""What calls of LlamaIndex give: engines that stream or not, stream objects, tokens."""

from __future__ import annotations

from dataclasses import replace

from streamlint.knowledge.llama_index import Kind, Method, Returns, Role, Spelling
from streamlint.knowledge.llama_index_engines import By, Engine, engine
from streamlint.knowledge.token_streams import FINISHED
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.domain import (
    UNKNOWN,
    Bound,
    Class,
    Coroutine,
    External,
    Llama,
    Object,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
)
from streamlint.values.run_results import RunResults
from streamlint.values.truths import constant_truth
from streamlint.values.whole import Whole

STREAM_ROLES = frozenset((Role.STREAM, Role.ASYNC_STREAM, Role.CHAT_STREAM))
_ENGINE_MAKERS = {"as_query_engine": Role.INDEX, "as_chat_engine": Role.INDEX}
_ITEMS = {
    Returns.CHUNKS: (False, "chunk"),
    Returns.ASYNC_CHUNKS: (True, "chunk"),
    Returns.TEXT_TOKENS: (False, "text"),
    Returns.ASYNC_TEXT_TOKENS: (True, "text"),
    Returns.OBJECTS: (False, "object"),
    Returns.ASYNC_OBJECTS: (True, "object"),
    Returns.EVENTS: (True, "event"),
}
_ROLES = {
    Returns.ENGINE: Role.QUERY_ENGINE,
    Returns.CHAT_ENGINE: Role.CHAT_ENGINE,
    Returns.RETRIEVER: Role.RETRIEVER,
    Returns.SYNTHESIZER: Role.SYNTHESIZER,
    Returns.INDEX: Role.INDEX,
    Returns.LLM: Role.LLM,
    Returns.EMBEDDING: Role.EMBEDDING,
    Returns.HANDLER: Role.WORKFLOW_HANDLER,
}


class LlamaCalls:
    """Applies the LlamaIndex tables to calls."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.runs = RunResults(evaluator)

    # Constructors and functions

    def knows(self, name: str) -> bool:
        """Whether LlamaIndex has a part in what calling this dotted name gives."""
        owner, _, member = name.rpartition(".")
        if (
            self.evaluator.knowledge.llama.function(name) is not None
            or self._class_method(owner, member)[0] is not None
            or self._builds_store(owner, member)
        ):
            return True
        return member[:1].isupper() and self.evaluator.knowledge.llama.role(name) is not None

    def outside(self, name: str, call: ir.Call, frame: Frame) -> Values | None:
        """What calling this dotted name gives; None where LlamaIndex has no part in it."""
        llama = self.evaluator.knowledge.llama
        origin = self.evaluator.origin(call, frame)
        function = llama.function(name)
        if function is not None:
            return self._result(Llama(Role.STORAGE), function.returns, Kind.SYNC, call, frame)
        owner, _, member = name.rpartition(".")
        method, role = self._class_method(owner, member)
        if method is not None and role is not None:
            base = self._built(role, llama.canonical(owner) or owner, call, frame, (owner, member))
            return (
                frozenset((base,)) if method.returns is not Returns.NOTHING or member.startswith("from_") else UNKNOWN
            )
        if self._builds_store(owner, member):
            return frozenset(
                (self._built(Role.VECTOR_STORE, llama.canonical(owner) or owner, call, frame, (owner, member)),)
            )
        role = llama.role(name)
        if role is None or not member[:1].isupper():
            return None
        built = self._built(role, llama.canonical(name) or name, call, frame, (name, ""))
        return frozenset((replace(built, origin=origin),))

    def _builds_store(self, owner: str, member: str) -> bool:
        """Whether a call gives a vector store of an integration, as each of its methods does whose name begins so."""
        is_class = owner.rpartition(".")[2][:1].isupper()
        return (
            member.startswith("from_") and is_class and self.evaluator.knowledge.llama.role(owner) is Role.VECTOR_STORE
        )

    def _class_method(self, owner: str, member: str) -> tuple[Method | None, Role | None]:
        """A class method and the role of its class, in the newest release whose class of that path has it."""
        llama = self.evaluator.knowledge.llama
        method = llama.classmethod(owner, member)
        if method is not None:
            return method, llama.role(owner)
        for role in reversed(llama.roles(owner)):
            method = llama.classmethod(role, member)
            if method is not None:
                return method, role
        return None, None

    def _built(self, role: Role, name: str, call: ir.Call, frame: Frame, made_by: tuple[str, str] = ("", "")) -> Llama:
        """An instance; `made_by` is the class whose method built it, and the method, "" for its constructor."""
        origin = self.evaluator.origin(call, frame)
        native = self._llm_of(call, frame)
        if role in (Role.LLM, Role.EMBEDDING):
            native = self.evaluator.knowledge.llama.native_async(name)
        streaming = None
        if role is Role.QUERY_ENGINE:
            made = engine(*made_by)
            streaming = self._engine_streams(made, call, frame) if made is not None else None
        elif role is Role.SYNTHESIZER:
            streaming = self._streaming(call, frame)
        return Llama(role, name, streaming, False, native, origin)

    def _engine_streams(self, made: Engine, call: ir.Call, frame: Frame) -> bool | None:
        """Whether a query engine that is built by this call streams; None: cannot be seen."""
        match made.by:
            case By.NEVER:
                return False
            case By.CHOICE:
                return None
            case By.ENGINE:
                return self._part_streams(call.argument(made.position, "query_engine"), frame)
        given = call.argument(made.position, "response_synthesizer")
        if given is not None:
            return self._part_streams(given, frame)
        if made.by is By.ARGUMENT:
            return self._streaming(call, frame)
        return None if call.hides_keywords else False

    def _part_streams(self, given: ir.Expression | None, frame: Frame) -> bool | None:
        """Whether the engine or synthesizer that an engine is built of streams."""
        values = self.evaluator.value(given, frame) if given is not None else frozenset[Value]()
        found = {value.streaming if isinstance(value, Llama) else None for value in values}
        return found.pop() if len(found) == 1 else None

    def engine_made(self, call: ir.Call, frame: Frame, version: str | None = None) -> Engine | None:
        """What is known of the query engine that a call builds, in a release of llama-index-core."""
        for value in self.evaluator.value(call.function, frame):
            match value:
                case Bound(receiver=Llama(role=Role.INDEX, name=name), name="as_query_engine"):
                    return engine(name, "as_query_engine", version)
                case Bound(receiver=Unknown(), name="as_query_engine"):
                    return engine("", "as_query_engine", version)
                case External(name=name):
                    owner, _, member = name.rpartition(".")
                    is_class = member[:1].isupper()
                    return engine(name, "", version) if is_class else engine(owner, member, version)
        return None

    def _streaming(self, call: ir.Call, frame: Frame) -> bool | None:
        """The `streaming=` argument: False where it is absent, None where it is not constant or may hide behind `**`."""
        given = call.argument(None, "streaming")
        if given is None:
            hidden = self.evaluator.calls.streams.unpacked("streaming", call, frame) if call.hides_keywords else UNKNOWN
            return constant_truth(hidden) if call.hides_keywords else False
        return constant_truth(self.evaluator.value(given, frame))

    def _llm_of(self, call: ir.Call, frame: Frame) -> bool | None:
        """Whether the LLM that is given as `llm=` is asynchronous in more than name."""
        given = call.argument(None, "llm")
        if given is None:
            return None
        for value in self.evaluator.value(given, frame):
            if isinstance(value, Llama):
                return value.native_async
            if isinstance(value, Object):
                return self.native_of_object(value)
        return None

    def native_of_object(self, value: Object) -> bool | None:
        """Whether an LLM class of the project is asynchronous in more than name."""
        for name in self.evaluator.attributes.outside_bases(value):
            if self.evaluator.knowledge.llama.role(name) is not None:
                return self.native_async(value, name)
        return None

    def native_async(self, owner: Object | Class, outside: str) -> bool | None:
        """As `native_of_object`, for a class that descends from the LlamaIndex class `outside`."""
        method = self.evaluator.attributes.method
        if method(owner, "astream_complete") or method(owner, "astream_chat"):
            return True
        return self.evaluator.knowledge.llama.native_async(outside)

    # Methods

    def method(self, receiver: Llama | Unknown, name: str, call: ir.Call, frame: Frame) -> Values:
        llama = self.evaluator.knowledge.llama
        if isinstance(receiver, Unknown):
            return self._of_unknown(name, call, frame)
        tokens = llama.token_attribute(receiver.role, name)
        if tokens is not None and tokens.spelling is Spelling.METHOD:
            return frozenset((self._tokens(receiver, tokens.is_async, call, frame),))
        known = llama.method(receiver.role, name, of=receiver.name)
        if known is None:
            return UNKNOWN
        return self._result(receiver, known.returns, known.kind, call, frame)

    def _of_unknown(self, name: str, call: ir.Call, frame: Frame) -> Values:
        """Methods whose name alone tells LlamaIndex."""
        origin = self.evaluator.origin(call, frame)
        if name == "async_response_gen":
            return frozenset((Tokens(True, "text", origin, None),))
        role = _ENGINE_MAKERS.get(name)
        if role is None:
            return UNKNOWN
        method = self.evaluator.knowledge.llama.method(role, name)
        returns = method.returns if method is not None else Returns.NOTHING
        return self._result(Llama(role), returns, Kind.SYNC, call, frame)

    def known_method(self, receiver: Llama, name: str) -> Method | None:
        return self.evaluator.knowledge.llama.method(receiver.role, name, of=receiver.name)

    def _result(self, receiver: Llama, returns: Returns, kind: Kind, call: ir.Call, frame: Frame) -> Values:
        made = self._made(receiver, returns, call, frame)
        if kind is Kind.COROUTINE:
            return frozenset((Coroutine(made),))
        return made

    def _made(self, receiver: Llama, returns: Returns, call: ir.Call, frame: Frame) -> Values:
        origin = self.evaluator.origin(call, frame)
        native = receiver.native_async
        if returns in _ITEMS:
            is_async, items = _ITEMS[returns]
            if receiver.role is Role.SYNTHESIZER and receiver.streaming is not True:
                return UNKNOWN
            return frozenset((Tokens(is_async, items, origin, receiver.role, is_async),))
        match returns:
            case Returns.QUERY_STREAM:
                return self._answer(receiver, Role.STREAM, False, call, frame)
            case Returns.ASYNC_QUERY_STREAM:
                return self._answer(receiver, Role.ASYNC_STREAM, True, call, frame)
            case Returns.CHAT_STREAM | Returns.ASYNC_CHAT_STREAM:
                is_async = returns is Returns.ASYNC_CHAT_STREAM
                return frozenset((Llama(Role.CHAT_STREAM, "", True, is_async, native, origin),))
            case Returns.RESPONSE:
                return frozenset((Llama(Role.RESPONSE, "", False, False, native, origin),))
            case Returns.COMPLETION | Returns.TEXT:
                return frozenset((Token("completion" if returns is Returns.COMPLETION else FINISHED, origin),))
            case Returns.SELF:
                return frozenset((replace(receiver, origin=origin),))
            case Returns.HANDLER:
                of_agent = receiver.name if receiver.role is Role.AGENT_WORKFLOW else ""
                return frozenset((Llama(Role.WORKFLOW_HANDLER, of_agent, None, True, native, origin),))
        role = _ROLES.get(returns)
        if role is None:
            return UNKNOWN
        method = call.function.attribute if isinstance(call.function, ir.Attribute) else ""
        built = self._built(role, "", call, frame, (receiver.name, method))
        return frozenset((replace(built, native_async=built.native_async or native),))

    def _answer(self, engine: Llama, role: Role, is_async: bool, call: ir.Call, frame: Frame) -> Values:
        origin = self.evaluator.origin(call, frame)
        if engine.streaming is True:
            return frozenset((Llama(role, "", True, is_async, engine.native_async, origin),))
        return frozenset((Llama(Role.RESPONSE, "", engine.streaming, is_async, engine.native_async, origin),))

    # Streams

    def token_attribute(self, base: Llama, name: str) -> Tokens | None:
        """The tokens that `base.name` is; None where the attribute is a method, or something else."""
        if name == "response_gen" and base.role is Role.RESPONSE and base.streaming is None:
            return Tokens(base.is_async, "text", base.origin, Role.RESPONSE, base.is_async)
        attribute = self.evaluator.knowledge.llama.token_attribute(base.role, name)
        if attribute is None or attribute.spelling is not Spelling.ATTRIBUTE:
            return None
        return Tokens(attribute.is_async, "text", base.origin, base.role, base.is_async)

    def _tokens(self, receiver: Llama, is_async: bool, call: ir.Call, frame: Frame) -> Tokens:
        items = "event" if receiver.role in (Role.WORKFLOW_HANDLER, Role.WORKFLOW, Role.WORKFLOW_CONTEXT) else "text"
        origin = receiver.origin or self.evaluator.origin(call, frame)
        return Tokens(is_async, items, origin, receiver.role, receiver.is_async)
