"""STL111 streamlit-buffered: the page shows nothing until the last token was made, or never the text."""

from __future__ import annotations

import pytest

from .measure import broken_and_fixed, measure, repeated

ANSWER = "".join(f"tok{number} " for number in range(20))
PAGE = """
import streamlit as st

response = index.as_query_engine(streaming=True).query(st.query_params["q"])
"""
JOINED = PAGE + 'st.markdown("".join(response.response_gen))\n'
AS_TEXT = PAGE + "st.write(str(response))\n"
DESCRIBED = PAGE + "st.markdown(response.response_gen)\n"
KEPT = PAGE + 'text = "".join(response.response_gen)\nst.markdown(text)\nst.session_state["last"] = text\n'
LOOP = (
    PAGE
    + """
text = ""
for token in response.response_gen:
    text += token
st.write(text)
st.session_state["last"] = text
"""
)
HELPER = """
import streamlit as st


def ask(question):
    response = index.as_query_engine(streaming=True).query(question)
    return "".join(response.response_gen)


st.markdown(ask(st.query_params["q"]))
"""
CHAT = """
import gradio as gr


def chat(message, history):
    for token in index.as_query_engine(streaming=True).query(message).response_gen:
        yield token


demo = gr.ChatInterface(chat)
"""
CHAT_JOINED = """
import gradio as gr


def chat(message, history):
    return "".join(index.as_query_engine(streaming=True).query(message).response_gen)


demo = gr.ChatInterface(chat)
"""


@pytest.mark.parametrize("code", [JOINED, AS_TEXT, KEPT, LOOP, HELPER])
@repeated
def test_joined_text_appears_at_once(code: str) -> None:
    broken, fixed = broken_and_fixed(code, select=("STL111",), framework="streamlit", server="uvicorn")
    assert broken.buffered
    assert fixed.streamed
    assert broken.body.strip() == fixed.body.strip() == ANSWER.strip()


@repeated
def test_an_iterator_is_described() -> None:
    broken, fixed = broken_and_fixed(DESCRIBED, select=("STL111",), framework="streamlit", server="uvicorn")
    assert "generator object" in broken.body
    assert fixed.streamed
    assert fixed.body.strip() == ANSWER.strip()


@repeated
def test_gradio_keeps_the_last_token_alone() -> None:
    broken, fixed = broken_and_fixed(CHAT, select=("STL111",), framework="gradio", server="uvicorn")
    assert "tok0 tok1 " not in broken.body
    assert fixed.streamed
    assert ANSWER.strip() in fixed.body


@repeated
def test_gradio_waits_for_joined_text() -> None:
    assert measure(CHAT_JOINED, framework="gradio", server="uvicorn").first_token_ratio > 0.8
