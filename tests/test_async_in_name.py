"""Whether an awaited method ends in a synchronous one: each call of small programs is asked directly."""

from __future__ import annotations

import pytest

from streamlint.model import syntax as ir
from streamlint.waiting.async_in_name import AsyncInName

from .asking import Program

HEAD = """\
import requests
from llama_index.core import Settings, VectorStoreIndex
from llama_index.core.llms import CompletionResponse, CustomLLM
from llama_index.core.query_engine import RetrieverQueryEngine
from llama_index.core.retrievers import BaseRetriever
from llama_index.llms.llama_cpp import LlamaCPP
from llama_index.llms.openai import OpenAI
from llama_index.vector_stores.chroma import ChromaVectorStore


class Local(CustomLLM):
    def complete(self, prompt, **options):
        return CompletionResponse(text=prompt)

    def stream_complete(self, prompt, **options):
        yield CompletionResponse(text=prompt)


class Real(Local):
    async def astream_complete(self, prompt, **options):
        yield await ask(prompt)


class Half(Real):
    def complete(self, prompt, **options):
        return CompletionResponse(text=requests.get("https://example.org").text)


class Archive(BaseRetriever):
    def _retrieve(self, query):
        return requests.get("https://example.org").json()


class AtHand(BaseRetriever):
    def _retrieve(self, query):
        return []


class Awaiting(Archive):
    async def _aretrieve(self, query):
        return await ask(query)


index = VectorStoreIndex([])


"""


def found(call: str, sets: str = "") -> str:
    """What is said of an awaited call: class, the method that it lacks and the one that runs; with the place of the class."""
    program = Program(f"{HEAD}{sets}\n\n\nasync def chat(q, other):\n    await «{call}»\n")
    asked, frame = program.at()
    assert isinstance(asked, ir.Call)
    said = program.project.ask(AsyncInName).of_call(asked, frame)
    if said is None:
        return ""
    whose = "own" if said.owner is not None else "store" if said.is_store else "integration"
    return f"{whose} {said.name}: {said.missing}, {said.runs}"


LOCAL = "own Local: astream_complete, stream_complete"
CPP = "integration LlamaCPP: acomplete, complete"


@pytest.mark.parametrize(
    ("sets", "call", "expected"),
    [
        ("Settings.llm = LlamaCPP()", "Settings.llm.acomplete(q)", CPP),
        ("Settings.llm = LlamaCPP()", "Settings.llm.complete(q)", ""),
        ("Settings.llm = LlamaCPP()", "Settings.llm.metadata(q)", ""),
        ("Settings.llm = LlamaCPP()", "Settings.embed_model.acomplete(q)", ""),
        ("Settings.llm = LlamaCPP()", "other.llm.acomplete(q)", ""),
        (
            "Settings.llm = LlamaCPP()",
            "Settings.llm.astream_complete(q)",
            CPP.replace("acomplete, ", "astream_complete, stream_"),
        ),
        ("Settings.llm = Local()", "Settings.llm.acomplete(q)", LOCAL),
        ("Settings.llm = Real()", "Settings.llm.acomplete(q)", ""),
        ("Settings.llm = OpenAI()", "Settings.llm.acomplete(q)", ""),
        ("Settings.llm = LlamaCPP()\nSettings.llm = LlamaCPP(1)", "Settings.llm.acomplete(q)", CPP),
        ("Settings.llm = Local()\nSettings.llm = Local(1)", "Settings.llm.acomplete(q)", LOCAL),
        ("Settings.llm = LlamaCPP()\nSettings.llm = OpenAI()", "Settings.llm.acomplete(q)", ""),
        ("Settings.llm = LlamaCPP()\nSettings.llm = Local()", "Settings.llm.acomplete(q)", ""),
        ("Settings.llm = LlamaCPP()\nSettings.llm = unknown()", "Settings.llm.acomplete(q)", ""),
        ("Settings.llm = LlamaCPP() if index else None", "Settings.llm.acomplete(q)", CPP),
        ("Settings.llm = None", "Settings.llm.acomplete(q)", ""),
        ("index.llm = LlamaCPP()", "Settings.llm.acomplete(q)", ""),
        ("", "Settings.llm.acomplete(q)", ""),
    ],
)
def test_the_default_model_is_of_one_class(sets: str, call: str, expected: str) -> None:
    assert found(call, sets) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("LlamaCPP().acomplete(q)", CPP),
        ("LlamaCPP().complete(q)", ""),
        ("OpenAI().acomplete(q)", ""),
        ("Local().acomplete(q)", LOCAL),
        ("Real().acomplete(q)", ""),
        ("Half().acomplete(q)", "own Half: acomplete, complete"),
        ("Half().astream_complete(q)", ""),
        ("Half().achat(q)", ""),
        ("index.as_query_engine(llm=Half()).aquery(q)", ""),
        ("(Local() if q else OpenAI()).acomplete(q)", ""),
        ("(Local() if q else Real()).acomplete(q)", ""),
        ("(LlamaCPP() if q else OpenAI()).acomplete(q)", ""),
        ("other.acomplete(q)", ""),
        ("acomplete(q)", ""),
        ("index.as_query_engine(llm=LlamaCPP()).aquery(q)", CPP),
        ("index.as_query_engine(llm=Local()).aquery(q)", LOCAL),
        ("index.as_query_engine(llm=Real()).aquery(q)", ""),
        ("index.as_query_engine(llm=OpenAI()).aquery(q)", ""),
        ("index.as_query_engine(llm=LlamaCPP() if q else OpenAI()).aquery(q)", ""),
        ("index.as_query_engine(llm=Local() if q else OpenAI()).aquery(q)", ""),
        ("index.as_query_engine(llm=Local() if q else Real()).aquery(q)", ""),
        ("index.as_query_engine(llm=LlamaCPP() if q else None).aquery(q)", CPP),
        (
            "index.as_query_engine(llm=LlamaCPP(), streaming=True).aquery(q)",
            CPP.replace("acomplete, ", "astream_complete, stream_"),
        ),
        ("index.as_chat_engine(llm=LlamaCPP()).achat(q)", CPP),
        ("index.as_query_engine(**other).aquery(q)", ""),
        ("index.as_retriever().aretrieve(q)", ""),
    ],
)
def test_the_model_that_is_asked_or_given(call: str, expected: str) -> None:
    assert found(call) == expected


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("index.as_query_engine().aquery(q)", LOCAL),
        ("index.as_query_engine(llm=OpenAI()).aquery(q)", ""),
        ("index.as_query_engine(**other).aquery(q)", ""),
        ("index.as_retriever().aretrieve(q)", ""),
    ],
)
def test_an_engine_without_a_model_has_the_default_one(call: str, expected: str) -> None:
    assert found(call, "Settings.llm = Local()") == expected


ARCHIVE = "own Archive: _aretrieve, _retrieve"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("Archive().aretrieve(q)", ARCHIVE),
        ("AtHand().aretrieve(q)", ""),
        ("Awaiting().aretrieve(q)", ""),
        ("(Archive() if q else Awaiting()).aretrieve(q)", ""),
        ("RetrieverQueryEngine.from_args(retriever=Archive(), llm=OpenAI()).aquery(q)", ARCHIVE),
        ("RetrieverQueryEngine.from_args(retriever=AtHand(), llm=OpenAI()).aquery(q)", ""),
        ("RetrieverQueryEngine.from_args(retriever=Archive() if q else AtHand(), llm=OpenAI()).aquery(q)", ""),
        ("RetrieverQueryEngine.from_args(llm=OpenAI()).aquery(q)", ""),
        ("RetrieverQueryEngine.from_args(retriever=Archive(), llm=Local()).aquery(q)", LOCAL),
    ],
)
def test_a_retriever_of_the_project_that_waits(call: str, expected: str) -> None:
    assert found(call) == expected


CHROMA = "store ChromaVectorStore: aquery, query"


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("VectorStoreIndex.from_vector_store(ChromaVectorStore()).as_retriever().aretrieve(q)", CHROMA),
        ("VectorStoreIndex.from_vector_store(ChromaVectorStore()).as_query_engine(llm=OpenAI()).aquery(q)", CHROMA),
        ("VectorStoreIndex.from_vector_store(other).as_retriever().aretrieve(q)", ""),
        ("VectorStoreIndex.from_vector_store(ChromaVectorStore()).as_query_engine(llm=LlamaCPP()).aquery(q)", CPP),
        ("index.as_retriever().aretrieve(q)", ""),
    ],
)
def test_the_store_behind_an_engine(call: str, expected: str) -> None:
    assert found(call) == expected
