"""Whose calls make tokens beside LlamaIndex's: the table, what the model makes of it, and the packages themselves."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys

import pytest

from streamlint.knowledge.blocking import BlockingCalls
from streamlint.knowledge.table import read
from streamlint.knowledge.token_streams import TEXT, WHOLE, Made, token_stream_facts
from streamlint.repairs.elements import texts_of
from streamlint.values.domain import Instance, Token, Tokens
from streamlint.values.limits import Limit

from .asking import Program

HEAD = """\
import anthropic, cohere, groq, huggingface_hub, litellm, llama_cpp, mistralai, ollama, openai, pydantic_ai, transformers
from google import genai
from langchain_core.output_parsers import StrOutputParser
from langchain_core.prompts import ChatPromptTemplate
from langchain_openai import ChatOpenAI

prompt = ChatPromptTemplate.from_template('{q}')
options = {'model': 'm', 'stream': True}
whole = {'model': 'm'}


async def served(flag):
"""
STREAMS = [
    ("openai.OpenAI().chat.completions.create(model='m', messages=[], stream=True)", False, "choices[0].delta.content"),
    ("openai.AzureOpenAI().chat.completions.create(**options)", False, "choices[0].delta.content"),
    ("await openai.AsyncOpenAI().chat.completions.create(stream=True)", True, "choices[0].delta.content"),
    ("await openai.AsyncAzureOpenAI().responses.create(stream=True)", True, "delta"),
    ("openai.OpenAI().completions.create(prompt='', stream=True)", False, "choices[0].text"),
    ("anthropic.Anthropic().messages.create(stream=True)", False, "delta.text"),
    ("await anthropic.AsyncAnthropic().messages.create(stream=True)", True, "delta.text"),
    ("genai.Client().models.generate_content_stream(model='m')", False, "text"),
    ("await genai.Client().aio.models.generate_content_stream(model='m')", True, "text"),
    (
        "await genai.Client().aio.chats.create(model='m').send_message_stream('?')",
        True,
        "candidates[0].content.parts[0].text",
    ),
    ("mistralai.Mistral().chat.stream(model='m')", False, "data.choices[0].delta.content"),
    ("await mistralai.Mistral().chat.stream_async(model='m')", True, "data.choices[0].delta.content"),
    ("ollama.chat(model='m', stream=True)", False, "message.content"),
    ("ollama.chat(model='m', stream=True)", False, "['message']['content']"),
    ("ollama.chat(model='m', stream=True)", False, "get('message').get('content')"),
    ("await ollama.AsyncClient().generate(model='m', stream=True)", True, "response"),
    ("litellm.completion(model='m', stream=True)", False, "choices[0].delta.content"),
    ("await litellm.acompletion(model='m', stream=True)", True, "choices[0].delta.content"),
    ("ChatOpenAI().stream('?')", False, "content"),
    ("ChatOpenAI().astream('?')", True, "content"),
    ("(prompt | ChatOpenAI() | StrOutputParser()).stream({})", False, ""),
    ("({'q': str} | prompt | ChatOpenAI() | StrOutputParser()).astream({})", True, ""),
    ("(prompt | ChatOpenAI()).stream({})", False, "content"),
    ("huggingface_hub.InferenceClient().chat_completion([], stream=True)", False, "choices[0].delta.content"),
    ("await huggingface_hub.AsyncInferenceClient().text_generation('?', stream=True)", True, ""),
    ("groq.Groq().chat.completions.create(stream=True)", False, "choices[0].delta.content"),
    ("cohere.ClientV2().chat_stream(model='m')", False, "delta.message.content.text"),
    ("llama_cpp.Llama('m')('?', stream=True)", False, "['choices'][0]['text']"),
    ("transformers.TextIteratorStreamer(None)", False, ""),
]


@pytest.mark.parametrize(("call", "is_async", "text"), STREAMS)
def test_what_makes_tokens(call: str, is_async: bool, text: str) -> None:
    loop = "async for" if is_async else "for"
    item = f"chunk{text}" if text.startswith("[") else f"chunk.{text}" if text else "chunk"
    program = Program(f"{HEAD}    {loop} chunk in «stream:{call}»:\n        «{item}»\n")
    [stream], [token] = program.values("stream"), program.values()
    assert isinstance(stream, Tokens)
    assert stream.is_async is is_async
    assert isinstance(token, Token)
    assert token.items == TEXT


@pytest.mark.parametrize(
    "call",
    [
        "openai.OpenAI().chat.completions.create(model='m', messages=[])",
        "openai.OpenAI().chat.completions.create(model='m', messages=[], stream=False)",
        "openai.OpenAI().chat.completions.create(model='m', messages=[], stream=flag)",
        "openai.OpenAI().chat.completions.create(**whole)",
        "openai.OpenAI().embeddings.create(stream=True)",
        "ollama.chat(model='m')",
        "(prompt | StrOutputParser()).stream({})",
        "huggingface_hub.InferenceClient().text_generation('?', stream=True, details=True)",
        "flag | prompt",
    ],
)
def test_what_makes_none(call: str) -> None:
    program = Program(f"{HEAD}    «{call}»\n")
    assert program.evaluator.tokens(program.values()) is None


@pytest.mark.parametrize(
    ("call", "item", "text"),
    [
        ("anthropic.Anthropic().messages.stream(model='m')", "stream.text_stream", "piece"),
        ("anthropic.Anthropic().messages.stream(model='m')", "stream", "piece.delta.text"),
        ("openai.OpenAI().chat.completions.stream(model='m')", "stream", "piece.delta"),
    ],
)
@pytest.mark.parametrize("kind", ["", "async "])
def test_what_is_entered_first(call: str, item: str, text: str, kind: str) -> None:
    call = call.replace("Anthropic()", "AsyncAnthropic()").replace("OpenAI()", "AsyncOpenAI()") if kind else call
    program = Program(
        f"{HEAD}    {kind}with {call} as stream:\n        {kind}for piece in «stream:{item}»:\n            «{text}»\n"
    )
    tokens = program.evaluator.tokens(program.values("stream"))
    assert tokens is not None
    assert tokens.is_async is bool(kind)
    [token] = program.values()
    assert isinstance(token, Token)
    assert token.items == TEXT


def test_text_that_repeats_what_came_before() -> None:
    result = "agent = pydantic_ai.Agent('m')\n    async with agent.run_stream('?') as result:\n"
    for given, items in (("", WHOLE), ("delta=True", TEXT), ("delta=False", WHOLE)):
        program = Program(
            f"{HEAD}    {result}        async for text in result.stream_text({given}):\n            «text»\n"
        )
        [token] = program.values()
        assert isinstance(token, Token)
        assert token.items == items


def test_a_chain_is_what_it_ends_in() -> None:
    program = Program(f"{HEAD}    «text:prompt | ChatOpenAI() | StrOutputParser()», «message:prompt | ChatOpenAI()»\n")
    blocking = BlockingCalls()
    for mark in ("text", "message"):
        [chain] = program.values(mark)
        assert isinstance(chain, Instance)
        assert blocking.call(f"{chain.name}.invoke") is not None
    assert program.values("text") != program.values("message")


@pytest.mark.parametrize(
    ("items", "written"),
    [
        ("chunk", '(chunk.delta or "" for chunk in tokens)'),
        ("openai.chat", '(chunk.choices[0].delta.content or "" for chunk in tokens if chunk.choices)'),
        ("ollama.chat", "(chunk.message.content for chunk in tokens)"),
        ("llama_cpp.chat", '(chunk["choices"][0]["delta"].get("content") or "" for chunk in tokens)'),
        ("google.genai", '(chunk.text or "" for chunk in tokens)'),
        ("anthropic.event", None),
        ("event", None),
        ("whole", None),
    ],
)
def test_the_text_of_items_as_code(items: str, written: str | None) -> None:
    known = token_stream_facts().items(items)
    assert known is not None
    assert texts_of(known, "tokens", False) == written


# The table and the packages

TABLE = read("token_streams")


def test_every_kind_of_items_has_a_row() -> None:
    facts = token_stream_facts()
    used = {row.text("items") for row in TABLE.rows("made")} - {"", TEXT}
    assert used <= {row.text("name") for row in TABLE.rows("items")}
    assert not [items for items in used if facts.items(items) is None]


def test_every_row_says_the_release_that_it_was_read_in() -> None:
    rows = (*TABLE.rows("made"), *TABLE.rows("class"))
    assert not [row.values for row in rows if not row.text("release")]


# Runs in an interpreter of its own: these packages configure things when they are imported.
ASKER = """
import importlib, inspect, json, sys, warnings

warnings.simplefilter("ignore")

def made(client):
    try:
        return client(api_key="x")
    except TypeError:
        return client()

def found(dotted, aliases):
    for start, name in aliases.items():
        if dotted.startswith(start + "."):
            dotted = name + dotted[len(start):]
    parts = dotted.split(".")
    for end in range(len(parts), 0, -1):
        try:
            value = importlib.import_module(".".join(parts[:end]))
            break
        except ImportError:
            continue
    for part in parts[end:]:
        if inspect.isclass(value) and not hasattr(inspect.getattr_static(value, part, None), "__call__"):
            value = made(value)
        value = getattr(value, part)
    value = inspect.unwrap(value)
    if inspect.iscoroutinefunction(value):
        return "coroutine"
    returned = str(inspect.signature(value).return_annotation) if inspect.isfunction(value) else ""
    if inspect.isasyncgenfunction(value) or returned.startswith("AsyncIterator"):
        return "async-iterator"
    return "plain"

print(json.dumps({name: found(name, json.loads(sys.argv[2])) for name in json.loads(sys.argv[1])}))
"""
ALIASES = {
    "mistralai.Mistral": "mistralai.client.Mistral",
    "langchain_core.runnables.TextSequence": "langchain_core.runnables.Runnable",
}
"""Where a row's name stands for something that is imported under another."""
PACKAGES = (
    "anthropic",
    "google.genai",
    "huggingface_hub",
    "langchain_core",
    "litellm",
    "mistralai",
    "ollama",
    "openai",
)
OTHERS = ("openai.ChatCompletion.", "mistralai.client.MistralClient.", "mistralai.async_client.")
"""Of releases that are too old to be installed beside the others."""


@pytest.fixture(scope="module")
def introspected() -> dict[str, str]:
    names = [name for row in TABLE.rows("made") for name in row.texts("by") if name.startswith(PACKAGES)]
    names = [name for name in names if not name.startswith(OTHERS)]
    command = [sys.executable, "-c", ASKER, json.dumps(names), json.dumps(ALIASES)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    return dict(json.loads(done.stdout.splitlines()[-1]))


def test_the_packages_are_there() -> None:
    assert all(importlib.util.find_spec(name) is not None for name in PACKAGES)


def test_the_table_says_what_the_packages_do(introspected: dict[str, str]) -> None:
    kinds = {Made.COROUTINE: {"coroutine"}, Made.ASYNC_ITERATOR: {"async-iterator"}}
    said = {
        name: Made(row.text("is")) for row in TABLE.rows("made") for name in row.texts("by") if name in introspected
    }
    assert len(said) == len(introspected) > 40
    wrong = {
        name: (made, introspected[name])
        for name, made in said.items()
        if introspected[name] not in kinds.get(made, {"plain"})
    }
    assert not wrong


def passing_on(generators: int) -> str:
    """Generators each of which passes on all others."""
    text = ""
    for number in range(generators):
        others = "".join(f"    yield from g{other}()\n" for other in range(generators) if other != number)
        text += f"def g{number}():\n    yield 1\n{others}\n\n"
    return f"{text}def served():\n    x = g0()\n"


def test_generators_that_pass_on_one_another_are_looked_into_once_each() -> None:
    program = Program(passing_on(6))
    module = program.module()
    scope = next(one for one in module.scopes if one.name == "served")
    evaluator = program.evaluator
    values = evaluator.binding(scope.bindings[0], evaluator.any_call(module, scope))
    assert evaluator.tokens(values) is None
    assert sum(row.times for row in evaluator.limits.ended if row.limit is Limit.WRAPPERS) <= 6
