"""What the model says of LlamaIndex objects and of the tokens that they give."""

from __future__ import annotations

import pytest

from streamlint.project import Project
from streamlint.sharing.lifetimes import Lifetimes
from streamlint.streams import Sent
from streamlint.streams.mismatches import Mismatches
from streamlint.timings import Effort
from streamlint.values.domain import Llama, Token, Tokens
from streamlint.waiting import Blocking

from .asking import ROOT, Program

HEAD = """\
from llama_index.core import VectorStoreIndex, get_response_synthesizer

index = VectorStoreIndex([])
engine = index.as_query_engine(streaming=True)
whole = index.as_query_engine()
either = index.as_query_engine(streaming=flag)
talk = index.as_chat_engine()


"""


def one(expression: str) -> tuple[Program, object]:
    program = Program(f"{HEAD}«{expression}»\n")
    [value] = program.values()
    return program, value


@pytest.mark.parametrize(
    ("expression", "streaming"),
    [
        ("get_response_synthesizer(streaming=True)", True),
        ("get_response_synthesizer(streaming=False)", False),
        ("get_response_synthesizer(streaming=flag)", None),
        ("engine", True),
        ("whole", False),
        ("either", None),
        ("index.as_query_engine(response_synthesizer=get_response_synthesizer(streaming=True))", True),
        ("index.as_query_engine(response_synthesizer=get_response_synthesizer())", False),
        ("engine.query('?')", True),
        ("whole.query('?')", False),
        ("either.query('?')", None),
    ],
)
def test_whether_it_streams(expression: str, streaming: bool | None) -> None:
    value = one(expression)[1]
    assert isinstance(value, Llama)
    assert value.streaming is streaming


@pytest.mark.parametrize(
    ("expression", "role"),
    [
        ("engine.query('?')", "STREAM"),
        ("whole.query('?')", "RESPONSE"),
        ("either.query('?')", "RESPONSE"),
        ("talk.stream_chat('?')", "CHAT_STREAM"),
        ("talk.chat('?')", "RESPONSE"),
    ],
)
def test_what_an_answer_is(expression: str, role: str) -> None:
    program, value = one(expression)
    assert isinstance(value, Llama)
    assert (value.role.name, value.name) == (role, "")
    assert value.origin == program.evaluator.origin(*program.at())


@pytest.mark.parametrize(
    ("expression", "are_tokens"),
    [
        ("engine.query('?').response_gen", True),
        ("either.query('?').response_gen", True),
        ("whole.query('?').response_gen", False),
        ("either.query('?').response", False),
        ("either.response_gen", False),
        ("talk.stream_chat('?').response_gen", True),
        ("talk.stream_chat", False),
    ],
)
def test_which_attributes_are_tokens(expression: str, are_tokens: bool) -> None:
    assert isinstance(one(expression)[1], Tokens) is are_tokens


@pytest.mark.parametrize(
    ("attribute", "items"),
    [
        ("delta", "text"),
        ("text", "cumulative"),
        ("response", "cumulative"),
        ("message", "chunk"),
        ("message.content", "cumulative"),
    ],
)
def test_what_a_chunk_has(attribute: str, items: str) -> None:
    program = Program(
        "from llama_index.llms.openai import OpenAI\n"
        f"for chunk in «stream:OpenAI().stream_complete('?')»:\n    «chunk.{attribute}»\n"
    )
    [stream], [token] = program.values("stream"), program.values()
    assert isinstance(stream, Tokens)
    assert isinstance(token, Token)
    assert (token.items, token.origin) == (items, stream.origin)
    assert stream.origin is not None


@pytest.mark.parametrize(
    ("call", "items", "is_async"),
    [
        ("OpenAI().stream_complete('?')", "chunk", False),
        ("OpenAI().stream('?')", "text", False),
        ("get_response_synthesizer(streaming=True).get_response('?', [])", "text", False),
        ("engine.query('?').response_gen", "text", False),
    ],
)
def test_what_comes_one_by_one(call: str, items: str, is_async: bool) -> None:
    program = Program(f"from llama_index.llms.openai import OpenAI\n{HEAD}«{call}»\n")
    [value] = program.values()
    assert isinstance(value, Tokens)
    assert (value.items, value.is_async) == (items, is_async)


@pytest.mark.parametrize(
    ("call", "is_shared"),
    [
        ("talk.chat('?')", True),
        ("talk.stream_chat('?')", True),
        ("talk.chat('?', chat_history=past)", False),
        ("talk.chat('?', **more)", False),
        ("talk.chat_repl()", False),
        ("print('?')", False),
        ("index.as_chat_engine().chat('?')", False),
        ("talks[name].chat('?')", False),
    ],
)
def test_an_engine_that_all_requests_share(call: str, is_shared: bool) -> None:
    route = "from fastapi import FastAPI\napp = FastAPI()\ntalks = {}\n\n\n@app.get('/')\nasync def home(name):\n"
    program = Program(f"{HEAD}{route}    «{call}»\n")
    expression, frame = program.at()
    found = program.project.ask(Lifetimes).shared_engine(expression, frame)  # type: ignore[arg-type]  # a call
    assert (found is not None) is is_shared


@pytest.mark.parametrize("call", ["engine.query('?')", "VectorStoreIndex(a,  b).as_query_engine().query('?')"])
def test_what_a_hold_is_called(call: str) -> None:
    program = Program(f"{HEAD}async def home():\n    «{call}»\n")
    hold = program.project.ask(Blocking).of_call(*program.at())  # type: ignore[arg-type]  # a call
    assert hold is not None
    assert hold.name == call.removesuffix("('?')").replace("  ", " ")


@pytest.mark.parametrize(
    ("call", "is_held"),
    [
        ("StorageContext.from_defaults(persist_dir=name)", True),
        ("StorageContext.from_defaults()", False),
        ("storage.from_defaults(persist_dir=name)", True),
        ("storage.from_defaults()", False),
        ("VectorStoreIndex.from_documents(name)", True),
        ("VectorStoreIndex.from_documents([])", False),
        ("VectorStoreIndex.from_documents(list())", False),
        ("VectorStoreIndex.from_documents(list(name))", True),
        ("VectorStoreIndex.from_documents(None)", False),
        ("load_index_from_storage(storage)", True),
        ("engine.aquery(name)", False),
        ("engine.retrieve(name)", True),
    ],
)
def test_what_holds_a_thread(call: str, is_held: bool) -> None:
    text = "from llama_index.core import StorageContext, load_index_from_storage\nstorage = StorageContext.from_defaults()\n"
    program = Program(f"{HEAD}{text}async def home(name):\n    «{call}»\n")
    hold = program.project.ask(Blocking).of_call(*program.at())  # type: ignore[arg-type]  # a call
    assert (hold is not None) is is_held


def test_a_generator_that_passes_itself_on_is_sent_once() -> None:
    program = Program(
        "from starlette.responses import StreamingResponse\n\n\n"
        "def tokens(depth):\n    yield 'a'\n    yield from tokens(depth + 1)\n\n\n"
        "def home():\n    return StreamingResponse(tokens(0))\n"
    )
    sent = program.project.ask(Sent)
    found = sent.generator(program.module().path, program.function("tokens"))
    assert {one.sending for one in found} == set(sent.all)
    assert len(sent.all) == 1
    assert sent.generator(program.module().path, program.function("home")) == ()


def test_a_value_without_a_place_was_made_by_no_call() -> None:
    program, value = one("talk.chat('?')")
    assert isinstance(value, Llama)
    assert program.project.ask(Mismatches).call_at(None) is None
    found = program.project.ask(Mismatches).call_at(value.origin)
    assert found is not None
    assert found[2] is program.at()[0]


def test_what_was_never_asked_took_nothing() -> None:
    assert Project(ROOT, ()).effort() == Effort(0, ())
    program, _ = one("talk.chat('?')")
    assert program.project.effort().steps > 0


@pytest.mark.parametrize("call", ["index.insert(flag)", "talk.reset()", "engine.retriever.unknown()"])
def test_what_gives_nothing_that_is_known(call: str) -> None:
    program = Program(f"{HEAD}«{call}»\n")
    assert program.said() <= {"?", "None"}


@pytest.mark.parametrize(
    ("name", "is_known"),
    [
        ("llama_index.core.VectorStoreIndex", True),
        ("llama_index.core.VectorStoreIndex.from_documents", True),
        ("llama_index.core.load_index_from_storage", True),
        ("llama_index.core.unknown", False),
        ("llama_index.core.query_engine", False),
        ("other.VectorStoreIndexes", False),
    ],
)
def test_which_names_llama_index_has_a_part_in(name: str, *, is_known: bool) -> None:
    assert Program("x = 1\n").evaluator.calls.llama.knows(name) is is_known


@pytest.mark.parametrize(
    ("before", "is_shared"),
    [
        ("pass", True),
        ("name.kept = []", True),
        ("talk['kept'] = []", True),
        ("talk.history = []", False),
    ],
)
def test_a_chat_whose_history_a_request_begins_anew(before: str, *, is_shared: bool) -> None:
    client = "import google.generativeai as genai\ntalk = genai.GenerativeModel('gemini-pro').start_chat()\n"
    route = "from fastapi import FastAPI\napp = FastAPI()\n\n\n@app.get('/')\nasync def home(name):\n"
    program = Program(f"{client}{route}    {before}\n    «talk.send_message(name)»\n")
    call, frame = program.at()
    found = program.project.ask(Lifetimes).shared_chat(call, frame)  # type: ignore[arg-type]  # a call
    assert (found is not None) is is_shared


def test_a_step_that_yields_nothing_is_passed_over() -> None:
    program = Program("def steps():\n    yield\n    yield 1\n\n\n«next(steps())»\n")
    assert "1" in program.said()
