"""Build an engine so that it streams, where the tables say that the call which builds it takes `streaming=True`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.immutable import immutable
from streamlint.knowledge.llama_index import Role
from streamlint.knowledge.llama_index_engines import By, Engine
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import with_keyword
from streamlint.repairs.keywords import left_out, untaken_keyword
from streamlint.repairs.synthesizers import made_streaming, synthesizer
from streamlint.source import Span
from streamlint.streams.mismatches import Mismatches
from streamlint.values.domain import Constant, Coroutine, Llama, Value, dotted_name
from streamlint.values.said import last_word

if TYPE_CHECKING:
    from streamlint.model.modules import Module
    from streamlint.project import Project
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_HERE = "the client receives a token stream where it received an error"
_SHARED = "others that use the engine find no `.response` in a streaming answer"
_NO_RESPONSE = "an answer of a streaming engine has no `.response`"
_TITLE = "build the engine with `streaming=True`"
_STREAMS = "make a synthesizer that streams: `get_response_synthesizer(streaming=True)`"
_SYNTHESIZER = (
    "give the engine a synthesizer that streams: `response_synthesizer=get_response_synthesizer(streaming=True)`"
)
_FITTING = "take `response_gen` from `query`, or `async_response_gen()` from `await`ed `aquery`"
_IGNORED = "`streaming=True` changes nothing beside `{0}=`"


def release(project: Project, path: Path) -> str | None:
    """The release of llama-index-core that a file runs with, where it is known; `llama-index` is numbered alike.

    Where only a range is known, the last in it of the releases that were looked at.
    """
    known = next(iter(project.versions.near(path).of_llama_index()), None)
    if known is None:
        return None
    return str(known.version) if known.version is not None else known.last_of(project.knowledge.llama.releases)


@immutable
class Building:
    """The call that builds an engine, and what is known of what it builds."""

    module: Module
    scope: ir.Scope
    call: ir.Call
    frame: Frame
    engine: Engine

    @property
    def hindrance(self) -> str:
        """The argument beside which `streaming=True` changes nothing, or ""."""
        return next((name for name in self.engine.ignored_beside if self.call.argument(None, name) is not None), "")


def building(file: PythonFile, engine: Llama) -> Building | None:
    """Where an engine is built; None where that, or what makes it stream, is not known."""
    found = file.project.ask(Mismatches).call_at(engine.origin)
    return _building(file, *found) if found is not None else None


def _building(file: PythonFile, module: Module, scope: ir.Scope, call: ir.Call) -> Building | None:
    frame = file.project.evaluator.any_call(module, scope)
    made = file.project.evaluator.calls.llama.engine_made(call, frame, release(file.project, module.path))
    return Building(module, scope, call, frame, made) if made is not None else None


def label(built: Building | None) -> str:
    """Why the engine does not stream, at the call that builds it."""
    if built is None:
        return "the engine is built here"
    match built.engine.by:
        case By.NEVER:
            return "an engine of this class never streams"
        case By.ENGINE:
            return "this engine hands on what the one inside gives, which does not stream"
        case By.ARGUMENT if not built.hindrance:
            return "the engine is built here, without `streaming=True`"
    return "the engine is built here, with a synthesizer that does not stream"


def way_out(file: PythonFile, engine: Llama, built: Building | None) -> str:
    """What makes such an engine stream."""
    if built is None:
        return "ask an engine that streams"
    match built.engine.by:
        case By.NEVER:
            return "send the whole answer, or ask an engine of another class"
        case By.ENGINE:
            return "build the engine inside with `streaming=True`"
        case By.ARGUMENT if built.hindrance == "response_synthesizer":
            return f"{_SYNTHESIZER}; {_IGNORED.format(built.hindrance)}"
        case By.ARGUMENT if built.hindrance:
            return f"leave out `{built.hindrance}=` and build the engine with `streaming=True`"
        case By.ARGUMENT if not takes_streaming(file, built):
            return f'{_TITLE} and with a mode that streams, such as `response_mode="compact"`'
        case By.ARGUMENT if not _all_fit(file, engine):
            return f"{_TITLE}, and {_FITTING}"
        case By.ARGUMENT if _is_read(file, engine):
            return f"{_TITLE}, and take the text that is read from `.response` from its tokens instead"
        case By.ARGUMENT:
            return _TITLE
    return _SYNTHESIZER


def streaming_engine(file: PythonFile, engine: Llama, asking: ir.Scope, attribute: ir.Attribute) -> Fix | None:
    """The engine made one that streams, and asked for its stream without a keyword that its method does not take."""
    fix = _made_streaming(file, engine, asking)
    if fix is None:
        return None
    edits, drops = list(fix.edits), list(fix.drops)
    for value in file.value(attribute.base):
        found = file.project.ask(Mismatches).call_at(value.origin) if isinstance(value, Llama) else None
        if found is None or not untaken_keyword(file, found[1], found[2]):
            continue
        without = left_out(file, found[1], found[2]) if found[0].path == file.path else None
        if without is None:
            return None
        edits.append(without[0])
        drops.append(without[1])
    return replace(fix, edits=tuple(sorted(edits)), drops=tuple(drops))


def _made_streaming(file: PythonFile, engine: Llama, asking: ir.Scope) -> Fix | None:
    """`streaming=True` in the call that builds the engine, where it stands in this file, takes it, and nobody reads `.response`."""
    built = building(file, engine)
    if built is None or built.module.path != file.path:
        return None
    if built.engine.by is By.SYNTHESIZER or built.hindrance == "response_synthesizer":
        return _streaming_synthesizer(file, engine, asking, built)
    if not takes_streaming(file, built):
        return None
    given = built.call.argument(None, "streaming")
    if given is not None and not (isinstance(given, ir.Constant) and given.value is False):
        return None
    if _is_read(file, engine) or not _all_fit(file, engine):
        return None
    edit = (
        with_keyword(file, built.call, "streaming=True")
        if given is None
        else Edit(Span(given.start, given.end), "True")
    )
    return Fix(_TITLE, (edit,), *_level(file, engine, asking, built))


def _streaming_synthesizer(file: PythonFile, engine: Llama, asking: ir.Scope, built: Building) -> Fix | None:
    """The same in the call that makes the synthesizer of this engine alone."""
    if _is_read(file, engine) or not _all_fit(file, engine):
        return None
    made = synthesizer(file, built.scope, built.call, built.engine)
    edit = made_streaming(file, made, built.engine.streaming_modes) if made is not None else None
    return Fix(_STREAMS, (edit,), *_level(file, engine, asking, built)) if edit is not None else None


def _level(file: PythonFile, engine: Llama, asking: ir.Scope, built: Building) -> tuple[Level, str]:
    """`response` where no answer of the engine is used for anything but its tokens."""
    is_own = built.scope.is_function and built.scope.contains(asking)
    return (Level.RESPONSE, _HERE) if is_own or _only_streams(file, engine, built) else (Level.UNSAFE, _SHARED)


def _only_streams(file: PythonFile, engine: Llama, built: Building) -> bool:
    """Whether the engine has one name, which is only asked, and each answer is only asked for what a stream has too."""
    bound = [one for one in built.scope.bindings if one.value is built.call and one.kind == "assign" and not one.path]
    if len(bound) != 1 or len(built.scope.by_name.get(bound[0].name, ())) != 1:
        return False
    evaluator = file.project.evaluator
    texts = evaluator.modules.texts
    if any(texts.holds(path, file.path.stem) for path in texts.saying((bound[0].name,)) if path != file.path):
        return False
    uses = file.facts.uses.of(ir.Name(0, 0, bound[0].name, ()), built.scope)
    for use in uses:
        method = use.parent
        call = file.facts.uses.parent(method) if isinstance(method, ir.Attribute) else None
        if not isinstance(call, ir.Call) or call.function is not method:
            return False
        values = evaluator.value(call, evaluator.any_call(file.facts, use.scope))
        asked = [value for value in values if isinstance(value, Llama | Coroutine)]
        if not asked or not _is_only_streamed(file, use.scope, call):
            return False
    return bool(uses)


def _is_only_streamed(file: PythonFile, scope: ir.Scope, call: ir.Call) -> bool:
    """`engine.query(q).response_gen`, also through a local name, and what may be asked of a stream as well."""
    knowledge, uses = file.project.knowledge, file.facts.uses
    known = frozenset(knowledge.llama.starts) | knowledge.names("untouched", "about-a-stream")
    parent = uses.parent(call)
    answer: ir.Expression = parent if isinstance(parent, ir.Await) else call
    outer = uses.parent(answer)
    if isinstance(outer, ir.Attribute):
        return outer.attribute in known
    bound = [one for one in scope.bindings if one.value is answer and one.kind == "assign" and not one.path]
    if len(bound) != 1 or len(scope.by_name.get(bound[0].name, ())) != 1:
        return False
    read = uses.of(ir.Name(0, 0, bound[0].name, ()), scope)
    return all(isinstance(one.parent, ir.Attribute) and one.parent.attribute in known for one in read)


def spelt_streaming(file: PythonFile, scope: ir.Scope, call: ir.Call, given: ir.Expression) -> Fix | None:
    """`streaming=` in place of `stream=`, in a call that takes it."""
    built = _building(file, file.facts, scope, call)
    if built is None or not takes_streaming(file, built):
        return None
    start = file.source.text.rindex("stream", 0, given.start)
    edit = Edit(Span(start, start + len("stream")), "streaming")
    level, reason = (Level.UNSAFE, _NO_RESPONSE) if _is_shared(file, scope, call) else (Level.RESPONSE, _HERE)
    return Fix("write `streaming=True`", (edit,), level, reason)


def _is_shared(file: PythonFile, scope: ir.Scope, call: ir.Call) -> bool:
    """Whether an engine may be asked somewhere else than where it is made, or for something else than its tokens."""
    engines = [value for value in file.value(call) if isinstance(value, Llama)]
    if not scope.is_function or len(engines) != 1 or _is_read(file, engines[0]) or not _all_fit(file, engines[0]):
        return True
    bound = [one for one in scope.bindings if one.value is call and one.kind == "assign" and not one.path]
    uses = file.facts.uses.of(ir.Name(0, 0, bound[0].name, ()), scope) if len(bound) == 1 else ()
    return not uses or not all(isinstance(use.parent, ir.Attribute) for use in uses)


def takes_streaming(file: PythonFile, built: Building) -> bool:
    """Whether `streaming=True` makes the engine that this call builds stream."""
    if built.engine.by is not By.ARGUMENT or built.hindrance or built.call.hides_keywords:
        return False
    mode = built.call.argument(None, "response_mode")
    if mode is None:
        return True
    values = file.project.evaluator.value(mode, built.frame)
    words = {
        value.value if isinstance(value, Constant) else dotted_name(value).rpartition(".")[2].lower()
        for value in values
    }
    return words <= set(built.engine.streaming_modes)


def _is_read(file: PythonFile, engine: Llama) -> bool:
    """Whether code in this file reads the text of an answer of the engine, which a stream has not."""
    return any(
        isinstance(value, Llama)
        and value.role is Role.RESPONSE
        and file.project.ask(Mismatches).asked_of(value) == engine
        for attribute, scope in _texts(file)
        for value in file.project.evaluator.value(attribute.base, file.frame(scope))
    )


def _all_fit(file: PythonFile, engine: Llama) -> bool:
    """Whether every place that asks an answer of the engine for tokens asks for those that the stream will have."""
    mismatches, evaluator = file.project.ask(Mismatches), file.project.evaluator
    starts = evaluator.knowledge.llama.starts
    for module in evaluator.modules.saying(*starts):
        for scope in module.scopes:
            for attribute in (one for one in scope.attributes if one.attribute in starts):
                for value in evaluator.value(attribute.base, evaluator.any_call(module, scope)):
                    if mismatches.asked_of(value) == engine and not _fits(file, attribute, value):
                        return False
    return True


def _fits(file: PythonFile, attribute: ir.Attribute, value: Value) -> bool:
    """Whether an answer is a stream with these tokens: of the method that gives them, which is awaited only if that can be."""
    assert isinstance(value, Llama)
    mismatches = file.project.ask(Mismatches)
    found, method = mismatches.call_at(value.origin), mismatches.started_by(value)
    is_awaited = found is not None and found[2].end in found[1].awaited and last_word(found[2].function) == method
    start = file.project.knowledge.llama.starts[attribute.attribute]
    return (method, is_awaited) == (start.method, start.is_awaited)


def _texts(file: PythonFile) -> Iterator[tuple[ir.Attribute, ir.Scope]]:
    for scope in file.facts.scopes:
        for attribute in scope.attributes:
            if attribute.attribute == "response":
                yield attribute, scope
