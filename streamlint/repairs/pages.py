"""Show a stream token by token: `write_stream` on a Streamlit page, growing text in a Gradio callback."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from streamlint.faults.pages import Fault
from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal
from streamlint.repairs.delayed import Delay
from streamlint.repairs.drains import Repair
from streamlint.repairs.helped import through_helper
from streamlint.repairs.untouched import Form
from streamlint.source import Span
from streamlint.streams import Drains
from streamlint.tree import nodes as cst
from streamlint.values.domain import Llama

if TYPE_CHECKING:
    from streamlint.faults.pages import Shown
    from streamlint.repairs.elements import Tokens
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_STREAMS = "streamlit.write_stream"
_SAFE = "the same text reaches the page, only earlier"
_TEXT = "the page shows the text, growing, where it showed a list of its tokens"
_STREAMED_LIST = (Form.PIECES, "write_stream")
_LATER = Refusal("the text is used for more than to be shown", "keep what `st.write_stream` returns")
_GROWING = "each update repeats what came before it, which is how Gradio shows text that grows"


def written_as_stream(file: PythonFile, frame: Frame, shown: Shown) -> Fix | Refusal:
    """Let `write_stream` show what a Streamlit page collected or could not show; refuses where that may lose something."""
    call, content = shown.show, shown.content
    if call is None or content is None or call.keywords or len(call.arguments) != 1:
        return Refusal("the call says more than the text")
    writing = file.project.knowledge.responses.response(_STREAMS)
    versions = file.project.versions.near(file.path)
    if writing is not None and versions.below("streamlit", writing.since) is True:
        return Refusal(
            f"Streamlit {versions.get('streamlit')} has no `write_stream`", f"use Streamlit {writing.since} or newer"
        )
    function = call.function
    markdown = file.project.knowledge.names("pages", "streamlit-markdown")
    if not isinstance(function, ir.Attribute) or function.attribute not in markdown:
        return Refusal("`write_stream` shows Markdown", "show it with `st.markdown`")
    if not _stands_alone(file, call):
        return Refusal("the result of the call is used", "give it a line of its own")
    name = Edit(Span(function.end - len(function.attribute), function.end), "write_stream")
    drops = (f"_.{function.attribute}()",) if function.attribute != "write_stream" else ()
    if shown.drain is not None:
        return _collected(file, frame, shown, name)
    stream = _stream_of(file, frame, shown, content)
    if stream is None:
        return Refusal("it cannot be seen which iterator gives the text")
    delay = Delay(file, frame, Span(content.start, content.end), content, -1)
    other = delay.read_elsewhere((Span(content.start, content.end),))
    return other or _fix((name, Edit(Span(content.start, content.end), stream)), shown, drops)


def _stands_alone(file: PythonFile, call: ir.Call) -> bool:
    statement = file.tree.statement(call.start, call.end)
    return statement is not None and file.tree.span(statement) == Span(call.start, call.end)


def _stream_of(file: PythonFile, frame: Frame, shown: Shown, content: ir.Expression) -> str | None:
    """The iterator to show, as code; None where it is asynchronous or gives something that is no text."""
    values = file.project.evaluator.value(content, frame)
    if shown.fault is Fault.WHOLE_OBJECT:
        is_name = isinstance(content, ir.Name | ir.Attribute)
        plain = all(isinstance(one, Llama) and one.role is Role.STREAM and not one.is_async for one in values)
        return f"{file.text(content)}.response_gen" if is_name and plain else None
    tokens = file.project.evaluator.tokens(values)
    if shown.fault is Fault.OBJECTS:
        is_chunk = tokens is not None and tokens.items == "chunk" and tokens.is_async is False
        return f'chunk.delta or "" for chunk in {file.text(content)}' if is_chunk else None
    return file.text(content) if tokens is not None and tokens.items == "text" and tokens.is_async is False else None


def _collected(file: PythonFile, frame: Frame, shown: Shown, name: Edit) -> Fix | Refusal:
    call, content, drain = shown.show, shown.content, shown.drain
    assert call is not None and content is not None and drain is not None and isinstance(call.function, ir.Attribute)
    if _is_async(drain):
        return Refusal("the stream is an asynchronous one", "start it with the synchronous method")
    if drain.hops:
        return through_helper(file, frame, drain, lambda own: _collected(file, frame, replace(shown, drain=own), name))
    repair = Repair(file, frame, drain)
    was = repair.untouched.judge(content)
    if isinstance(was, Refusal):
        return was
    is_list = was.form is Form.PIECES and call.function.attribute == "write"
    if was.form is not Form.TEXT and not is_list and (was.form, call.function.attribute) != _STREAMED_LIST:
        return Refusal("what is shown is no text", "show the tokens with `st.write_stream`")
    stream = repair.stream()
    if stream is None or (drain.tokens is not None and drain.tokens.items != "text"):
        return Refusal("the tokens are changed, counted or shown on the way")
    place = Span(content.start, content.end)
    removed = repair.removed(place)
    if isinstance(removed, Refusal) or _is_read_later(file, frame, shown, removed.statements):
        return _LATER if is_list else _kept(file, frame, shown, repair, stream)
    refusal = repair.delay().refusal(place, moved=repair.spans(removed), here=True)
    if refusal is not None:
        return refusal
    edits = [Edit(repair.lines_of(node), "") for node in removed.statements]
    drops = (*removed.drops, *was.drops, *stream.drops, f"_.{call.function.attribute}()")
    fix = _fix((*edits, name, Edit(place, stream.text)), shown, drops)
    return replace(fix, level=Level.RESPONSE, reason=_TEXT) if is_list else fix


def _is_async(drain: Drain) -> bool:
    tokens = drain.tokens
    return (
        drain.is_async
        or (tokens is not None and tokens.is_async is True)
        or (drain.stream is not None and drain.stream.is_async)
    )


def _is_read_later(file: PythonFile, frame: Frame, shown: Shown, removed: tuple[cst.BaseStatement, ...]) -> bool:
    """Whether a name of a page's own scope is read anywhere but where the text is made and shown."""
    assert shown.drain is not None and shown.show is not None
    if frame.scope.kind != "module":
        return False
    derived = file.project.ask(Drains).derived(shown.drain, frame)
    spans = [file.tree.span(node) for node in removed] + [Span(shown.show.start, shown.show.end)]
    names = [name for scope in file.facts.scopes for name in scope.names if name.id in derived]
    return any(not any(span.contains(name) for span in spans) for name in names)


def _kept(file: PythonFile, frame: Frame, shown: Shown, repair: Repair, stream: Tokens) -> Fix | Refusal:
    """Where the text is used later: `write_stream` returns it."""
    call, content, drain = shown.show, shown.content, shown.drain
    assert call is not None and drain is not None and isinstance(call.function, ir.Attribute)
    made, show = file.tree.statement(drain.start, drain.end), file.tree.statement(call.start, call.end)
    if not isinstance(content, ir.Name) or made is None or show is None:
        return _LATER
    siblings = list(file.tree.siblings(made))
    place = next((index for index, one in enumerate(siblings) if one is made), -1)
    if siblings[place + 1 : place + 2] != [show]:
        return _LATER
    if drain.is_loop:
        return _kept_of_loop(file, frame, shown, repair, stream)
    if not _is_plain_assignment(made, file, drain.start, drain.end):
        return _LATER
    drained = next(b.value for b in frame.scope.bindings if b.value is not None and _is_at(b.value, drain))
    was = repair.untouched.judge(drained)
    if isinstance(was, Refusal) or was.form is not Form.TEXT:
        return _LATER
    other = repair.delay().read_elsewhere(())
    if other is not None:
        return other
    function = file.text(call.function).rpartition(".")[0]
    edits = (
        Edit(Span(drain.start, drain.end), f"{function}.write_stream({stream.text})"),
        Edit(file.tree.whole_lines(show), ""),
    )
    return _fix(edits, shown, (f"_.{call.function.attribute}({content.id})", *was.drops, *stream.drops))


def _kept_of_loop(file: PythonFile, frame: Frame, shown: Shown, repair: Repair, stream: Tokens) -> Fix | Refusal:
    """`text = ""`, the loop and the call that shows the text become `text = st.write_stream(tokens)`."""
    call, content, drain, tree = shown.show, shown.content, shown.drain, file.tree
    assert call is not None and drain is not None and isinstance(content, ir.Name)
    loop, show = tree.statement(drain.start, drain.end), tree.statement(call.start, call.end)
    started = [one for one in frame.scope.bindings if one.name == content.id and one.end <= drain.start]
    if loop is None or show is None or len(started) != 1 or started[0].value is None:
        return _LATER
    start = tree.statement(started[0].start, started[0].end)
    is_plain = start is not None and _is_plain_assignment(start, file, started[0].value.start, started[0].value.end)
    reads = [one for scope in file.facts.scopes for one in scope.names if one.id == content.id]
    between = Span(started[0].value.start, drain.start)
    if start is None or not is_plain or start not in tree.siblings(loop) or any(between.contains(one) for one in reads):
        return _LATER
    other = repair.delay().around(tree.span(show), here=True) or repair.delay().read_elsewhere((tree.span(loop),))
    if other is not None:
        return other
    function = file.text(call.function).rpartition(".")[0]
    edits = (
        Edit(repair.lines_of(start), ""),
        Edit(tree.span(loop), f"{content.id} = {function}.write_stream({stream.text})"),
        Edit(tree.whole_lines(show), ""),
    )
    assert isinstance(call.function, ir.Attribute)
    drops = (tree.text(start), *stream.drops, f"{content.id} += _", f"_.{call.function.attribute}({content.id})")
    return _fix(edits, shown, drops)


def _is_at(value: ir.Expression, drain: Drain) -> bool:
    return (value.start, value.end) == (drain.start, drain.end)


def _is_plain_assignment(made: cst.BaseStatement, file: PythonFile, start: int, end: int) -> bool:
    """`text = <drain>`, and nothing else on the line."""
    if not isinstance(made, cst.SimpleStatementLine) or len(made.body) != 1 or not isinstance(made.body[0], cst.Assign):
        return False
    value = made.body[0].value
    return file.tree.span(value) == Span(start, end) and len(made.body[0].targets) == 1


def _fix(edits: tuple[Edit, ...], shown: Shown, drops: tuple[str, ...]) -> Fix:
    return Fix(
        "show each token when it is made",
        tuple(sorted(edits)),
        Level.SAFE,
        _SAFE,
        claims=(Span(shown.start, shown.end),),
        drops=drops,
    )


def growing(file: PythonFile, frame: Frame, shown: Shown) -> Fix | Refusal | None:
    """Let a Gradio callback yield the text so far; None where the loop is written in an unusual way."""
    step = shown.step
    if step is None or step.is_from or step.value is None:
        return None
    loops = [one for one in frame.scope.loops if 0 <= one.body_start <= step.start < one.end]
    statement = file.tree.statement(step.start, step.end)
    if len(loops) != 1 or statement is None or file.tree.span(statement) != Span(step.start, step.end):
        return None
    source = file.source
    head, line = source.line_span(loops[0].start), source.line_span(step.start)
    outer, inner = (source.text[one.start : at] for one, at in ((head, loops[0].start), (line, step.start)))
    if outer.strip() or inner.strip() or len(frame.scope.yields) != 1:
        return None
    delay = Delay(file, frame, Span(step.start, step.end), step.value, -1)
    held = delay.held()
    if held is not None:
        return held
    taken = {name.id for name in frame.scope.names} | set(frame.scope.by_name)
    free = next((one for one in ("text", "answer", "so_far") if one not in taken), None)
    if free is None:
        return None
    ending = "\r\n" if "\r\n" in source.text else "\n"
    edits = (
        Edit(Span(head.start, head.start), f'{outer}{free} = ""{ending}'),
        Edit(Span(step.start, step.end), f"{free} += {file.text(step.value)}{ending}{inner}yield {free}"),
    )
    return Fix("yield the text so far", edits, Level.RESPONSE, _GROWING, claims=(Span(loops[0].start, loops[0].start),))
