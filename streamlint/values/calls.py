"""What a call gives: of project functions and classes, of outside ones, of LlamaIndex objects."""

from __future__ import annotations

from collections.abc import Mapping

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.off_loop import OffLoopCall, Result, Where
from streamlint.knowledge.token_streams import AGENT_ANSWER
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.arguments import by_name
from streamlint.values.container_calls import ContainerCalls
from streamlint.values.dispatching import Dispatching
from streamlint.values.domain import (
    UNKNOWN,
    Bound,
    Class,
    Collection,
    Constant,
    Coroutine,
    External,
    Function,
    Future,
    Generated,
    Instance,
    Iterated,
    Llama,
    Object,
    OffLoop,
    Partial,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
    dotted_name,
    says,
)
from streamlint.values.function_calls import FunctionCalls
from streamlint.values.getters import ATTRIBUTE, ITEM, got
from streamlint.values.llama import LlamaCalls
from streamlint.values.made_streams import MadeStreams
from streamlint.values.passing import BUILTINS, ENTERING, SAME_ITEMS
from streamlint.values.starts import begins
from streamlint.values.whole import Handed, Whole


class Calls:
    """Evaluates calls."""

    def __init__(self, evaluator: Whole) -> None:
        self.evaluator = evaluator
        self.llama = LlamaCalls(evaluator)
        self.streams = MadeStreams(evaluator)
        self._containers = ContainerCalls(evaluator)
        self._functions = FunctionCalls(evaluator)
        self._makers: dict[str, str | None] = {}
        self._methods: dict[str, str | None] = {}
        dispatching = Dispatching(evaluator)
        self.meant, self._may_mean = dispatching.meant, dispatching.may_mean
        self.native_async = self.llama.native_async
        self.token_attribute = self.llama.token_attribute
        self.arguments, self.named = self._functions.arguments, self._functions.named
        self.frame, self.running = self._functions.frame, self._functions.running

    def call(self, call: ir.Call, frame: Frame) -> Values:
        functions = self.evaluator.value(call.function, frame)
        return self.evaluator.each(functions, lambda function: self._one(function, call, frame))

    def _one(self, function: Value, call: ir.Call, frame: Frame) -> Values:
        match function:
            case Function():
                meant = self._may_mean(function, call, frame)
                return self.evaluator.union(self._functions.call(one, call, frame) for one in meant)
            case Class():
                return self._construct(function, call, frame)
            case External():
                return self._outside(function, call, frame)
            case Bound():
                return self._bound(function, call, frame)
            case OffLoop():
                inner = self.evaluator.union(self._one(one, call, frame) for one in function.function)
                return frozenset((Coroutine(self.evaluator.awaited(inner)),))
            case Partial():
                return self._partial(function, call, frame)
            case Object():
                method = self.evaluator.attributes.of_class(function, "__call__")
                return self.evaluator.union(self._one(one, call, frame) for one in method if isinstance(one, Function))
            case Instance():
                return self._bound(Bound(function, "__call__"), call, frame)
            case Unknown():
                return frozenset((function,))
        return UNKNOWN

    def _construct(self, made: Class, call: ir.Call, frame: Frame) -> Values:
        origin = self.evaluator.origin(call, frame)
        if any(name.endswith("Enum") for name in self.evaluator.attributes.outside_bases(made)):
            return UNKNOWN
        return frozenset((Object(made.path, made.scope, origin),))

    def _partial(self, function: Partial, call: ir.Call, frame: Frame) -> Values:
        """A method of LlamaIndex gives what its object says, and makes it where the partial is called."""
        methods = [one for one in function.function if isinstance(one, Bound) and isinstance(one.receiver, Llama)]
        if methods:
            return self.evaluator.union(self._bound(one, call, frame) for one in methods)
        return self.results(function.function, *self.filled(function, call, frame), frame)

    def filled(self, function: Partial, call: ir.Call, frame: Frame) -> tuple[tuple[Values, ...], dict[str, Values]]:
        """The arguments and keywords with which a call of a partial runs what it is made of."""
        given = tuple(self.evaluator.value(argument, frame) for argument in call.arguments)
        named = {name: self.evaluator.value(value, frame) for name, value in call.keywords if name is not None}
        return (*function.arguments, *given), {**dict(function.keywords), **named}

    def results(
        self, functions: Values, arguments: tuple[Values, ...], keywords: Mapping[str, Values], frame: Frame | None
    ) -> Values:
        """What calling any of these with given values returns."""
        return self.evaluator.each(functions, lambda one: self._result(one, arguments, keywords, frame))

    def _result(
        self, function: Value, arguments: tuple[Values, ...], keywords: Mapping[str, Values], frame: Frame | None
    ) -> Values:
        match function:
            case Function():
                return self._functions.given(function, self._functions.named(function, arguments, keywords), frame)
            case Class():
                return frozenset((Object(function.path, function.scope),))
            case Partial():
                more = {**dict(function.keywords), **keywords}
                return self.results(function.function, (*function.arguments, *arguments), more, None)
            case OffLoop():
                return frozenset(
                    (Coroutine(self.evaluator.awaited(self.results(function.function, arguments, keywords, None))),)
                )
            case External(name=name) if name in (ATTRIBUTE, ITEM):
                return got(self.evaluator, name, arguments)
            case External() if function.name.rpartition(".")[2][:1].isupper():
                return self.evaluator.parameters.instance(function)
            case Object():
                method = self.evaluator.attributes.of_class(function, "__call__")
                return self.results(
                    alternatives(m for m in method if isinstance(m, Function)), arguments, keywords, None
                )
        return UNKNOWN

    def decorated(self, module: object, scope_index: int, frame: Frame) -> Values:
        """A function as its name gives it: with what its decorators made of it."""
        scope = frame.module.scopes[scope_index]
        outer = frame if frame.arguments is not None else None
        values: Values = frozenset((Function(frame.module.path, scope_index, outer),))
        for decorator in reversed(scope.decorators):
            values = self._decorate(decorator, values, frame)
        return values

    def _decorate(self, decorator: ir.Expression, values: Values, frame: Frame) -> Values:
        off_loop = self.evaluator.knowledge.off_loop
        for made in self.evaluator.value(decorator, frame):
            match made:
                case OffLoop() | External() if isinstance(made, OffLoop) or off_loop.decorator(made.name):
                    return frozenset((OffLoop(values),))
                case Instance() if wrapped := self._method_made(f"{made.name}.__call__"):
                    return frozenset((Instance(wrapped, self.evaluator.origin(decorator, frame)),))
                case Function():
                    found = self.results(frozenset((made,)), (values,), {}, frame)
                    if says(found):
                        return found
        return values

    # Outside functions

    def handed(self, call: ir.Call, frame: Frame) -> Handed | None:
        """The callable that this call moves elsewhere or runs itself, and its arguments; None for other calls."""
        row = self.moving(call, frame)
        if row is None:
            return None
        given = call.argument(row.position, row.keyword or None)
        if given is None:
            return None
        rest: tuple[ir.Expression, ...] = ()
        keywords: tuple[tuple[str | None, ir.Expression], ...] = ()
        if row.keyword == "target":
            listed = call.argument(None, "args")
            rest = listed.items if isinstance(listed, ir.Sequence) else ()
            keywords = by_name(call.argument(None, "kwargs"))
        elif row.result in (Result.COROUTINE, Result.FUTURE, Result.NONE):
            rest, keywords = call.arguments[row.position + 1 :], call.keywords
        return self.evaluator.value(given, frame), rest, keywords

    def moving(self, call: ir.Call, frame: Frame) -> OffLoopCall | None:
        """What the table says of a call that takes a callable and runs it elsewhere; other words are not followed."""
        if (
            isinstance(call.function, ir.Attribute)
            and call.function.attribute not in self.evaluator.knowledge.off_loop.words
        ):
            return None
        for function in self.evaluator.value(call.function, frame):
            name = dotted_name(function)
            row = self.evaluator.knowledge.off_loop.call(name) if name else None
            if row is not None:
                return row
        return None

    def _outside(self, function: External, call: ir.Call, frame: Frame) -> Values:
        known_builtin = BUILTINS.get(function.name)
        if known_builtin is not None:
            return known_builtin(self.evaluator, call, frame)
        put = self._containers.of_outside(function.name, call, frame)
        if put:
            return put
        made = self.made_by(function.name)
        if made is not None:
            return self._instance(made, call, frame)
        if self.evaluator.knowledge.objects.is_dependency(function.name):
            given = call.argument(0, "dependency")
            return (
                self.evaluator.parameters.provided(self.evaluator.value(given, frame)) if given is not None else UNKNOWN
            )
        moved = self._off_loop(function.name, call, frame)
        if moved is not None:
            return moved
        built = self.streams.of_call(function.name, call, frame) or self.llama.outside(function.name, call, frame)
        return self._instance(self._class_made(function.name), call, frame) if built is None else built

    def _instance(self, made: str, call: ir.Call, frame: Frame) -> Values:
        return frozenset((Instance(made, self.evaluator.origin(call, frame)),)) if made else UNKNOWN

    def made_by(self, name: str) -> str | None:
        """The class of what calling a name gives whatever it is given, "" for nothing known; None where the call decides."""
        if name not in self._makers:
            knowledge = self.evaluator.knowledge
            told = knowledge.objects.is_dependency(name) or knowledge.off_loop.call(name)
            decides = told or self.streams.knows(name) or self.llama.knows(name)
            self._makers[name] = None if decides else self._class_made(name)
        return self._makers[name]

    def _class_made(self, name: str) -> str:
        knowledge = self.evaluator.knowledge
        tables = (knowledge.token_streams, knowledge.blocking, knowledge.objects, knowledge.off_loop, knowledge.heavy)
        made = next((found for table in tables if (found := table.returns(name))), None)
        if made:
            return made
        is_class = name.rpartition(".")[2][:1].isupper() and not name.startswith("builtins.")
        return name if is_class else ""

    def _off_loop(self, name: str, call: ir.Call, frame: Frame) -> Values | None:
        """Calls of `to_thread`, `run_in_threadpool`, `sync_to_async` and their like."""
        row = self.evaluator.knowledge.off_loop.call(name)
        if row is None:
            return None
        given = call.argument(row.position, row.keyword or None)
        if given is None:
            return frozenset((External(name),)) if row.result is Result.CALLABLE else UNKNOWN
        values = self.evaluator.value(given, frame)
        if row.where is Where.ITERATE:
            return frozenset((Iterated(values, self.evaluator.element(values), True, in_thread=True),))
        if row.result is Result.CALLABLE:
            return frozenset((OffLoop(values),)) if row.off_loop else values
        if row.result is Result.COROUTINE and row.where in (Where.THREAD, Where.PROCESS, Where.EITHER):
            handed = self.handed(call, frame)
            result = self._handed_result(handed, call, frame) if handed is not None else UNKNOWN
            return frozenset((Coroutine(result),))
        if row.where is Where.TASK:
            return values
        if row.where is Where.OWN_LOOP:
            return self._run(values, frame)
        if row.result is Result.FUTURE:
            handed = self.handed(call, frame)
            result = self._handed_result(handed, call, frame) if handed is not None else UNKNOWN
            made = self._method_made(name) or "concurrent.futures.Future"
            return frozenset((Future(made, self.evaluator.origin(call, frame), result),))
        is_map = name.rpartition(".")[2] in ("map", "imap", "imap_unordered")
        return (
            self._mapped(name, values, call, frame) if is_map else self._instance(self._class_made(name), call, frame)
        )

    def _run(self, given: Values, frame: Frame) -> Values:
        """What `asyncio.run(main())`, or `anyio.run(main)`, gives."""
        callables = alternatives(one for one in given if isinstance(one, (Function, Partial)))
        made = self.results(callables, (), {}, frame) if callables else given
        return self.evaluator.awaited(made)

    def _mapped(self, name: str, functions: Values, call: ir.Call, frame: Frame) -> Values:
        """What the `map` of a pool gives, item by item."""
        if len(call.arguments) < 2:
            return UNKNOWN
        over = self.evaluator.value(call.arguments[1], frame)
        element = self.results(functions, (self.evaluator.element(over),), {}, frame)
        made = self._instance(self._method_made(name), call, frame)
        return frozenset((Iterated(made, element, False),)) if says(element) or says(made) else UNKNOWN

    def _handed_result(self, handed: Handed, call: ir.Call, frame: Frame) -> Values:
        """What the functions that a call hands elsewhere return there; what they make is made at the call."""
        functions, arguments, keywords = handed
        found = []
        for function in functions:
            stand_in = ir.Call(call.start, call.end, ir.Constant(call.start, call.end, None), arguments, keywords)
            found.append(self._one(function, stand_in, frame))
        return self.evaluator.union(found) or UNKNOWN

    def _bound(self, function: Bound, call: ir.Call, frame: Frame) -> Values:
        receiver = function.receiver
        if isinstance(receiver, (Llama, Unknown)):
            return self.llama.method(receiver, function.name, call, frame)
        if isinstance(receiver, Future) and function.name in ("result", "get"):
            return receiver.result or UNKNOWN
        if isinstance(receiver, Instance):
            full = f"{receiver.name}.{function.name}"
            if full in ENTERING and call.arguments:
                return self._entering(function.name, call.arguments[0], frame)
            made = self.method_gives(full)
            put = self._containers.of_instance(receiver, function.name, call, frame)
            if put:
                return put
            if made is None:
                return self._decided(full, call, frame)
            if made in self.streams.facts.told_apart or self.evaluator.knowledge.responses.response(made) is not None:
                return self._instance(made, call, frame)
            return frozenset((Instance(made),)) if made else self._looked_up(function, call)
        if function.name in ("__anext__", "__next__", "asend", "send"):
            element = self.evaluator.element(frozenset((receiver,)))
            return frozenset((Coroutine(element),)) if function.name in ("__anext__", "asend") else element
        if isinstance(receiver, Token) and function.name == "get" and call.arguments:
            return self.streams.item(receiver, self.evaluator.keys(call.arguments[0], frame))
        if isinstance(receiver, Token):
            taken = self.evaluator.value(call.arguments[0], frame) if call.arguments else UNKNOWN
            return self.streams.as_text(receiver, function.name, taken)
        if isinstance(receiver, Tokens) and function.name in SAME_ITEMS:
            return frozenset((receiver,))
        if isinstance(receiver, Coroutine) and function.name == "result":  # of the task that runs it
            return receiver.result
        if isinstance(receiver, Collection):
            return self._containers.of_display(receiver, function.name, call, frame)
        if isinstance(receiver, Constant):
            return begins(self.evaluator, receiver, call, frame)
        return UNKNOWN

    def _decided(self, name: str, call: ir.Call, frame: Frame) -> Values:
        """What a method of an outside class gives where its arguments decide it."""
        made = self.streams.of_call(name, call, frame) or self._off_loop(name, call, frame)
        return self._instance(self._method_made(name), call, frame) if made is None else made

    def method_gives(self, name: str) -> str | None:
        """As `made_by`, for a method of an outside class."""
        if name not in self._methods:
            decides = self.evaluator.knowledge.off_loop.call(name) is not None or self.streams.knows(name)
            self._methods[name] = None if decides else self._method_made(name)
        return self._methods[name]

    def _method_made(self, name: str) -> str:
        knowledge = self.evaluator.knowledge
        tables = (knowledge.token_streams, knowledge.blocking, knowledge.objects, knowledge.heavy)
        return next((found for table in tables if (found := table.returns(name))), "")

    def _looked_up(self, function: Bound, call: ir.Call) -> Values:
        """`app.config.get("engine")`: what the project stored under the key."""
        key = call.argument(0, None)
        if function.name not in ("get", "pop", "setdefault") or not isinstance(key, ir.Constant):
            return UNKNOWN
        assert isinstance(function.receiver, Instance)
        stored = self.evaluator.attributes.put_under(function.receiver, str(key.value))
        held = None if stored else self.streams.attribute(function.receiver, str(key.value))
        return frozenset((held,)) if held is not None else stored or UNKNOWN

    # Results

    def awaited(self, value: Value) -> Values:
        match value:
            case Coroutine():
                return value.result
            case Llama(role=Role.WORKFLOW_HANDLER, name=agent):
                return frozenset((Token(AGENT_ANSWER, value.origin),)) if agent else self.llama.runs.of(value.origin)
        return frozenset((value,))

    def entered(self, values: Values) -> Values:
        """What `with value as name` binds."""
        return self.evaluator.each(values, self._entered)

    def _entering(self, name: str, given: ir.Expression, frame: Frame) -> Values:
        """What an exit stack gives for a manager that it enters."""
        entered = self.entered(self.evaluator.value(given, frame))
        return frozenset((Coroutine(entered),)) if name == "enter_async_context" else entered

    def _entered(self, value: Value) -> Values:
        match value:
            case Generated():
                return self.evaluator.generated(value)
            case Object():
                for name in ("__enter__", "__aenter__"):
                    method = alternatives(
                        one for one in self.evaluator.attributes.of_class(value, name) if isinstance(one, Function)
                    )
                    if method:
                        return self.evaluator.awaited(self.results(method, (), {}, None))
            case Coroutine():
                return self.entered(value.result)
        return frozenset((value,))
