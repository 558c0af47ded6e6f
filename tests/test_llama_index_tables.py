"""The LlamaIndex tables agree with the installed llama-index-core, both ways, and their hand-kept names exist."""

from __future__ import annotations

import copy
import importlib
import importlib.util
import inspect
import sys
import warnings
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from streamlint.knowledge.llama_index import Kind, LlamaIndex, Range, Returns, Role, Spelling, load
from streamlint.knowledge.llama_index_changes import changes
from streamlint.knowledge.llama_index_facts import release
from streamlint.knowledge.table import Row, read
from tools.llama_index_tables.__main__ import meaning
from tools.llama_index_tables.environments import RELEASES, take
from tools.llama_index_tables.tables import Releases, bare

if TYPE_CHECKING:
    from tools.llama_index_tables.snapshot import Snapshot

INSTALLED = version("llama-index-core")
Facts = set[tuple[str, ...]]


@pytest.fixture(scope="module")
def installed() -> Snapshot:
    return take(Path(sys.executable))


@pytest.fixture(scope="module")
def llama() -> LlamaIndex:
    return load()


# the generated tables against the installed package


def in_force(rows: list[dict[str, Any]], at: str) -> Iterator[dict[str, Any]]:
    for row in rows:
        if Range(row.get("since", ""), row.get("until", "")).holds(at):
            yield row


def core_facts(tables: dict[str, Any], at: str) -> Facts:
    """What llama_index.toml says of one release; classes by their bare names, since a path depends on the other releases."""
    facts: Facts = set()
    for row in in_force(tables["class"], at):
        facts |= {("class", row["role"], bare(name), *row["bases"]) for name in row["names"]}
    for row in in_force(tables["alias"], at):
        facts |= {("alias", bare(row["class"]), name) for name in row["names"]}
    for row in in_force(tables["method"], at):
        facts |= {("method", row["role"], row["kind"], name) for name in row["names"]}
    for row in in_force(tables["exception"], at):
        facts |= {("exception", row["method"], row["kind"], bare(name)) for name in row["classes"]}
    for row in in_force(tables["fake"], at):
        facts |= {("fake", row["method"], row["calls"], bare(name)) for name in row["classes"]}
    for row in in_force(tables["function"], at):
        facts |= {("function", row["kind"], name) for name in row["names"]}
    return facts


def path_facts(tables: dict[str, Any], at: str, unseen: set[str]) -> Facts:
    """What can be imported in one release, without the modules that one side could not import."""
    facts: Facts = set()
    for row in in_force(tables["range"], at):
        for module, names in row["exports"].items():
            facts |= {(module, name) for name in names.split()}
    return {
        (module, name)
        for module, name in facts
        if not any(f"{module}.{name}.".startswith(f"{missing}.") for missing in unseen)
    }


def shipped(name: str) -> dict[str, Any]:
    return copy.deepcopy(dict(read(name).values))


@pytest.fixture(scope="module")
def seen(installed: Snapshot) -> Facts:
    """What the generator says of the installed package alone."""
    return core_facts(Releases([installed], meaning()).tables(), same_release())


def same_release() -> str:
    """The release whose rows the installed one is compared with: its own, or the newest if it is newer than that."""
    if INSTALLED in RELEASES or release(INSTALLED) > release(RELEASES[-1]):
        return INSTALLED
    pytest.skip(f"llama-index-core {INSTALLED} is not among the releases that the tables were made from")


def test_shipped_table_is_what_is_installed(installed: Snapshot) -> None:
    at = same_release()
    found = core_facts(Releases([installed], meaning()).tables(), at)
    told = core_facts(shipped("llama_index"), at)
    assert sorted(told - found) == [], (
        "shipped, but not in the installed package: run python -m tools.llama_index_tables"
    )
    assert sorted(found - told) == [], "installed, but not shipped: run python -m tools.llama_index_tables"


def test_shipped_import_paths_are_what_is_installed(installed: Snapshot) -> None:
    at = same_release()
    unseen = {*installed["failed"], *shipped("llama_index_paths")["unseen"]}
    rows = Releases([installed], meaning()).paths()
    told, found = path_facts(shipped("llama_index_paths"), at, unseen), path_facts({"range": rows}, at, unseen)
    assert sorted(told - found) == []
    assert sorted(found - told) == []


@pytest.mark.parametrize(
    ("array", "change"),
    [
        ("class", lambda row: row["names"].pop()),
        ("class", lambda row: row["names"].append("llama_index.core.Invented")),
        ("class", lambda row: row.update(role="storage")),
        ("class", lambda row: row["bases"].append("Invented")),
        ("method", lambda row: row["names"].pop()),
        ("method", lambda row: row.update(kind="generator")),
        ("method", lambda row: row["names"].append("invented")),
        ("exception", lambda row: row.update(kind="property")),
        ("fake", lambda row: row.update(calls="invented")),
        ("fake", lambda row: row["classes"].pop()),
        ("function", lambda row: row["names"].pop()),
        ("alias", lambda row: row["names"].pop()),
    ],
)
def test_altered_row_is_noticed(seen: Facts, array: str, change: Any) -> None:
    at = same_release()
    altered = shipped("llama_index")
    change(next(in_force(altered[array], at)))
    assert core_facts(altered, at) != seen


def test_altered_range_is_noticed(seen: Facts) -> None:
    at = same_release()
    altered = shipped("llama_index")
    gone = next(row for row in altered["method"] if "until" in row)
    del gone["until"]
    assert core_facts(altered, at) != seen


def test_releases_are_the_generators() -> None:
    assert load().releases == RELEASES


# every name of the tables against the installed package


def found(dotted: str) -> object:
    parts = dotted.split(".")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for end in range(len(parts), 0, -1):
            name = ".".join(parts[:end])
            try:
                thing: object = importlib.import_module(name)
            except ModuleNotFoundError as error:
                if error.name is not None and not name.startswith(error.name):
                    raise
                continue
            for part in parts[end:]:
                thing = inspect.getattr_static(thing, part)
            return thing
    raise ModuleNotFoundError(dotted)


def test_canonical_names_can_be_imported(llama: LlamaIndex) -> None:
    wrong = []
    for one in llama.classes():
        if not one.range.holds(INSTALLED):
            continue
        thing = found(one.name)
        if not isinstance(thing, type) or not {base.__name__ for base in thing.__mro__} >= set(one.bases):
            wrong.append(one.name)
    assert wrong == []


def test_roots_have_their_role(llama: LlamaIndex) -> None:
    by_name: dict[str, set[Role]] = {}
    for one in llama.classes():
        by_name.setdefault(one.bare, set()).add(one.role)
    for role, row in meaning()["role"].items():
        for root in row["roots"]:
            assert Role(role) in by_name.get(root, ()), f"{root} is no {role} in any release"


def test_roles_are_the_tables() -> None:
    assert sorted(Role) == sorted(meaning()["role"])


def hand_kept_methods() -> Iterator[tuple[Role, str]]:
    for role, row in meaning()["role"].items():
        for name in dict.fromkeys([*row.get("blocks", ()), *row.get("heavy", ()), *row.get("returns", ())]):
            yield Role(role), name
    for row in meaning()["boundary"]:
        for name in row["methods"]:
            yield Role(row["role"]), name


@pytest.mark.parametrize(("role", "name"), list(hand_kept_methods()))
def test_hand_kept_method_was_seen(llama: LlamaIndex, role: Role, name: str) -> None:
    assert llama.method(role, name), f"no release has it: {role}.{name}"


def test_blocking_methods_are_not_coroutines(llama: LlamaIndex) -> None:
    for role, row in meaning()["role"].items():
        for name in row.get("blocks", ()):
            method = llama.method(Role(role), name, version=INSTALLED)
            assert method is None or method.kind not in (Kind.COROUTINE, Kind.ASYNC_GENERATOR, Kind.PROPERTY), (
                role,
                name,
            )


@pytest.mark.parametrize("row", meaning()["class"], ids=lambda row: str(row["name"]))
def test_hand_kept_class_has_its_methods(llama: LlamaIndex, row: dict[str, Any]) -> None:
    one = next(one for one in llama.classes() if one.bare == row["name"] and one.range.holds(INSTALLED))
    cls = found(one.name)
    for name in [*row.get("blocks", ()), *row.get("lets", ())]:
        member = inspect.getattr_static(cls, name)
        assert not inspect.iscoroutinefunction(getattr(member, "__func__", member)), name
        method = llama.method(one.role, name, of=one.name)
        assert method is not None
        assert method.blocks == (name in row.get("blocks", ()))
    for name, arguments in row.get("arguments", {}).items():
        signature = inspect.signature(getattr(cls, name))
        assert set(arguments) <= set(signature.parameters)


def test_hand_kept_functions_exist(llama: LlamaIndex) -> None:
    for row in meaning()["function"]:
        function = llama.function(f"llama_index.core.{row['name']}")
        assert function, row["name"]
        if function.range.holds(INSTALLED):
            assert callable(found(function.name))


def test_hand_kept_paths_resolve_where_their_package_is_installed(llama: LlamaIndex) -> None:
    names = [row["name"] for row in meaning()["attribute"]]
    for row in meaning()["constructor"]:
        names += [name for name in row.get("names", ()) if "." in name]
        assert all(llama.role(f"llama_index.core.{name}") for name in row.get("names", ()) if "." not in name)
        assert all(llama.role(f"llama_index.core.{name}") == row["role"] for name in row.get("except", ()))
    for name in names:
        package = ".".join(name.split(".")[:2]) if name.startswith("llama_index.core") else name.rpartition(".")[0]
        try:
            there = importlib.util.find_spec(package) is not None
        except ModuleNotFoundError:
            there = False
        if there:
            owner, _, attribute = name.rpartition(".")
            thing = found(owner)
            assert hasattr(type(thing), attribute) or hasattr(thing, attribute), name


def test_integration_classes_exist_where_they_are_installed() -> None:
    for row in read("llama_index_integrations").rows("package"):
        module = row.text("name").removeprefix("llama-index-").replace("vector-stores", "vector_stores")
        family, _, rest = module.partition("-")
        dotted = f"llama_index.{family}.{rest.replace('-', '_')}"
        try:
            there = importlib.util.find_spec(dotted) is not None
        except ModuleNotFoundError:
            there = False
        if there:
            for name in (*row.texts("native"), *row.texts("blocks"), *row.texts("raises")):
                assert found(f"{dotted}.{name}"), f"{dotted}.{name}"


def test_token_attributes_are_spelled_as_the_installed_classes_do(llama: LlamaIndex) -> None:
    for row in meaning()["tokens"]:
        role = Role(row["role"])
        root = next(one for one in llama.classes() if one.role is role and one.range.holds(INSTALLED) and not one.bases)
        cls = found(root.name)
        member = inspect.getattr_static(cls, row["name"], None)
        is_method = inspect.isroutine(member)
        assert is_method == (row["spelling"] == "method"), (root.name, row["name"])
        assert is_method or member is not None or row["name"] in getattr(cls, "__annotations__", {})
        if is_method:
            assert inspect.isasyncgenfunction(member) == row["async"]


def test_boundaries_lie_where_the_generator_saw_the_step() -> None:
    """An exact first release is later than the last one without the method, and not later than the first one with it."""
    for row in meaning()["boundary"]:
        since = [
            each["since"]
            for each in read("llama_index").values["method"]  # type: ignore[attr-defined]  # a list of tables
            if each["role"] == row["role"] and set(row["methods"]) & set(each["names"]) and "since" in each
        ]
        assert since, row
        first = min(since, key=release)
        before = RELEASES[RELEASES.index(first) - 1]
        assert release(before) < release(row["since"]) <= release(first), row


# what the loader answers


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("llama_index.core.VectorStoreIndex", Role.INDEX),
        ("llama_index.core.indices.vector_store.base.VectorStoreIndex", Role.INDEX),
        ("llama_index.core.GPTVectorStoreIndex", Role.INDEX),
        ("llama_index.VectorStoreIndex", Role.INDEX),
        ("llama_index.core.chat_engine.types.StreamingResponse", Role.STREAM),
        ("llama_index.core.base.response.schema.AsyncStreamingResponse", Role.ASYNC_STREAM),
        ("llama_index.core.chat_engine.types.StreamingAgentChatResponse", Role.CHAT_STREAM),
        ("workflows.Workflow", Role.WORKFLOW),
        ("llama_index.core.workflow.Workflow", Role.WORKFLOW),
        ("llama_index.core.agent.workflow.FunctionAgent", Role.AGENT_WORKFLOW),
        ("llama_index.core.agent.AgentRunner", Role.AGENT_RUNNER),
        ("llama_index.agent.openai.OpenAIAgent", Role.AGENT_RUNNER),
        ("llama_index.core.Settings.llm", Role.LLM),
        ("llama_index.llms.openai.OpenAI", Role.LLM),
        ("llama_index.llms.OpenAI", Role.LLM),
        ("llama_index.embeddings.huggingface.HuggingFaceEmbedding", Role.EMBEDDING),
        ("llama_index.vector_stores.chroma.ChromaVectorStore", Role.VECTOR_STORE),
        ("llama_index.llms.openai.Tokenizer", None),
        ("llama_index.core.llms.ChatMessage", None),
        ("llama_index.llms.ChatMessage", None),
        ("fastapi.responses.StreamingResponse", None),
        ("mine.VectorStoreIndex", None),
    ],
)
def test_role_by_any_path(llama: LlamaIndex, path: str, role: Role | None) -> None:
    assert llama.role(path) is role


def test_one_path_two_classes(llama: LlamaIndex) -> None:
    path = "llama_index.core.agent.ReActAgent"
    assert llama.role(path) is Role.AGENT_WORKFLOW
    assert llama.role(path, "0.12.40") is Role.AGENT_RUNNER
    assert llama.roles(path) == (Role.AGENT_RUNNER, Role.AGENT_WORKFLOW)
    assert llama.canonical(path, "0.11.23") != llama.canonical(path, "0.14.25")


def test_canonical(llama: LlamaIndex) -> None:
    assert llama.canonical("llama_index.VectorStoreIndex") == "llama_index.core.VectorStoreIndex"
    assert llama.canonical("llama_index.core.Document") == "llama_index.core.Document"
    assert llama.canonical("llama_index.core.no_such_thing") is None
    loading = "llama_index.core.indices.loading.load_index_from_storage"
    assert llama.canonical(loading) == "llama_index.core.load_index_from_storage"


def test_twins(llama: LlamaIndex) -> None:
    for role, name, twin, since in [
        (Role.QUERY_ENGINE, "query", "aquery", ""),
        (Role.CHAT_ENGINE, "stream_chat", "astream_chat", ""),
        (Role.INDEX, "insert", "ainsert", "0.12.36"),
        (Role.POSTPROCESSOR, "postprocess_nodes", "apostprocess_nodes", "0.12.31"),
        (Role.VECTOR_STORE, "add", "async_add", ""),
        (Role.EMBEDDING, "__call__", "acall", ""),
    ]:
        method = llama.method(role, name)
        assert method is not None
        assert (method.blocks, method.twin, method.twin_since) == (True, twin, since)
    made = llama.classmethod(Role.INDEX, "from_documents")
    assert made is not None
    assert (made.blocks, made.heavy, made.twin) == (True, "index building", None)


def test_twin_that_a_release_lacks(llama: LlamaIndex) -> None:
    old, new = (llama.method(Role.INDEX, "insert", version=each) for each in ("0.12.35", "0.12.36"))
    assert old is not None
    assert new is not None
    assert (old.twin, new.twin) == (None, "ainsert")


def test_cheap_methods_do_not_block(llama: LlamaIndex) -> None:
    for role, name in [
        (Role.INDEX, "as_query_engine"),
        (Role.MEMORY, "put"),
        (Role.WORKFLOW, "run"),
        (Role.TOOL, "call"),
    ]:
        method = llama.method(role, name)
        assert method is not None
        assert not method.blocks


def test_workflow_run_by_release(llama: LlamaIndex) -> None:
    now, once = llama.method(Role.WORKFLOW, "run"), llama.method(Role.WORKFLOW, "run", version="0.10.68")
    assert now is not None
    assert once is not None
    assert (now.kind, now.returns) == (Kind.SYNC, Returns.HANDLER)
    assert (once.kind, once.returns) == (Kind.COROUTINE, Returns.UNKNOWN)


def test_persisted_storage_blocks_only_with_its_argument(llama: LlamaIndex) -> None:
    made = llama.classmethod("llama_index.core.StorageContext", "from_defaults")
    assert made is not None
    assert (made.blocks, made.arguments) == (True, ("persist_dir",))


def test_async_in_name_only(llama: LlamaIndex) -> None:
    custom = "llama_index.core.llms.CustomLLM"
    assert llama.fake_async(custom, "astream_chat") == "stream_chat"
    assert llama.fake_async("llama_index.core.retrievers.BaseRetriever", "aretrieve") == "_retrieve"
    assert llama.fake_async("llama_index.core.retrievers.VectorIndexRetriever", "aretrieve") is None
    assert llama.native_async(custom) is False
    assert llama.native_async("llama_index.core.llms.LLM") is None
    assert llama.native_async("llama_index.llms.openai.OpenAI") is True
    assert llama.native_async("llama_index.llms.langchain.LangChainLLM") is False
    assert llama.native_async("llama_index.llms.bedrock.Bedrock") is False
    assert llama.native_async("llama_index.llms.nobody_knows.NobodyKnows") is None


def test_own_class_of_the_same_name(llama: LlamaIndex) -> None:
    theirs = llama.method(Role.MEMORY, "put", of="llama_index.core.memory.Memory")
    ours = llama.method(Role.MEMORY, "put", of="app.Memory")
    assert theirs is not None
    assert ours is not None
    assert (theirs.blocks, ours.blocks) == (True, False)


def test_constructors(llama: LlamaIndex) -> None:
    assert llama.constructor("llama_index.core.VectorStoreIndex") == "index building"
    assert llama.constructor("llama_index.embeddings.huggingface.HuggingFaceEmbedding") == "model loading"
    assert llama.constructor("llama_index.core.indices.EmptyIndex") == ""
    assert llama.constructor("llama_index.llms.openai.OpenAI") == ""


def test_tokens(llama: LlamaIndex) -> None:
    plain = llama.token_attribute(Role.STREAM, "response_gen")
    waiting = llama.token_attribute(Role.CHAT_STREAM, "async_response_gen")
    assert plain is not None
    assert waiting is not None
    assert (plain.spelling, plain.is_async) == (Spelling.ATTRIBUTE, False)
    assert (waiting.spelling, waiting.is_async) == (Spelling.METHOD, True)
    assert llama.token_attribute(Role.STREAM, "async_response_gen") is None
    assert llama.token_attribute(Role.RESPONSE, "response_gen") is None


def test_import_paths_by_release(llama: LlamaIndex) -> None:
    assert llama.canonical("llama_index.core.Settings", "0.14.25")
    assert llama.canonical("llama_index.core.agent.FunctionCallingAgent", "0.12.52")
    assert llama.canonical("llama_index.core.agent.FunctionCallingAgent", "0.13.0") is None
    assert llama.canonical("llama_index.core.chat_engine", "0.13.0")
    assert llama.canonical("llama_index.core.query_pipeline", "0.14.25") is None


def test_what_is_gone_cannot_be_imported() -> None:
    """Of every name that some release had and that is told to be gone by now, the installed package has none."""
    rows = read("llama_index_paths").rows("range")
    named = {(path, name) for row in rows for path, names in row.mapping("exports").items() for name in names.split()}
    gone = sorted(one for one in named if changes().gone(*one) is not None)
    assert len(gone) > 400
    assert not [f"{path}.{name}" for path, name in gone if _is_there(path, name)]


def _is_there(path: str, name: str) -> bool:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return hasattr(importlib.import_module(path), name)
        except Exception:  # a module may raise anything when it is imported
            return False


def test_row_without_a_role_is_refused() -> None:
    empty: dict[str, object] = {"role": {}}
    broken = Row({"releases": ["1"], "class": [{"role": "nobody", "names": ["llama_index.core.X"]}]})
    with pytest.raises(ValueError, match="nobody"):
        LlamaIndex(broken, Row(empty)).role("llama_index.core.X")
