"""Awaited methods of LlamaIndex that end in a synchronous one, of a class of the project or of an integration, on the loop."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Kind, Role
from streamlint.model import syntax as ir
from streamlint.streams.mismatches import Mismatches
from streamlint.values import Values
from streamlint.values.activations import Frame
from streamlint.values.domain import Bound, Constant, Function, Llama, Object, Origin, Value, dotted_name
from streamlint.waiting.blocking import Blocking
from streamlint.waiting.stores import Stores

if TYPE_CHECKING:
    from streamlint.project import Project

_USING_MODELS = frozenset((Role.LLM, Role.QUERY_ENGINE, Role.CHAT_ENGINE, Role.SYNTHESIZER))


@dataclass(frozen=True)
class InName:
    """The class behind an awaited method, the asynchronous method that it lacks, and the synchronous one that runs instead.

    `owner` is the project's own class; None for one of an integration. `is_store` where it is a vector store.
    """

    owner: Object | None
    name: str
    missing: str
    runs: str
    is_store: bool = False


class AsyncInName:
    """Looks at awaited calls."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.blocking = project.ask(Blocking)
        self.stores = project.ask(Stores)
        self._made_at = project.ask(Mismatches).call_at

    def of_call(self, call: ir.Call, frame: Frame) -> InName | None:
        """The class whose synchronous method this awaited call runs on the loop; None where another one may be meant."""
        if call.end not in frame.scope.awaited or not isinstance(call.function, ir.Attribute):
            return None
        if self._is_default_model(call.function.base, frame):
            return self._of_default_model(call.function.attribute)
        functions = self.evaluator.value(call.function, frame)
        if len(functions) != 1:
            return None
        for function in functions:
            if not isinstance(function, Bound) or not isinstance(function.receiver, Llama):
                return None
            receiver = function.receiver
            method = self.evaluator.knowledge.llama.method(receiver.role, function.name, of=receiver.name)
            if method is None or method.kind is not Kind.COROUTINE:
                return None
            model = self._of(call.function.base, function, frame) or self._of_integration(function.name, receiver)
            return model or self._of_store(function.name, receiver)
        return None

    def _is_default_model(self, base: ir.Expression, frame: Frame) -> bool:
        """Whether this reads `Settings.llm`."""
        if not isinstance(base, ir.Attribute) or base.attribute != "llm":
            return False
        return self._is_settings(self.evaluator.value(base.base, frame))

    def _of_default_model(self, method: str) -> InName | None:
        """For what the project sets as `Settings.llm`, if it sets one class of models only."""
        asked = self.evaluator.knowledge.llama.method(Role.LLM, method)
        models = self._default_models()
        if asked is None or asked.kind is not Kind.COROUTINE or len(models) != 1:
            return None
        only = models[0]
        return self._of_model(only, method) if isinstance(only, Object) else self._of_integration(method, only)

    def _of_integration(self, method: str, receiver: Llama) -> InName | None:
        """For an LLM of an integration, given to an engine or asked itself."""
        if receiver.role is Role.LLM:
            models: list[Object | Llama] = [receiver]
        elif receiver.role in _USING_MODELS and receiver.native_async is not True and receiver.origin is not None:
            models = self._models(receiver.origin)
        else:
            return None
        names = {one.name if isinstance(one, Llama) else "" for one in models}
        name = names.pop() if len(names) == 1 else ""
        if not self.evaluator.knowledge.llama.is_async_in_name(name):
            return None
        is_streamed = "stream" in method or receiver.streaming is True
        missing, runs = ("astream_complete", "stream_complete") if is_streamed else ("acomplete", "complete")
        return InName(None, name.rpartition(".")[2], missing, runs)

    def _of_store(self, method: str, receiver: Llama) -> InName | None:
        """For a vector store of an integration that an engine or a retriever asks."""
        if method not in self._listed("retrieving-methods"):
            return None
        store = self.stores.behind(receiver)
        if store is None or not self.evaluator.knowledge.llama.is_async_in_name(store.name, Role.VECTOR_STORE):
            return None
        return InName(None, store.name.rpartition(".")[2], "aquery", "query", is_store=True)

    def _of(self, base: ir.Expression, asked: Bound, frame: Frame) -> InName | None:
        receiver = asked.receiver
        own = [value for value in self.evaluator.value(base, frame) if isinstance(value, Object)]
        if own:
            return self._of_model(own[0], asked.name) or self._of_other(own[0]) if len(own) == 1 else None
        if not isinstance(receiver, Llama) or receiver.role not in _USING_MODELS or receiver.origin is None:
            return None
        models = self._models(receiver.origin) if receiver.native_async is not True else []
        only = models[0] if len(models) == 1 else None
        found = self._of_model(only, asked.name) if isinstance(only, Object) else None
        return found or self._of_retriever(receiver.origin)

    def _of_retriever(self, origin: Origin) -> InName | None:
        """For the project's own retriever, where the engine made at this place was given that and no other one."""
        located = self._made_at(origin)
        given = located[2].argument(0, "retriever") if located is not None else None
        if located is None or given is None:
            return None
        values = list(self.evaluator.value(given, self.evaluator.any_call(*located[:2])))
        only = values[0] if len(values) == 1 else None
        return self._of_other(only) if isinstance(only, Object) else None

    def _of_model(self, owner: Object, asked: str) -> InName | None:
        """For an LLM whose inherited asynchronous methods call the project's synchronous ones.

        Where the project has written one of the asynchronous methods, it is only said of the very method that is asked, and
        where the synchronous one is seen to wait.
        """
        methods, llama = self.evaluator.attributes.method, self.evaluator.knowledge.llama
        own = {name for name in self._listed("model-methods") if methods(owner, name) is not None}
        missing = asked if own else "astream_complete"
        for outside in self.evaluator.attributes.outside_bases(owner) if missing not in own else ():
            runs = llama.fake_async(outside, missing) if llama.role(outside) is Role.LLM else None
            method = methods(owner, runs) if runs else None
            if runs and method is not None and (not own or self._waits(method, owner)):
                return InName(owner, self._name(owner), missing, runs)
        return None

    def _of_other(self, owner: Object) -> InName | None:
        """For a retriever or an engine: the same, and the synchronous method is seen to wait."""
        methods, llama = self.evaluator.attributes.method, self.evaluator.knowledge.llama
        for outside in self.evaluator.attributes.outside_bases(owner):
            for missing in sorted(self._listed("own-methods")):
                runs = llama.fake_async(outside, missing)
                method = methods(owner, runs) if runs else None
                if not runs or method is None or methods(owner, missing) is not None:
                    continue
                if self._waits(method, owner):
                    return InName(owner, self._name(owner), missing, runs)
        return None

    def _waits(self, method: Function, owner: Object) -> bool:
        inner = self.evaluator.calls.frame(replace(method, receiver=owner), {}, None)
        return self.blocking.of_frame(inner) is not None

    def _listed(self, key: str) -> frozenset[str]:
        return self.evaluator.knowledge.names("llama_index_words", key)

    def _name(self, owner: Object) -> str:
        located = self.evaluator.scope_of(owner)
        return located[1].name if located is not None else ""

    # The model behind an engine

    def _models(self, origin: Origin) -> list[Object | Llama]:
        """The LLM that the engine made at this place uses; more than one, or none, where that cannot be told."""
        located = self._made_at(origin)
        if located is None:
            return []
        given = located[2].argument(None, "llm")
        if given is None:
            return [] if located[2].hides_keywords else self._default_models()
        return _only_models(self.evaluator.value(given, self.evaluator.any_call(*located[:2])))

    def _default_models(self) -> list[Object | Llama]:
        """What the project sets as `Settings.llm`, in every place."""
        found: dict[object, Object | Llama] = {}
        for module, scope, store in self.evaluator.callers.stores("llm"):
            frame = self.evaluator.any_call(module, scope)
            if not self._is_settings(self.evaluator.value(store.base, frame)):
                continue
            models = _only_models(self.evaluator.value(store.value, frame))
            if not models:
                return []
            found.update({_class_of(one): one for one in models})
        return list(found.values())

    def _is_settings(self, values: frozenset[Value]) -> bool:
        settings = self._listed("settings")
        return bool({dotted_name(value) for value in values} & settings) or any(
            isinstance(value, Llama) and value.name in settings for value in values
        )


def _only_models(values: Values) -> list[Object | Llama]:
    rest = [value for value in values if value != Constant(None)]
    models = [one for one in rest if isinstance(one, Object) or (isinstance(one, Llama) and one.role is Role.LLM)]
    return models if len(models) == len(rest) else []


def _class_of(model: Object | Llama) -> object:
    return model.name if isinstance(model, Llama) else (model.path, model.scope)
