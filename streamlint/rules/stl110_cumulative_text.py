from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.faults.cumulative import Cumulative, Cumulatives
from streamlint.finding import Severity, Symptom
from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.streams import Sent
from streamlint.streams.generators import Generators
from streamlint.streams.sent import Sending
from streamlint.streams.written_pieces import WrittenPieces
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests

_ONCE = "the client puts the pieces together itself, and now gets each of them once"
_REPLACING = "a client that shows each message in place of the one before would show the last token only"


class CumulativeText(Rule):
    """
    ## What it does

    Finds `.text` and `.message.content` of a chunk, `str(chunk)`, and `.response` of an `AgentStream` event where they are sent to
    the client for each token. They hold everything that came before; `.delta` holds what is new. So do the items of other clients
    that repeat what came before, such as those of `stream_text()` of Pydantic AI without `delta=True`.

    ## Why it breaks streaming

    The client appends each piece to the ones before and shows `tok0 tok0 tok1 tok0 tok1 tok2`. Measured with 20 tokens: the body
    was ten times as long as the answer; it grows with the square of the number of tokens.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import Settings

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        def stream():
            for chunk in Settings.llm.stream_complete(q):
                yield chunk.text

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import Settings

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        def stream():
            for chunk in Settings.llm.stream_complete(q):
                yield chunk.delta or ""

        return StreamingResponse(stream(), media_type="text/plain")
    ```

    ## Fix safety

    `response`: the same tokens, each once. `unsafe` for messages (WebSockets, server-sent events, a text with more in it), of
    which a client may well show each in place of the one before. No fix where other code than the response takes what the
    generator yields. Text inside a dict or JSON document is not reported, because a client may well replace what it shows by a
    whole text.

    ## References

    - [LlamaIndex: CompletionResponse](https://docs.llamaindex.ai/en/stable/api_reference/llms/)
    - [LlamaIndex: streaming events of agents](https://docs.llamaindex.ai/en/stable/understanding/agent/streaming/)
    """

    code = "STL110"
    name = "cumulative-text"
    severity = Severity.ERROR
    symptom = Symptom.WRONG_TEXT
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "`{text}` repeats all tokens before, so the client receives the answer again with each token"
    words = ("text", "content", "response", "str(", "stream_text")

    @on(ir.Yield)
    def yielded(self, item: ir.Yield, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for generator in file.sent_items(item, scope):
            found = file.project.ask(Cumulatives).of_yield(item, generator.frame)
            if found is not None:
                is_alone = not file.project.ask(Generators).has_other_takers(generator.frame)
                is_text = _is_text(generator.sending) and found.expression is item.value
                yield self._fact(file, found, is_text, fixable=is_alone)
                return

    @on(ir.Call, where=requests)
    def sent(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        sending = file.project.ask(Sent).of_call(call, frame)
        message = file.project.ask(Cumulatives).of_call(call, frame)
        if message is not None:
            yield self._fact(file, message, file.project.ask(Cumulatives).appends(call, frame))
        elif sending is not None and (found := file.project.ask(Cumulatives).of_sending(sending)) is not None:
            yield self._fact(file, found, _is_text(sending))

    @on(ir.Call, where=requests)
    def written(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        """What a handler writes by hand to its answer."""
        written = file.project.ask(WrittenPieces).of(call, file.frame(scope))
        found = file.project.ask(Cumulatives).of_write(written.sending) if written is not None else None
        if written is not None and found is not None:
            text = written.sending.content
            is_encoded = isinstance(text, ir.Call) and ir.dotted(text.function).endswith(".encode")
            yield self._fact(file, found, _is_text(written.sending) and (is_encoded or found.expression is text))

    def _fact(self, file: PythonFile, found: Cumulative, is_text: bool, *, fixable: bool = True) -> Fact:
        return file.fact(
            self,
            found.expression,
            text=file.one_line(found.expression),
            label="everything so far, not what is new",
            help=f"ask for the pieces: `{found.asks}`" if found.asks else "send `.delta`",
            repair=lambda _: _pieces(file, found, is_text=is_text) if fixable else None,
        )


def _pieces(file: PythonFile, found: Cumulative, *, is_text: bool) -> Fix | None:
    """`.delta` in place of what repeats, or the keyword that makes the call give pieces."""
    if found.start < 0:
        return None
    edit = Edit(Span(found.start, found.end), found.replacement)
    edits = _or_nothing(file, found, edit) if found.may_be_nothing else (edit,)
    level, reason = (Level.RESPONSE, _ONCE) if is_text else (Level.UNSAFE, _REPLACING)
    old = file.text(edit.span)
    drops = (f"_{old}" if old.startswith(".") else old,) if old else ()
    return Fix(f"ask for `{found.asks}`" if found.asks else "send `.delta`", edits, level, reason, drops=drops)


def _or_nothing(file: PythonFile, found: Cumulative, edit: Edit) -> tuple[Edit, ...]:
    """The piece, or an empty text where a chunk has none; what is put into a text is left to the repair of its frame."""
    around, text = file.facts.uses.parent(found.expression), edit.text
    if isinstance(around, ir.FormattedString) or (isinstance(around, ir.Choice) and around.operator == "or"):
        return (edit,)
    nothing = _empty(file, around)
    if not isinstance(around, ir.Operation | ir.Attribute):
        return (Edit(edit.span, f"{text} or {nothing}"),)
    start = found.expression.start
    if start == edit.span.start:
        return (Edit(edit.span, f"({text} or {nothing})"),)
    return Edit(Span(start, start), "("), Edit(edit.span, f"{text} or {nothing})")


def _empty(file: PythonFile, around: ir.Expression | None) -> str:
    """An empty text; until Python 3.12 a formatted string around it holds none of its own quotes."""
    while around is not None:
        if isinstance(around, ir.FormattedString):
            return "''" if '"' in file.text(around)[:3] else '""'
        around = file.facts.uses.parent(around)
    return '""'


def _is_text(sending: Sending) -> bool:
    """Whether a body is one text, and not messages of which a client may show the last one."""
    return not sending.response.frames_sse and sending.media_type in ("", "text/plain", "text/html", "text/markdown")
