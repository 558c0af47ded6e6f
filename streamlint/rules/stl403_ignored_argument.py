from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact, of_facts
from streamlint.faults.drifted import Drift, Drifted
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix, Level
from streamlint.model import syntax as ir
from streamlint.repairs.arguments import without_keyword
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile

_IGNORED = "the argument is ignored already"
_UNKNOWN = "no file says which release is used, and before {since} the argument does something"
_EVER = "0.9"
"""The oldest release that was looked at."""


class IgnoredArgument(Rule):
    """
    ## What it does

    Finds keyword arguments that a release of LlamaIndex takes without a word and does nothing with: `service_context=` since 0.11,
    `as_chat_engine(streaming=True)` in every release. `as_query_engine(stream=True)` is reported by STL106.

    ## Why it breaks streaming

    `**kwargs` swallows the argument, and the code looks as if it had an effect: the index uses the default model and embedding,
    and a chat engine that is asked with `chat` answers whole, whatever `streaming=` said.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    index = VectorStoreIndex.from_documents(documents)
    chat_engine = index.as_chat_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        response = index.as_chat_engine(streaming=True).stream_chat(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse
    from llama_index.core import VectorStoreIndex

    app = FastAPI()
    index = VectorStoreIndex.from_documents(documents)
    chat_engine = index.as_chat_engine()


    @app.get("/chat")
    def chat(q: str):
        response = index.as_chat_engine().stream_chat(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    `safe` for a name or a constant, which does nothing when it is left out; `unsafe` where no file says which release is used, and
    an older one reads the argument. There is no fix where the argument is a call, or where
    a loop gives each call another one.

    ## References

    - [LlamaIndex: from ServiceContext to Settings](https://docs.llamaindex.ai/en/stable/module_guides/supporting_modules/service_context_migration/)
    """

    code = "STL403"
    name = "ignored-argument"
    severity = Severity.WARNING
    symptom = Symptom.WRONG_TEXT
    since = "0.1.0"
    stands_on = ("Call", "Attribute", "Name", "SimpleString", "Integer")
    words = ("llama_index",)
    anywhere = ("llama_index",)
    message = "`{keyword}=` of `{call}` is ignored{where}, so {effect}"

    @on(ir.Call)
    def called(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for drifted in file.project.ask(Drift).ignored(call, file.frame(scope)):
            if drifted.argument is not None:
                yield file.fact(
                    self,
                    drifted.argument,
                    keyword=drifted.change.name,
                    call=file.one_line(call.function),
                    effect=drifted.change.effect,
                    where=_where(drifted),
                    help=drifted.change.use,
                    repair=of_facts(partial(_left_out, file, call, drifted)),
                )


def _where(drifted: Drifted) -> str:
    if drifted.change.since == _EVER:
        return ""
    return f" since LlamaIndex {drifted.change.since}"


def _left_out(file: PythonFile, call: ir.Call, drifted: Drifted) -> Fix | None:
    value = drifted.argument
    if not isinstance(value, ir.Name | ir.Constant) or (isinstance(value, ir.Name) and _differs(file, value)):
        return None
    edit = without_keyword(file, call, value)
    if edit is None:
        return None
    is_sure = drifted.release or drifted.change.since == _EVER
    level, reason = (Level.SAFE, _IGNORED) if is_sure else (Level.UNSAFE, _UNKNOWN.format(since=drifted.change.since))
    return Fix(f"leave out `{drifted.change.name}=`", (edit,), level, reason, drops=(file.text(value),))


def _differs(file: PythonFile, name: ir.Name) -> bool:
    """Whether a loop gives each call another one: whoever made them wants that, and has to say it in another way."""
    bound = (scope.bindings[index] for scope in file.facts.around(name) for index in scope.by_name.get(name.id, ()))
    return any(one.kind == "loop" for one in bound)
