"""What is lost where a run, a task or a thread ends before its last step, because the client has left."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.model.modules import Module
from streamlint.sharing.effects import Effects
from streamlint.sharing.lasting import Lasting
from streamlint.streams.mismatches import Mismatches
from streamlint.values.activations import Frame
from streamlint.values.domain import Class, Collection, Coroutine, Function, Llama, Object, Value, Values

if TYPE_CHECKING:
    from streamlint.project import Project

_UNSEEN = "what cannot be seen from here"
_CONTEXT = "ctx"


class Losses:
    """Answers with what may be lost, in words, "" where nothing is."""

    def __init__(self, project: Project) -> None:
        self.evaluator = project.evaluator
        self.effects = project.ask(Effects)
        self.lasting = project.ask(Lasting)
        self.mismatches = project.ask(Mismatches)
        names = project.knowledge.names
        self._observers = names("computing", "observers")
        self._of_agents, self._of_runs = names("computing", "agent-arguments"), names("computing", "run-arguments")

    # Questions

    def of_function(self, values: Values) -> str:
        """By functions of the project, or coroutines of theirs, that run beside the answer."""
        if self._is_observed:
            return self._is_observed
        located = []
        for value in values:
            function = value.function if isinstance(value, Coroutine) else value
            located.append(self.evaluator.scope_of(function) if isinstance(function, Function) else None)
        return next(filter(None, map(self._by_effect, located)), "" if located else _UNSEEN)

    def _by_effect(self, located: tuple[Module, ir.Scope] | None) -> str:
        effect = self.effects.of(*located) if located is not None else ""
        return _UNSEEN if located is None else f"`{effect}`" if effect else ""

    def of_run(self, handler: ir.Expression, frame: Frame) -> str:
        """By the run of a workflow or an agent whose handler this is."""
        values = self.evaluator.value(handler, frame)
        if self._is_observed or not values:
            return self._is_observed or _UNSEEN
        return next(filter(None, map(self._by_handler, values)), "")

    def ends_by_itself(self, workflow: Object) -> bool:
        """Whether a run is one step, in which nothing but a model is waited for and nothing is repeated without end."""
        steps = list(self._steps(workflow))
        if len(steps) != 1 or self._by_steps(workflow):
            return False
        return not any(isinstance(one, ir.While) for one in steps[0][1].body.walk())

    @cached_property
    def _is_observed(self) -> str:
        """Who is told of each answer of a model, and may bill it, at its end."""
        modules = self.evaluator.modules
        return next((f"what `{word}` observes" for word in sorted(self._observers) if modules.saying(word)), "")

    # Runs

    def _by_handler(self, handler: Value) -> str:
        found = self.mismatches.call_at(handler.origin) if isinstance(handler, Llama) else None
        if found is None:
            return _UNSEEN
        module, scope, call = found
        if not isinstance(call.function, ir.Attribute):
            return _UNSEEN
        runners = self.evaluator.value(call.function.base, self.evaluator.any_call(module, scope))
        lost = (self._by_runner(one, module, scope, call) for one in runners)
        return next(filter(None, lost), "" if runners else _UNSEEN)

    def _by_runner(self, runner: Value, module: Module, scope: ir.Scope, call: ir.Call) -> str:
        if isinstance(runner, Object):
            return self._by_steps(runner)
        if isinstance(runner, Llama) and runner.role is Role.AGENT_WORKFLOW:
            return self._given_to_run(module, scope, call) or self._by_agent(runner)
        return _UNSEEN

    def _by_steps(self, workflow: Object) -> str:
        """By the functions of a workflow of the project, all of which may be steps."""
        if any(self.evaluator.knowledge.llama.role(name) is not Role.WORKFLOW for name in self._outside(workflow)):
            return _UNSEEN
        steps = list(self._steps(workflow))
        return next(filter(None, map(self._by_effect, steps)), "" if steps else _UNSEEN)

    def _outside(self, workflow: Object) -> list[str]:
        return [name for name in self.evaluator.attributes.outside_bases(workflow) if name != "builtins.object"]

    def _steps(self, workflow: Object) -> Iterator[tuple[Module, ir.Scope]]:
        for owner in self.evaluator.attributes.lineage(workflow):
            located = self.evaluator.scope_of(owner) if isinstance(owner, Class) else None
            for inner in located[0].inner(located[1]) if located is not None else ():
                if located is not None and inner.kind == "function" and inner.name != "__init__":
                    yield located[0], inner

    # Agents

    def _given_to_run(self, module: Module, scope: ir.Scope, call: ir.Call) -> str:
        """A memory, or a context that somebody else has too, into which the answer is written at the end."""
        unlisted = [name or "**" for name, _ in call.keywords if name not in self._of_runs]
        if unlisted or len(call.arguments) > 1:
            return f"what is kept in `{unlisted[0]}`" if unlisted else _UNSEEN
        context = call.argument(None, _CONTEXT)
        lasts = context is not None and self.lasting.of(context, module, scope, self.lasting.given(module, scope))
        return f"what is kept in `{module.text(context)}`" if context is not None and lasts else ""

    def _by_agent(self, agent: Llama) -> str:
        """By the tools of an agent, or of those that it is made of."""
        found = self.mismatches.call_at(agent.origin)
        if found is None:
            return _UNSEEN
        module, scope, call = found
        frame = self.evaluator.any_call(module, scope)
        if call.arguments and not self._takes_tools_first(call):
            return _UNSEEN
        given = [(name or "**", value) for name, value in call.keywords] + [("tools", one) for one in call.arguments]
        for name, value in given:
            if name not in self._of_agents:
                return f"what `{name}` does"
            lost = self._by_listed(value, frame) if name in ("tools", "agents", "tools_or_functions") else ""
            if lost or (name == "llm" and not self._is_known_model(value, frame)):
                return lost or _UNSEEN
        return ""

    @staticmethod
    def _takes_tools_first(call: ir.Call) -> bool:
        return len(call.arguments) == 1 and ir.dotted(call.function).endswith("from_tools_or_functions")

    def _is_known_model(self, value: ir.Expression, frame: Frame) -> bool:
        values = self.evaluator.value(value, frame)
        return bool(values) and all(isinstance(one, Llama) and one.role is Role.LLM for one in values)

    def _by_listed(self, listed: ir.Expression, frame: Frame) -> str:
        """By the functions, tools or agents in a list, wherever it was filled."""
        values = self.evaluator.value(listed, frame)
        for value in values:
            if not isinstance(value, Collection) or not value.is_whole:
                return _UNSEEN
            items = [one for _, item in value.items for one in item] + list(self.evaluator.attributes.added(value))
            lost = next(filter(None, map(self._by_tool, items)), "")
            if lost:
                return lost
        return "" if values else _UNSEEN

    def _by_tool(self, tool: Value) -> str:
        if isinstance(tool, Function):
            return self.of_function(frozenset((tool,)))
        if not isinstance(tool, Llama):
            return _UNSEEN
        if tool.role is Role.AGENT_WORKFLOW:
            return self._by_agent(tool)
        found = self.mismatches.call_at(tool.origin) if tool.role is Role.TOOL else None
        return self._by_made_tool(*found) if found is not None else _UNSEEN

    def _by_made_tool(self, module: Module, scope: ir.Scope, call: ir.Call) -> str:
        """By the function of `FunctionTool.from_defaults(fn=search)`; an engine as a tool is only asked."""
        frame = self.evaluator.any_call(module, scope)
        names = self.evaluator.names(call.function, frame)
        if any(".QueryEngineTool" in name for name in names):
            return ""
        given = call.argument(0, "fn") or call.argument(None, "async_fn")
        if given is None or any(name is None or "callback" in name for name, _ in call.keywords):
            return _UNSEEN
        return self.of_function(self.evaluator.value(given, frame))
