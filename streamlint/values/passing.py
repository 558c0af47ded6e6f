"""What the standard library's value-passing functions give: the ones through which a stream keeps its identity."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.platforms import platforms
from streamlint.knowledge.token_streams import FINISHED
from streamlint.model import syntax as ir
from streamlint.values.activations import Frame
from streamlint.values.alternatives import alternatives
from streamlint.values.app_configs import app_config
from streamlint.values.domain import (
    UNKNOWN,
    Class,
    Collection,
    Constant,
    Coroutine,
    External,
    Function,
    Instance,
    Iterated,
    Llama,
    Object,
    Partial,
    Super,
    Text,
    Token,
    Tokens,
    Unknown,
    Value,
    Values,
)
from streamlint.values.getters import ATTRIBUTE, ITEM, getter
from streamlint.values.named import of_getattr
from streamlint.values.starts import start_of
from streamlint.values.whole import Whole

Builtin = Callable[[Whole, ir.Call, Frame], Values]

SAME_ITEMS = frozenset(("iter_any", "iter_chunked", "__iter__", "__aiter__"))
"""Methods of a stream that give its items, some in other pieces: aiohttp 3.14.0, streams.py."""
ENTERING = frozenset(
    (
        "contextlib.ExitStack.enter_context",
        "contextlib.AsyncExitStack.enter_context",
        "contextlib.AsyncExitStack.enter_async_context",
    )
)

PASSING = SAME_ITEMS | frozenset(
    (
        *("__next__", "__anext__", "send", "asend", "result"),
        *(name.rpartition(".")[2] for name in ENTERING),
    )
)
"""Methods that give what the object itself is, or holds, whatever it is."""
_PROVIDERS = (
    "Singleton",
    "ThreadSafeSingleton",
    "ThreadLocalSingleton",
    "ContextLocalSingleton",
    "Factory",
    "Callable",
)
"""Of dependency-injector: called, they make an object, or call a function, with what they were given."""


def _first(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """Gives its first argument: `iter`, `cast` gives its second."""
    return evaluator.value(call.arguments[0], frame) if call.arguments else UNKNOWN


def _second(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    return evaluator.value(call.arguments[1], frame) if len(call.arguments) > 1 else UNKNOWN


def _given(value: str) -> Builtin:
    values: Values = frozenset((Constant(value),))
    return lambda evaluator, call, frame: values


def _opened(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """What `urlopen` gives: of a `data:` address nothing that is waited for."""
    if call.arguments and start_of(evaluator, call.arguments[0], frame).startswith("data:"):
        return UNKNOWN
    return frozenset((Instance("http.client.HTTPResponse", evaluator.origin(call, frame)),))


def _next(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    return evaluator.element(_first(evaluator, call, frame))


def _anext(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    return frozenset((Coroutine(_next(evaluator, call, frame)),))


def _is_async(evaluator: Whole, values: Values) -> bool:
    tokens = evaluator.tokens(values)
    return tokens is not None and tokens.is_async is True


def _around(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """An iterator with the same items: `itertools.chain`, `itertools.islice`, `reversed`."""
    over = evaluator.union(evaluator.value(argument, frame) for argument in call.arguments) or UNKNOWN
    return frozenset((Iterated(over, evaluator.element(over), _is_async(evaluator, over)),))


def _enumerate(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    over = _first(evaluator, call, frame)
    items = ((None, UNKNOWN), (None, evaluator.element(over)))
    pair = Collection("tuple", items, evaluator.origin(call, frame))
    return frozenset((Iterated(over, frozenset((pair,)), _is_async(evaluator, over)),))


def _zip(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    values = [evaluator.value(argument, frame) for argument in call.arguments]
    items = tuple((None, evaluator.element(one)) for one in values)
    row = Collection("tuple", items, evaluator.origin(call, frame))
    return frozenset((Iterated(evaluator.union(values), frozenset((row,)), False),))


def _map(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    if len(call.arguments) < 2:
        return UNKNOWN
    over = evaluator.value(call.arguments[1], frame)
    element = evaluator.element(over)
    made = evaluator.calls.results(evaluator.value(call.arguments[0], frame), (element,), {}, frame)
    return frozenset((Iterated(over, made, False),))


def _filter(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    over = _second(evaluator, call, frame)
    return frozenset((Iterated(over, evaluator.element(over), False),))


def _collected(kind: str) -> Builtin:
    def collect(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
        over = _first(evaluator, call, frame)
        items = ((None, evaluator.element(over)),) if call.arguments else ()
        return frozenset((Collection(kind, items, evaluator.origin(call, frame)),))

    return collect


def _dict(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    items = tuple((name, evaluator.value(value, frame)) for name, value in call.keywords if name is not None)
    return frozenset((Collection("dict", items, evaluator.origin(call, frame)),))


def _string(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    values = _first(evaluator, call, frame)
    if any(evaluator.is_stream_object(value) or isinstance(value, Tokens) for value in values):
        return frozenset((Text(evaluator.origin(call, frame)),))
    finished = alternatives(_said(evaluator, value) for value in values)
    return UNKNOWN if Unknown() in finished else finished


def _said(evaluator: Whole, value: Value) -> Value:
    """What `str` makes of an answer that is complete: its text."""
    if isinstance(value, Token) and not value.part:
        row = evaluator.knowledge.token_streams.items(value.items)
        if row is not None and row.is_said:
            return Token(FINISHED, value.origin)
    return _finished(value)


def _finished(value: Value) -> Value:
    """The text of an answer that is complete."""
    if isinstance(value, Llama) and value.role is Role.RESPONSE and value.streaming is False:
        return Token(FINISHED, value.origin)
    return value if isinstance(value, Token) and value.items == FINISHED else Unknown()


def _cut(position: int) -> Builtin:
    """Pieces of a text that is the argument there."""

    def cut(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
        given = evaluator.value(call.arguments[position], frame) if len(call.arguments) > position else UNKNOWN
        texts = alternatives(_finished(value) for value in given)
        if Unknown() in texts:
            return UNKNOWN
        return frozenset((Collection("list", ((None, texts),), evaluator.origin(call, frame)),))

    return cut


def _parsed(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """What a part of a body says that is JSON."""
    parts = [one for one in _first(evaluator, call, frame) if isinstance(one, Token)]
    return evaluator.union(evaluator.calls.streams.parsed(one) for one in parts) or UNKNOWN


def _partial(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    function = _first(evaluator, call, frame)
    arguments = tuple(evaluator.value(argument, frame) for argument in call.arguments[1:])
    keywords = tuple((name, evaluator.value(value, frame)) for name, value in call.keywords if name is not None)
    return frozenset((Partial(function, arguments, keywords),))


def _partial_method(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    return alternatives(
        replace(one, is_method=True) for one in _partial(evaluator, call, frame) if isinstance(one, Partial)
    )


def _super(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    method: Frame | None = frame
    while method is not None and (method.parent is None or method.parent.scope.kind != "class"):
        method = method.parent
    if method is None or method.parent is None:
        return UNKNOWN
    owner = Class(method.module.path, method.parent.scope.index)
    receivers = (one for one in evaluator.parameters.receiver(method) if isinstance(one, Object | Class))
    found = alternatives(Super(owner, one) for one in receivers if owner in evaluator.attributes.lineage(one))
    return found or frozenset((Super(owner, Object(owner.path, owner.scope)),))


def _type(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    return evaluator.each(
        _first(evaluator, call, frame),
        lambda value: frozenset((Class(value.path, value.scope),)) if isinstance(value, Object) else UNKNOWN,
    )


def _new(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """`super().__new__(cls)`: an object of the class that is given."""
    origin = evaluator.origin(call, frame)
    made = (one for one in _first(evaluator, call, frame) if isinstance(one, Class))
    return alternatives(Object(one.path, one.scope, origin) for one in made) or UNKNOWN


def _cached(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """`lru_cache(maxsize=1)` gives a decorator; `lru_cache(f)` gives f."""
    values = alternatives(v for v in _first(evaluator, call, frame) if isinstance(v, Function | Class | Partial))
    return values or frozenset((External("functools.cache"),))


def _made(evaluator: Whole, factory: Values, call: ir.Call, frame: Frame) -> Values:
    """What a factory gives: `list`, `dict` and their like an empty one that the call stands for."""
    kinds = [value.name.rpartition(".")[2] for value in factory if isinstance(value, External)]
    if len(kinds) == len(factory) == 1 and kinds[0] in ("list", "dict", "set"):
        return frozenset((Collection(kinds[0], (), evaluator.origin(call, frame)),))
    return evaluator.calls.results(factory, (), {}, frame)


def _field(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """What a field of a dataclass or model starts with."""
    for keyword in ("default_factory", "factory"):
        factory = call.argument(None, keyword)
        if factory is not None:
            return _made(evaluator, evaluator.value(factory, frame), call, frame)
    default = call.argument(None, "default")
    return evaluator.value(default, frame) if default is not None else UNKNOWN


def _defaultdict(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    made = _made(evaluator, _first(evaluator, call, frame), call, frame) if call.arguments else UNKNOWN
    return frozenset((Collection("dict", ((None, made),), evaluator.origin(call, frame)),))


def _gathered(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    """What awaiting all of them gives, in their order; of `*many` what awaiting one of them gives."""
    items = tuple(
        (None, evaluator.awaited(evaluator.element(evaluator.value(one.value, frame))))
        if isinstance(one, ir.Starred)
        else (None, evaluator.awaited(evaluator.value(one, frame)))
        for one in call.arguments
    )
    kind = "list" if any(isinstance(one, ir.Starred) for one in call.arguments) else "tuple"
    results = Collection(kind, items, evaluator.origin(call, frame))
    return frozenset((Coroutine(frozenset((results,))),))


def _tee(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    over = _first(evaluator, call, frame)
    return frozenset((Collection("tuple", ((None, over), (None, over)), evaluator.origin(call, frame)),))


def _import_module(evaluator: Whole, call: ir.Call, frame: Frame) -> Values:
    given = call.argument(0, "name")
    if not isinstance(given, ir.Constant) or not isinstance(given.value, str) or given.value.startswith("."):
        return UNKNOWN
    return evaluator.imported(frame.module, given.value, "", 0)


HANDING = frozenset(("map", "filter", "partial", "partialmethod", *_PROVIDERS))
"""The words of those below that run a function of the project with what they are given."""
BUILTINS: dict[str, Builtin] = {
    "dataclasses.field": _field,
    "pydantic.Field": _field,
    "pydantic.PrivateAttr": _field,
    "attrs.field": _field,
    "attr.ib": _field,
    "collections.defaultdict": _defaultdict,
    "importlib.import_module": _import_module,
    "builtins.iter": _first,
    "builtins.aiter": _first,
    "builtins.reversed": _around,
    "builtins.next": _next,
    "builtins.anext": _anext,
    "builtins.enumerate": _enumerate,
    "builtins.zip": _zip,
    "builtins.map": _map,
    "builtins.filter": _filter,
    "builtins.list": _collected("list"),
    "collections.deque": _collected("list"),
    "builtins.tuple": _collected("tuple"),
    "builtins.sorted": _collected("list"),
    "builtins.set": _collected("set"),
    "builtins.dict": _dict,
    "builtins.str": _string,
    "builtins.getattr": of_getattr,
    "re.split": _cut(1),
    "re.findall": _cut(1),
    "textwrap.wrap": _cut(0),
    "json.loads": _parsed,
    "orjson.loads": _parsed,
    "django.apps.apps.get_app_config": app_config,
    "builtins.super": _super,
    "builtins.object.__new__": _new,
    "builtins.type": _type,
    "typing.cast": _second,
    "copy.copy": _first,
    "copy.deepcopy": _first,
    "contextlib.closing": _first,
    "contextlib.aclosing": _first,
    "contextlib.nullcontext": _first,
    "flask.stream_with_context": _first,
    "flask.helpers.stream_with_context": _first,
    "quart.stream_with_context": _first,
    "quart.helpers.stream_with_context": _first,
    "functools.partial": _partial,
    **{name: partial(getter, name) for name in (ATTRIBUTE, ITEM)},
    "functools.partialmethod": _partial_method,
    **{f"dependency_injector.providers.{name}": _partial for name in _PROVIDERS},
    "functools.lru_cache": _cached,
    "functools.cache": _cached,
    "functools.wraps": lambda evaluator, call, frame: frozenset((External("functools.wraps"),)),
    "asyncio.gather": _gathered,
    "urllib.request.urlopen": _opened,
    "itertools.chain": _around,
    "itertools.tee": _tee,
    "itertools.islice": _first,
    "itertools.takewhile": _second,
    "itertools.dropwhile": _second,
    **{name: _given(value) for name, value in platforms().results.items()},
}
