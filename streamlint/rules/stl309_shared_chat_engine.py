from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact
from streamlint.finding import Related, Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.rule import Rule, on
from streamlint.serving import Entry
from streamlint.sharing.conversations import Conversations
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.sharing.message_lists import MessageLists
from streamlint.tree.python import PythonFile
from streamlint.values.domain import Origin


class SharedChatEngine(Rule):
    """
    ## What it does

    Finds chat engines, and memories and contexts that engines and agents are given, which are made once, at module level, at
    start-up, as a default, by a cached function, or by the first request that finds none (`if not hasattr(app, "engine")`), and
    that request handlers talk to. Query engines keep no history and may be shared. Such conversations are also chains and agents
    of LangChain that are made once with a `memory`, chats of Gemini (`client.chats.create`, `model.start_chat`), and a list of
    messages at module level that handlers add what users say to, and that a model is given.

    ## Why it breaks streaming

    A chat engine holds the history of one conversation. Shared, it mixes all users' questions and answers, and what one user
    wrote is part of the next user's prompt. Measured: the history that the second client met held the question of the first.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()
    chat_engine = index.as_chat_engine(chat_mode="context")


    @app.get("/chat")
    def chat(q: str):
        response = chat_engine.stream_chat(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    @app.get("/chat")
    def chat(q: str):
        chat_engine = index.as_chat_engine(chat_mode="context")
        response = chat_engine.stream_chat(q)
        return StreamingResponse(response.response_gen, media_type="text/plain")
    ```

    ## Fix safety

    There is no fix: only you know how a request names its conversation. An engine is cheap to make: make one for each request
    and give it a memory that belongs to the session, or keep a dict of engines by session.

    ## References

    - [LlamaIndex: chat engines](https://docs.llamaindex.ai/en/stable/module_guides/deploying/chat_engines/)
    - [LlamaIndex: chat stores](https://docs.llamaindex.ai/en/stable/module_guides/storing/chat_stores/)
    """

    code = "STL309"
    name = "shared-chat-engine"
    severity = Severity.ERROR
    symptom = Symptom.WRONG_TEXT
    since = "0.1.0"
    stands_on = ("Call",)
    message = "`{engine}` is one conversation for all users of {route}"
    words = ("chat", "memory", "ctx", "chain", "agent", "conversation", "messages", "role", "send_message")

    @on(ir.Call)
    def kept_in_a_list(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        found = file.project.ask(MessageLists).shared(call, file.frame(scope))
        reached = file.project.ask(Lifetimes).asked(file.facts, scope) if found is not None else None
        if found is not None and reached is not None and reached.entry is not None:
            yield self._fact(file, call, reached.entry, *found, _LIST)

    @on(ir.Call)
    def named_alike(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        conversations = file.project.ask(Conversations)
        if not conversations.may_be_shared(call):
            return
        reached = file.project.ask(Lifetimes).asked(file.facts, scope)
        found = conversations.shared(call, file.frame(scope)) if reached is not None else None
        if found is not None and reached is not None and reached.entry is not None:
            yield self._fact(file, call, reached.entry, *found, _SESSION)

    @on(ir.Call)
    def shared(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        lifetimes = file.project.ask(Lifetimes)
        if not lifetimes.is_about_memory(call):
            return
        reached = lifetimes.asked(file.facts, scope)
        if reached is None or reached.entry is None:
            return
        frame = file.frame(scope)
        asked = lifetimes.turn(call, frame)
        engine = lifetimes.shared_engine(call, frame)
        if engine is not None and asked is not None:
            yield self._fact(file, call, reached.entry, asked.base, engine, _ENGINE)
        memory = lifetimes.shared_memory(call, frame) if engine is None else None
        if memory is not None:
            yield self._fact(file, call, reached.entry, *memory, _MEMORY)
        chat = lifetimes.shared_chat(call, frame)
        if chat is not None:
            yield self._fact(file, call, reached.entry, *chat, _CHAIN)
        chain = lifetimes.shared_chain(call, frame) if engine is None and memory is None else None
        if chain is not None:
            yield self._fact(file, call, reached.entry, *chain, _CHAIN)

    def _fact(
        self, file: PythonFile, call: ir.Call, entry: Entry, shared: ir.Expression, origin: Origin, way_out: str
    ) -> Fact:
        place = file.project.place(origin.path, origin.start, origin.end)
        return file.fact(
            self,
            call,
            engine=file.one_line(shared),
            route=entry.title,
            label="adds to a history that every user shares",
            related=(Related(place, _ONCE[way_out is _LIST]),) if place is not None else (),
            help=way_out,
        )


_ONCE = ("made once, for all requests", "begun once, for all requests")
_ENGINE = "make the engine for each request, with a memory that belongs to the user's session"
_CHAIN = "make it for each request, with the history of the session that the request names"
_SESSION = "name the session of the request in `config`, and keep one history for each"
_LIST = "keep one list for each session, or let the client send what was said before"
_MEMORY = "make one for each session, or find it by the session that the request names"
