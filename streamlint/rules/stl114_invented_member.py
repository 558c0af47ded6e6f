from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.faults.invented import Invention, Inventions
from streamlint.finding import Severity, Symptom
from streamlint.fix import Edit, Fix, Level
from streamlint.knowledge.llama_index import Role
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.source import Span
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS
from streamlint.within import requests

_KINDS = {
    Role.QUERY_ENGINE: "a query engine",
    Role.CHAT_ENGINE: "a chat engine",
    Role.RESPONSE: "a finished answer",
    Role.STREAM: "a streaming answer",
    Role.ASYNC_STREAM: "a streaming answer",
    Role.CHAT_STREAM: "a streaming answer",
    Role.WORKFLOW_HANDLER: "the handler of a run",
}
_REASON = "the request is answered, where it failed"


class InventedMember(Rule):
    """
    ## What it does

    Finds methods and keywords about streams that LlamaIndex does not have, on objects that are surely its own: `astream_query` of a
    query engine, `astream_response` of an answer, `query(q, streaming=True)`, `print_response_stream()` of a finished answer.

    ## Why it breaks streaming

    Whether an answer of a query engine streams is decided where the engine is built, and the tokens are taken from the answer; chat
    engines have methods of their own for it. Any other name is an `AttributeError` or a `TypeError` in the first request. Measured:
    status 500 before the model is asked.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        answer = await index.as_query_engine(streaming=True).astream_query(q)
        return StreamingResponse(answer.async_response_gen(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    async def chat(q: str):
        answer = await index.as_query_engine(streaming=True).aquery(q)
        return StreamingResponse(answer.async_response_gen(), media_type="text/plain")
    ```

    ## Fix safety

    `response`: the request is answered where it failed. A method is named as it is where the one that exists takes and gives the
    same; there is no fix where the engine does not stream, for keywords, and where more than one argument is given.

    ## References

    - [LlamaIndex: streaming](https://docs.llamaindex.ai/en/stable/module_guides/deploying/query_engine/streaming/)
    """

    code = "STL114"
    name = "invented-member"
    severity = Severity.ERROR
    symptom = Symptom.FAILS
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "{what} of {owner}, so the request fails"

    @on(ir.Attribute, where=requests)
    def named(self, attribute: ir.Attribute, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        found = file.project.ask(Inventions).of_attribute(attribute, file.frame(scope))
        if found is not None:
            yield file.fact(
                self,
                attribute,
                owner=_KINDS[found.owner.role],
                what=f"`{found.member}` is no member",
                label="no release of LlamaIndex has it",
                help=_help(found),
                repair=lambda _: _renamed(attribute, found),
            )

    @on(ir.Call, where=requests)
    def given(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        found = file.project.ask(Inventions).of_call(call, file.frame(scope))
        if found is not None:
            invention, value = found
            yield file.fact(
                self,
                value,
                owner=f"`{invention.member}` of {_KINDS[invention.owner.role]}",
                what=f"`{invention.keyword}` is no argument",
                label="no release of LlamaIndex takes it",
                help=_help(invention),
            )


def _help(found: Invention) -> str:
    match found.owner.role:
        case Role.QUERY_ENGINE if not found.keyword:
            return f"build the engine with `streaming=True`, ask it with `{found.instead}`, and send the tokens of the answer"
        case Role.QUERY_ENGINE:
            return "leave it out: the engine streams where it is built with `streaming=True`"
        case Role.CHAT_ENGINE:
            return "ask with `stream_chat`, or `await ... .astream_chat(...)`, which always stream"
        case Role.RESPONSE:
            return "build the engine with `streaming=True`, or use the text of the answer: `str(answer)`"
        case Role.WORKFLOW_HANDLER:
            return "its events come from `stream_events()`"
    return "its tokens are `response_gen`, or `async_response_gen()` of an answer that was asked for with `await`"


def _renamed(attribute: ir.Attribute, found: Invention) -> Fix | None:
    if not found.is_renamed:
        return None
    edit = Edit(Span(attribute.end - len(found.member), attribute.end), found.instead)
    return Fix(f"call `{found.instead}`", (edit,), Level.RESPONSE, _REASON, drops=(f"_.{found.member}(_)",))
