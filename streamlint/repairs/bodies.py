"""Give a response the iterator of text that was meant."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.faults.bodies import Fault, WrongBody, texts
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.repairs.elements import texts_of
from streamlint.serving.holders import Holders
from streamlint.source import Span
from streamlint.streams.generators import Generators
from streamlint.values import Values
from streamlint.values.domain import Coroutine, External, Function, Generated, Llama, Tokens, Value

if TYPE_CHECKING:
    from streamlint.knowledge.responses import Preferred
    from streamlint.serving import Entry
    from streamlint.streams.sent import Sending
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_EMPTY = "the client receives the tokens where it received nothing"
_ERROR = "the client receives the tokens as plain text where it received an error or one document at the end"
_PRIMARY = (ir.Name, ir.Attribute, ir.Call, ir.Subscript)


def given_iterator(file: PythonFile, sending: Sending, fault: WrongBody) -> Fix | None:
    """The repair of a body; None where the right iterator cannot be told from here."""
    content = sending.content
    if fault.what is Fault.ITERATOR:
        return _streaming_class(file, sending, fault)
    if fault.what is Fault.FUNCTION:
        return _called(file, content, fault.value, sending)
    made = _only_iterator(file, sending.frame, content, fault)
    if made is None or (made[1] and _is_synchronous(file, sending)):
        return None
    if isinstance(content, ir.Closure):
        return None
    text = made[0]
    if made[0].startswith("(") and made[0].endswith(")") and "(chunk." in made[0]:
        text = made[0] if len(sending.call.arguments) + len(sending.call.keywords) > 1 else made[0][1:-1]
    return Fix(
        "give the response the iterator of its tokens",
        (Edit(Span(content.start, content.end), text),),
        Level.SAFE,
        _EMPTY,
    )


def returned_iterator(
    file: PythonFile, frame: Frame, expression: ir.Expression, fault: WrongBody, entry: Entry
) -> Fix | None:
    """A streaming response in place of a returned stream; None where somebody else reads what is returned."""
    preferred = file.project.knowledge.responses.preferred(entry.framework)
    made = _only_iterator(file, frame, expression, fault)
    if preferred is None or made is None or fault.is_part:
        return None
    if file.project.ask(Holders).readers(file.facts, frame.scope):
        return None
    if not (preferred.takes_async if made[1] else preferred.takes_sync):
        return None
    call = f'{preferred.name}({made[0]}, {preferred.media_type_keyword}="text/plain")'
    edits = [Edit(Span(expression.start, expression.end), call)]
    drops: tuple[str, ...] = ()
    definition = file.tree.definition(frame.scope)
    if definition is not None and definition.returns is not None:
        edits.append(Edit(file.tree.span(definition.returns.annotation), preferred.name))
        drops = (file.tree.text(definition.returns.annotation),)
    return Fix(
        f"return a `{preferred.name}` over the tokens",
        tuple(sorted(edits)),
        Level.RESPONSE,
        _ERROR,
        imports_of(file, preferred),
        drops=drops,
    )


def yielded_text(item: ir.Yield, fault: WrongBody, file: PythonFile, generator: ir.Scope) -> Fix | None:
    """`.delta or ""` of a chunk in place of the chunk; None where other code than the response takes the chunks."""
    value = item.value
    if file.project.ask(Generators).has_other_takers(file.frame(generator)):
        return None
    if value is None or getattr(fault.value, "items", "") != "chunk":
        return None
    text = file.text(value)
    is_sync = isinstance(fault.value, Tokens) and not fault.value.is_async
    if item.is_from and not is_sync:
        return None
    new = f'(chunk.delta or "" for chunk in {text})' if item.is_from else f'{text}.delta or ""'
    if not item.is_from and not isinstance(value, _PRIMARY):
        return None
    edit = Edit(Span(value.start, value.end), new)
    return Fix("yield the new text of each chunk", (edit,), Level.SAFE, _EMPTY)


def imports_of(file: PythonFile, preferred: Preferred) -> frozenset[Import]:
    """Nothing where the file already binds the name to the same class, under whatever path."""
    responses = file.project.knowledge.responses
    wanted = responses.response(f"{preferred.module}.{preferred.name}")
    for value in file.project.evaluator.named(file.facts, preferred.name):
        if isinstance(value, External) and wanted is not None and responses.response(value.name) is wanted:
            return frozenset()
    return frozenset((Import(preferred.module, preferred.name),))


def _streaming_class(file: PythonFile, sending: Sending, fault: WrongBody) -> Fix | None:
    """`StreamingResponse` in place of a response class that takes a whole body."""
    call, frame = sending.call, sending.frame
    preferred = file.project.knowledge.responses.preferred(sending.response.framework)
    names = {name for name, _ in call.keywords}
    if preferred is None or not preferred.shared_keywords or not names <= preferred.shared_keywords:
        return None
    if not _is_text(file, fault.value) or len(call.arguments) > 1:
        return None
    imported = {name for name, _, _ in frame.module.summary.imports}
    above = file.project.knowledge.frameworks.extending(sending.response.framework, imported)
    preferred = file.project.knowledge.responses.preferred(above) or preferred
    edits = [Edit(Span(call.function.start, call.function.end), preferred.name)]
    if "media_type" not in names:
        end = max(part.end for part in call.children())
        edits.append(Edit(Span(end, end), ', media_type="text/plain"'))
    title, imports = f"use `{preferred.name}`", imports_of(file, preferred)
    return Fix(title, tuple(sorted(edits)), Level.RESPONSE, _ERROR, imports, drops=(f"{file.text(call.function)}()",))


def _is_synchronous(file: PythonFile, sending: Sending) -> bool:
    return file.project.knowledge.frameworks.framework(sending.response.framework).synchronous_bodies


def _called(file: PythonFile, content: ir.Expression, value: Value, sending: Sending) -> Fix | None:
    """A generator function with `()` behind it, where it needs no argument."""
    located = file.project.evaluator.scope_of(value) if isinstance(value, Function) else None
    if located is None or not located[1].is_generator or not isinstance(content, ir.Name | ir.Attribute):
        return None
    if located[1].is_async and _is_synchronous(file, sending):
        return None
    needed = [p for p in located[1].parameters if p.default is None and p.kind in ("positional", "keyword")]
    if len(needed) > (1 if getattr(value, "receiver", None) is not None else 0):
        return None
    return Fix("call the generator function", (Edit(Span(content.end, content.end), "()"),), Level.SAFE, _EMPTY)


def _only_iterator(
    file: PythonFile, frame: Frame, expression: ir.Expression, fault: WrongBody
) -> tuple[str, bool] | None:
    """As `_iterator`, where all that the expression may be gives the same one."""
    values = file.project.evaluator.value(expression, frame)
    made = {_iterator(file, frame, expression, WrongBody(fault.what, value)) for value in values}
    return made.pop() if len(made) == 1 else None


def _iterator(file: PythonFile, frame: Frame, expression: ir.Expression, fault: WrongBody) -> tuple[str, bool] | None:
    """An iterator of text made of the expression, and whether it is asynchronous."""
    text = file.text(expression)
    base = text if isinstance(expression, _PRIMARY) else f"({text})"
    match fault.what, fault.value:
        case Fault.STREAM_OBJECT, Llama() as stream:
            return _tokens_of(base, stream)
        case Fault.UNCALLED, bound if getattr(bound, "name", "") == "async_response_gen":
            return f"{base}()", True
        case Fault.COROUTINE, Coroutine(result=result) if frame.scope.is_async:
            return _of_awaited(file, text, result)
        case Fault.PIECES, Tokens() as pieces:
            return _of_pieces(file, pieces, text)
        case Fault.ITERATOR, value if _is_text(file, value):
            tokens = file.project.evaluator.tokens(frozenset((value,)))
            return (text, bool(tokens.is_async)) if tokens is not None else None
    return None


def _tokens_of(base: str, stream: Llama) -> tuple[str, bool]:
    if stream.is_async or stream.role is Role.ASYNC_STREAM:
        return f"{base}.async_response_gen()", True
    return f"{base}.response_gen", False


def _of_pieces(file: PythonFile, tokens: Tokens, text: str) -> tuple[str, bool] | None:
    items = file.project.knowledge.token_streams.items(tokens.items)
    if items is None or tokens.is_async is None:
        return None
    written = texts_of(items, text, tokens.is_async)
    return (written, tokens.is_async) if written is not None else None


def _of_awaited(file: PythonFile, text: str, result: Values) -> tuple[str, bool] | None:
    if len(result) != 1:
        return None
    match next(iter(result)):
        case Llama(role=Role.ASYNC_STREAM | Role.CHAT_STREAM):
            return f"(await {text}).async_response_gen()", True
        case Tokens(items="text", is_async=True):
            return f"await {text}", True
        case Tokens(is_async=True) as tokens:
            return _of_pieces(file, tokens, f"await {text}")
        case Generated() as generated:
            return f"await {text}", generated.is_async
    return None


def _is_text(file: PythonFile, value: Value) -> bool:
    return texts(file.project.evaluator, frozenset((value,)))
