"""Which texts of whole streams a page shows: small pages, asked directly."""

from __future__ import annotations

import pytest

from streamlint.faults.pages import Pages

from .asking import Program

PAGE = """\
import streamlit as st
from llama_index.core import VectorStoreIndex

engine = VectorStoreIndex([]).as_query_engine(streaming=True)
answer = engine.query(st.text_input("?"))
"""


def faults(page: str) -> list[str]:
    program = Program(PAGE + page + "\n")
    module = program.module()
    frame = program.evaluator.any_call(module, module.scopes[0])
    entries = program.project.entries_of(module.path)
    return [
        shown.fault.name for call in frame.scope.calls for shown in program.project.ask(Pages).by(call, frame, entries)
    ]


TEXT = "text = ''.join(answer.response_gen)\n"
LOOP = "text = ''\nfor token in answer.response_gen:\n    text += token\n"
PARTS = "parts = []\nfor token in answer.response_gen:\n    parts.append(token)\n"


@pytest.mark.parametrize(
    ("page", "expected"),
    [
        (TEXT + "st.write(text)", ["COLLECTED"]),
        (TEXT + "st.write(text.strip())", ["COLLECTED"]),
        (TEXT + "st.write(f'{text}!')", ["COLLECTED"]),
        (TEXT + "st.write('Answer: ' + text)", ["COLLECTED"]),
        (TEXT + "st.write(len(text))", []),
        (TEXT + "text = other()\nst.write(text)", []),
        (TEXT + "if other():\n    text = other()\nst.write(text)", ["COLLECTED"]),
        (TEXT + "copy = text\nst.write(copy)", []),
        ("st.write(''.join(answer.response_gen))", ["COLLECTED"]),
        ("parts = [token for token in answer.response_gen]\nst.write(''.join(parts))", ["COLLECTED"]),
        (LOOP + "st.write(text)", ["COLLECTED"]),
        (LOOP + "text = other()\nst.write(text)", []),
        (PARTS + "st.write(''.join(parts))", ["COLLECTED"]),
        ("st.write_stream(answer.response_gen)", []),
        ("st.write(answer.response_gen)", []),
        ("st.markdown(answer.response_gen)", ["DESCRIBED"]),
        ("st.write_stream(answer)", ["WHOLE_OBJECT"]),
        (TEXT + "box = st.empty()\nbox.write(text)", ["COLLECTED"]),
        (TEXT + "with st.container() as box:\n    box.write(text)", ["COLLECTED"]),
        (TEXT + "box = other()\nbox.write(text)", []),
        (TEXT + "left, right = st.columns(2)\nleft.write(text)", []),
        (TEXT + "for box in boxes:\n    box.write(text)", []),
    ],
)
def test_what_a_page_shows(page: str, expected: list[str]) -> None:
    assert faults(page) == expected


CALLBACK = """\
from llama_index.core import VectorStoreIndex

engine = VectorStoreIndex([]).as_query_engine(streaming=True)


def words():
    yield "one"


def shown(message):
    answer = engine.query(message)
"""


def replaced(body: str) -> list[str]:
    program = Program(CALLBACK + "".join(f"    {line}\n" for line in body.splitlines()))
    frame = program.evaluator.any_call(program.module(), program.function("shown"))
    return [each.fault.name for each in program.project.ask(Pages).of_callback(frame)]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("yield from answer.response_gen", ["ONE_BY_ONE"]),
        ("yield from words()", []),
        ("yield from [token for token in answer.response_gen]", []),
        ("yield from (f'{token}!' for token in answer.response_gen)", []),
        ("yield from message", []),
        ("for token in answer.response_gen:\n    yield token", ["ONE_BY_ONE"]),
        ("for token in answer.response_gen:\n    yield", []),
        ("text = ''\nfor token in answer.response_gen:\n    text += token\n    yield text", []),
        ("for token in words():\n    yield token", []),
        ("yield next(answer.response_gen)", []),
    ],
)
def test_what_replaces_what_a_callback_showed_before(body: str, expected: list[str]) -> None:
    assert replaced(body) == expected
