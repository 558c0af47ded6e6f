from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from streamlint.fact import Fact, Offer, of_facts
from streamlint.faults.pages import Fault, Pages, Shown
from streamlint.finding import Related, Severity, Symptom
from streamlint.knowledge.frameworks import Shows
from streamlint.knowledge.signs import showing
from streamlint.model import syntax as ir
from streamlint.refusals import Refusal, no_fix
from streamlint.repairs.chats import streamed_message, yielded_so_far
from streamlint.repairs.pages import growing, written_as_stream
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import entries


class StreamlitBuffered(Rule):
    """
    ## What it does

    Finds Streamlit pages, Chainlit messages and Gradio callbacks that show a stream only when it is whole, or not at all:
    joined text in `st.markdown`, a list in `st.write_stream`, the response object or the bare iterator in a call that shows
    text, chunks and events in `st.write_stream`, a Gradio callback that yields each token alone.

    ## Why it breaks streaming

    Measured with 20 tokens in one second: the page stays empty for 1.1 s and then shows everything in one update, where
    `st.write_stream` makes 20 updates, the first after 0.06 s. `st.markdown` of an iterator shows `<generator object ...>`,
    `st.write_stream` of `llm.stream_complete(q)` a JSON object for each chunk. Gradio
    replaces what it shows with each item, so a callback that yields tokens ends with the last token alone.

    ## Example

    ```python
    import streamlit as st

    response = index.as_query_engine(streaming=True).query(st.query_params["q"])
    st.markdown("".join(response.response_gen))
    ```

    ## Use instead

    ```python
    import streamlit as st

    response = index.as_query_engine(streaming=True).query(st.query_params["q"])
    st.write_stream(response.response_gen)
    ```

    ## Fix safety

    `safe` on a Streamlit page: the same text is shown, only earlier; text that is used later is what `write_stream` returns. A
    helper that makes the text for this one call returns the iterator instead. `response` where a list of tokens was shown,
    which now is text, and in a Gradio callback: each update holds the text so far. A Chainlit message is made empty, given each
    token and then sent, which is `safe`: the same message is stored. No fix is offered for text that was changed before it is
    shown or that other code gets from the helper too, where something waits for the last token, nor where Streamlit is older
    than 1.31, which has no `write_stream`.

    ## References

    - [Streamlit: st.write_stream](https://docs.streamlit.io/develop/api-reference/write-magic/st.write_stream)
    - [Gradio: streaming outputs](https://www.gradio.app/guides/streaming-outputs)
    - [Chainlit: streaming](https://docs.chainlit.io/advanced-features/streaming)
    """

    code = "STL111"
    name = "streamlit-buffered"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ("For", *EXPRESSIONS)
    message = "{what} {fault}"
    words = showing()

    @on(ir.Call)
    def on_a_page(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        for shown in file.project.ask(Pages).by(call, frame, file.project.entries_of(file.path)):
            is_page = shown.shows is Shows.GIVEN
            repair = written_as_stream if is_page else streamed_message
            yield self._fact(file, shown, f"`{file.one_line(call.function)}`", of_facts(repair, file, frame, shown))

    @on(ir.Scope, where=entries)
    def in_a_callback(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        entry = file.entry(scope)
        pages, frame = file.project.ask(Pages), file.frame(scope)
        if entry is not None and pages.is_before_the_page(entry):
            for shown in pages.stored(frame):
                yield self._fact(file, shown, entry.title, None)
        if entry is None or not pages.shows_result(entry):
            return
        for shown in pages.of_callback(frame):
            repair = growing if shown.step is not None else yielded_so_far
            in_a_list = shown.content is not None
            yield self._fact(file, shown, entry.title, None if in_a_list else of_facts(repair, file, frame, shown))

    def _fact(self, file: PythonFile, shown: Shown, what: str, repair: Callable[[Any], Offer] | None) -> Fact:
        return file.fact(
            self,
            Span(shown.start, shown.end),
            what=what,
            fault=shown.fault.value,
            label=_LABELS[shown.fault],
            help=partial(_help, shown),
            repair=repair,
            related=_shown_at(file, shown),
        )


def _help(shown: Shown, repair: Offer) -> str:
    advice = _TEXT if shown.fault is Fault.OBJECTS else _HELP[shown.shows]
    return f"{advice}; {no_fix(repair)}" if isinstance(repair, Refusal) else advice


def _shown_at(file: PythonFile, shown: Shown) -> tuple[Related, ...]:
    hops = file.related(shown.drain.hops[1:]) if shown.drain is not None else ()
    show = shown.show
    if show is None or show.start <= shown.start < show.end:
        return hops
    return (Related(file.place(show), "the text is shown here"), *hops)


_LABELS = {
    Fault.COLLECTED: "takes every token before any of them is shown",
    Fault.DESCRIBED: "is an iterator, not text",
    Fault.WHOLE_OBJECT: "is the object around the tokens",
    Fault.OBJECTS: "gives objects, not text",
    Fault.ONE_BY_ONE: "is one token, without those before it",
}
_TEXT = "give it the text of each: of a chunk of LlamaIndex `.delta`, of an event the part that is new"
_HELP = {
    Shows.GIVEN: "`st.write_stream(response.response_gen)` shows each token when it is made, and returns the text",
    Shows.MESSAGES: "send an empty message, and give it each token with `await message.stream_token(token)`",
    Shows.RESULTS: "yield the text so far in the loop that takes the tokens",
}
