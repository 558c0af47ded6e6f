"""Whether all requests go on with one list of messages: small programs, of which each call of `append` is asked directly."""

from __future__ import annotations

import pytest

from streamlint.model import syntax as ir
from streamlint.sharing.message_lists import MessageLists

from .asking import Program

HEAD = """\
from fastapi import FastAPI
from langchain_core.messages import AIMessage, HumanMessage
from openai import OpenAI

app = FastAPI()
client = OpenAI()
said = []
others = []


def begun():
    return [{"role": "system", "content": "You are brief."}]


def ask(messages):
    return client.chat.completions.create(model="gpt-4o", messages=messages)


"""
MESSAGE = '{"role": "user", "content": q}'
ASKS = "client.chat.completions.create"


def shared(text: str) -> str | None:
    """The text of where the shared list was made that the marked call adds to; None where it adds to none."""
    program = Program(HEAD + text)
    call, frame = program.at()
    assert isinstance(call, ir.Call)
    found = program.project.ask(MessageLists).shared(call, frame)
    return frame.module.source.text[found[1].start : found[1].end] if found is not None else None


def chat(call: str, asks: str = "client.chat.completions.create(messages=said)", before: str = "pass") -> str:
    return f'@app.get("/")\ndef chat(q: str):\n    {before}\n    «{call}»\n    return {asks}\n'


@pytest.mark.parametrize(
    ("call", "is_shared"),
    [
        (f"said.append({MESSAGE})", True),
        (f"said.insert({MESSAGE})", False),
        (f"append({MESSAGE})", False),
        (f"said.append({MESSAGE}, 1)", False),
        ("said.append()", False),
        (f"said[0].append({MESSAGE})", False),
        (f"others.append({MESSAGE})", False),
        ('said.append({"role": "human", "parts": [q]})', True),
        ('said.append({"role": "assistant", "content": q})', False),
        ('said.append({"role": "user", "content": "Hello"})', False),
        ('said.append({"role": "user", "name": q})', False),
        ("said.append(HumanMessage(q))", True),
        ("said.append(AIMessage(q))", False),
        ("said.append(AIMessage(q, role='user'))", True),
        ("said.append(Message(role=Role.USER, content=q))", True),
        ("said.append(Message(role=Role.ASSISTANT, content=q))", False),
        ("said.append(q)", False),
    ],
)
def test_which_call_adds_what_a_user_says(call: str, is_shared: bool) -> None:
    assert shared(chat(call)) == ("[]" if is_shared else None)


@pytest.mark.parametrize(
    ("asks", "is_shared"),
    [
        ("client.chat.completions.create(messages=said)", True),
        ("client.chat.completions.create(messages=said[-8:])", True),
        ("client.chat.completions.create(messages=others)", False),
        ("client.chat.completions.create(keep=said)", False),
        ('requests.post("http://model", json={"messages": said})', True),
        ('requests.post("http://model", json={"kept": said})', False),
        ("model.invoke(said)", True),
        ("model.invoke(q, said)", False),
        ("engine.chat(q, said)", True),
        ("engine.chat(q, 1, said)", False),
        ("client.count(said)", False),
        ("len(said)", False),
    ],
)
def test_the_list_is_what_a_model_is_asked_with(asks: str, is_shared: bool) -> None:
    assert shared(chat(f"said.append({MESSAGE})", asks)) == ("[]" if is_shared else None)


@pytest.mark.parametrize(
    ("before", "is_shared"),
    [
        ("pass", True),
        ("said.clear()", False),
        ("others.clear()", True),
        ("said.copy()", True),
        ("if not q:\n        said.clear()", True),
        ("said = []", False),
        ("said = others", False),
    ],
)
def test_a_request_that_begins_anew_shares_nothing(before: str, is_shared: bool) -> None:
    assert shared(chat(f"said.append({MESSAGE})", before=before)) == ("[]" if is_shared else None)


@pytest.mark.parametrize(
    ("level", "made"),
    [
        ("said = list()", "list()"),
        ("first = [1]\nsaid = first", "[1]"),
        ("first = [1]\nsaid = first.copy()", "first.copy()"),
        ("said = begun(1)", None),
        ("said = {}", None),
        ("said = list\nsaid = said", None),
        ("said = [1] if app else [2]", None),
        ("def list():\n    return Kept()\nsaid = list()", None),
        ("said = said.copy(1)", None),
        ("if app:\n    said = [1]\nelse:\n    said = [2]", None),
    ],
)
def test_what_a_name_of_the_module_holds(level: str, made: str | None) -> None:
    assert shared(f"{level}\n\n\n{chat(f'said.append({MESSAGE})')}") == made


def helper(call: str, body: str = f"«messages.append({MESSAGE})»") -> str:
    return f'def told(q, messages, *, kept=()):\n    {body}\n    ask(messages)\n\n\n@app.get("/")\ndef chat(q: str):\n    {call}\n'


@pytest.mark.parametrize(
    ("call", "is_shared"),
    [
        ("told(q, said)", True),
        ("told(q, messages=said)", True),
        ("told(said, [])", False),
        ("told(q, [], kept=said)", False),
        ("told(q, begun())", False),
        ("said.clear()\n    told(q, said)", False),
        ("told(q, [])\n    told(q, said)", True),
        ("pass", False),
    ],
)
def test_a_parameter_is_what_a_caller_gives(call: str, is_shared: bool) -> None:
    assert shared(helper(call)) == ("[]" if is_shared else None)


@pytest.mark.parametrize(
    ("body", "is_shared"),
    [
        (f"«kept.append({MESSAGE})»\n    {ASKS}(messages=kept)", True),
        (f"kept = []\n    «kept.append({MESSAGE})»\n    {ASKS}(messages=kept)", False),
        (f"kept = kept or []\n    «kept.append({MESSAGE})»\n    {ASKS}(messages=kept)", False),
        (f"«q.kept.append({MESSAGE})»\n    {ASKS}(messages=q.kept)", False),
    ],
)
def test_only_the_parameter_itself(body: str, is_shared: bool) -> None:
    assert shared(helper("told(q, [], kept=said)", body)) == ("[]" if is_shared else None)


START = (
    '@app.on_event("startup")\ndef start():\n    {puts}\n\n\n@app.get("/begun")\ndef fresh():\n    return begun()\n\n\n'
)
OF_APP = """\
@app.get("/")
def chat(q: str):
    {before}
    «app.said.append(HumanMessage(q))»
    client.chat.completions.create(messages=app.said)
"""


@pytest.mark.parametrize(
    ("puts", "made"),
    [
        ("app.said = begun()", "begun()"),
        ("app.others = [1]\n    app.said = begun()", "begun()"),
        ("app.others = begun()", None),
        ("client.said = begun()", None),
        ("app['said'] = begun()", None),
        ("app.said = unknown()", None),
        ("app.said = ()", None),
    ],
)
def test_start_up_puts_a_list_on_an_object(puts: str, made: str | None) -> None:
    assert shared(START.format(puts=puts) + OF_APP.format(before="pass")) == made


@pytest.mark.parametrize(
    ("before", "is_shared"),
    [
        ("if not q:\n        app.said = []", True),
        ("app.said = begun()", False),
        ("app.said.clear()", False),
        ("app.others.clear()", True),
        ("app.others = []", True),
        ("app = Other()", False),
        ("anew()", False),
        ("if not q:\n        anew()", True),
    ],
)
def test_a_function_that_puts_another_list_there_shares_nothing(before: str, is_shared: bool) -> None:
    functions = START.format(puts="app.said = begun()") + "def anew():\n    app.said = []\n\n\n"
    assert shared(functions + OF_APP.format(before=before)) == ("begun()" if is_shared else None)


OBJECT = """\
class Chat:
    def __init__(self):
        self.said = {made}

    def answer(self, q):
        «self.said.append(HumanMessage(q))»
        return client.chat.completions.create(messages=self.{given})


"""
ROUTE = '@app.get("/")\ndef route(q: str):\n    {before}\n    return {call}.answer(q)\n'


@pytest.mark.parametrize(
    ("made", "before", "call", "expected"),
    [
        ("[1]", "pass", "CHAT", "[1]"),
        ("(1,)", "pass", "CHAT", None),
        ("[1]", "pass", "Chat()", None),
        ("[1]", "CHAT.said = []", "CHAT", None),
        ("[1]", "CHAT.said.clear()", "CHAT", None),
        ("[1]", "if not q:\n        CHAT.said.clear()", "CHAT", "[1]"),
    ],
)
def test_the_list_of_an_object(made: str, before: str, call: str, expected: str | None) -> None:
    level = "CHAT = Chat()\n\n\n" if call == "CHAT" else ""
    assert shared(OBJECT.format(made=made, given="said") + level + ROUTE.format(before=before, call=call)) == expected


@pytest.mark.parametrize(("put", "is_shared"), [("self.kept = self.said", True), ("self.kept = others", False)])
def test_a_list_has_the_name_too_under_which_an_object_keeps_it(put: str, is_shared: bool) -> None:
    text = OBJECT.format(made="[1]", given="kept").replace(
        "        self.said = [1]\n", f"        self.said = [1]\n        {put}\n"
    )
    found = shared(f"{text}CHAT = Chat()\n\n\n{ROUTE.format(before='pass', call='CHAT')}")
    assert found == ("[1]" if is_shared else None)
