"""The table of query engines agrees with the installed llama-index-core, run with a fake LLM."""

from __future__ import annotations

import importlib
import inspect
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from streamlint.knowledge.llama_index import Role, load
from streamlint.knowledge.llama_index_engines import By, Engine, engine, parameters
from streamlint.knowledge.table import read

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from llama_index.core import Document, MockEmbedding, Settings, VectorStoreIndex, get_response_synthesizer
    from llama_index.core import query_engine as engines
    from llama_index.core.base.response.schema import Response, StreamingResponse
    from llama_index.core.indices.query.query_transform import StepDecomposeQueryTransform
    from llama_index.core.indices.query.query_transform.base import IdentityQueryTransform
    from llama_index.core.llms import MockLLM
    from llama_index.core.tools import QueryEngineTool

ROWS = list(read("llama_index_engines").rows("engine"))
MODES = ("refine", "compact", "simple_summarize", "tree_summarize", "generation", "no_text", "context_only")
INSTALLED = {
    one.bare: one.name
    for one in load().classes()
    if one.role is Role.QUERY_ENGINE and load().role(one.name, load().releases[-1]) is Role.QUERY_ENGINE
}


@pytest.fixture(scope="module", autouse=True)
def fake_models() -> Iterator[None]:
    llm, embedding = Settings._llm, Settings._embed_model
    Settings.llm, Settings.embed_model = MockLLM(max_tokens=4), MockEmbedding(embed_dim=4)
    yield
    Settings._llm, Settings._embed_model = llm, embedding


@pytest.fixture(scope="module")
def index() -> VectorStoreIndex:
    return VectorStoreIndex.from_documents([Document(text="one two three")])


def known(owner: str, call: str = "") -> Engine:
    found = engine(owner, call)
    assert found is not None
    return found


def class_of(name: str) -> Any:
    module, _, bare = INSTALLED[name].rpartition(".")
    return getattr(importlib.import_module(module), bare)


def test_every_query_engine_is_in_a_row() -> None:
    named = {name for row in ROWS for name in row.texts("classes")}
    assert set(INSTALLED) - {"BaseQueryEngine"} <= named


@pytest.mark.parametrize("name", sorted(set(INSTALLED) - {"BaseQueryEngine"}))
def test_only_calls_that_take_streaming_are_said_to(name: str) -> None:
    for call in ("from_args", "from_defaults", ""):
        function = getattr(class_of(name), call or "__init__", None)
        if function is None:
            continue
        found = [one for owner in class_of(name).__mro__ if (one := vars(owner).get(call or "__init__"))]
        taken = {each for one in found for each in inspect.signature(getattr(one, "__func__", one)).parameters}
        if known(name, call).by is By.ARGUMENT:
            assert "streaming" in taken
        if known(name, call).by is By.SYNTHESIZER:
            assert "response_synthesizer" in taken
            if not call:
                position = list(inspect.signature(function).parameters).index("response_synthesizer") - 1
                assert position == known(name).position


@pytest.mark.parametrize("mode", MODES)
def test_modes_that_stream(mode: str, index: VectorStoreIndex) -> None:
    answer = index.as_query_engine(streaming=True, response_mode=mode).query("hi")
    assert isinstance(answer, StreamingResponse) == (mode in known("", "as_query_engine").streaming_modes)


@pytest.mark.parametrize("mode", ["accumulate", "compact_accumulate"])
def test_modes_that_refuse(mode: str, index: VectorStoreIndex) -> None:
    assert mode not in known("", "as_query_engine").streaming_modes
    with pytest.raises(ValueError, match="Unable to stream"):
        index.as_query_engine(streaming=True, response_mode=mode).query("hi")


def test_streaming_changes_nothing_beside_a_synthesizer(index: VectorStoreIndex) -> None:
    assert "response_synthesizer" in known("", "as_query_engine").ignored_beside
    whole = index.as_query_engine(streaming=True, response_synthesizer=get_response_synthesizer()).query("hi")
    assert isinstance(whole, Response)


Builder = Callable[[VectorStoreIndex, bool], Any]
DECIDED: dict[str, Builder] = {
    "CitationQueryEngine": lambda index, streams: engines.CitationQueryEngine(
        index.as_retriever(), None, get_response_synthesizer(streaming=streams)
    ),
    "RetrieverQueryEngine": lambda index, streams: engines.RetrieverQueryEngine(
        index.as_retriever(), get_response_synthesizer(streaming=streams)
    ),
    "MultiStepQueryEngine": lambda index, streams: engines.MultiStepQueryEngine(
        index.as_query_engine(streaming=not streams),
        StepDecomposeQueryTransform(),
        get_response_synthesizer(streaming=streams),
        num_steps=1,
        index_summary="numbers",
    ),
    "TransformQueryEngine": lambda index, streams: engines.TransformQueryEngine(
        index.as_query_engine(streaming=streams), IdentityQueryTransform()
    ),
}


@pytest.mark.parametrize("streams", [True, False])
@pytest.mark.parametrize("name", DECIDED)
def test_what_decides(name: str, streams: bool, index: VectorStoreIndex) -> None:
    assert known(name).by in (By.SYNTHESIZER, By.ENGINE)
    assert isinstance(DECIDED[name](index, streams).query("hi"), StreamingResponse) == streams


@pytest.mark.parametrize("streams", [True, False])
def test_a_router_hands_on_what_the_chosen_engine_gives(streams: bool, index: VectorStoreIndex) -> None:
    tool = QueryEngineTool.from_defaults(index.as_query_engine(streaming=streams), name="only", description="all")
    answer = engines.RetrieverRouterQueryEngine(
        index.as_retriever(similarity_top_k=1), lambda _: tool.query_engine
    ).query("hi")
    assert known("RetrieverRouterQueryEngine").by is By.CHOICE
    assert isinstance(answer, StreamingResponse) == streams


def test_flare_never_streams(index: VectorStoreIndex) -> None:
    assert known("FLAREInstructQueryEngine").by is By.NEVER
    flare = engines.FLAREInstructQueryEngine(index.as_query_engine(streaming=True), max_iterations=1)
    assert isinstance(flare.query("hi"), Response)


def test_release_that_lacks_the_argument() -> None:
    assert engine("llama_index.core.query_engine.NLSQLTableQueryEngine", "", "0.9.48") is None
    assert known("llama_index.core.query_engine.NLSQLTableQueryEngine").by is By.ARGUMENT
    assert engine("llama_index.core.MultiModalVectorStoreIndex", "as_query_engine") is None
    assert engine("app.OwnEngine", "from_args") is None


@pytest.mark.parametrize(
    ("role", "method"),
    [
        (Role.QUERY_ENGINE, "query"),
        (Role.QUERY_ENGINE, "aquery"),
        (Role.CHAT_ENGINE, "chat"),
        (Role.CHAT_ENGINE, "achat"),
        (Role.CHAT_ENGINE, "stream_chat"),
        (Role.CHAT_ENGINE, "astream_chat"),
    ],
)
def test_methods_take_no_other_parameters(role: Role, method: str) -> None:
    release = load().releases[-1]
    for path in [one.name for one in load().classes() if one.role is role and load().role(one.name, release) is role]:
        module, _, bare = path.rpartition(".")
        kind = getattr(importlib.import_module(module), bare)
        taken = list(inspect.signature(inspect.unwrap(getattr(kind, method))).parameters)[1:]
        assert set(taken) <= set(parameters(role, method) or ()), path
