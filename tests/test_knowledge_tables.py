"""The hand-kept tables: every name exists where its package is installed, nothing is said twice, and the answers are right."""

from __future__ import annotations

import itertools
import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

import streamlint
from streamlint.knowledge import Knowledge
from streamlint.knowledge.blocking import BlockingCalls, HeavyCalls, Tier
from streamlint.knowledge.framework_table import Frameworks
from streamlint.knowledge.frameworks import Generator, Purpose, Runner
from streamlint.knowledge.off_loop import OffLoop, Result, Where
from streamlint.knowledge.responses import Fate
from streamlint.knowledge.table import Row, read
from streamlint.knowledge.token_streams import TokenStreamFacts

SHARED_STATE = (
    ("changing", "functions"), ("element", "functions"), ("cache", "names"), ("manager", "names"), ("lock", "names"),
    ("guard", "names"),
    ("context", "classes"), ("context", "names"), ("loop", "classes"), ("file", "reads"), ("file", "writes"),
)  # fmt: skip
NAME_TABLES = (
    "answers_read", "computing", "disconnects", "llama_index_words", "records", "servers", "pages", "cumulative", "untouched",
    "waiting", "test_files", "conversations", "wakings",
)  # fmt: skip
IMPORTED_NAMES = {
    "computing": ("functions", "hand-overs", "built-of"),
    "disconnects": ("cancellation", "refusals", "asks"),
    "llama_index_words": ("settings", "async-streams"),
    "records": ("loggers", "log-functions"),
    "servers": ("makes-asgi", "makes-wsgi"),
    "pages": ("streamlit-containers", "chainlit"),
    "cumulative": ("messages", "appending"),
    "untouched": ("models", "model-decorators", "field-functions"),
    "waiting": ("limits", "timeouts"),
    "wakings": ("wakes", "awaited", "waits", "threads", "running-loops"),
}
KNOWLEDGE = Path(streamlint.__file__).parent / "knowledge"
CODE = "".join(path.read_text("utf-8") for path in sorted(Path(streamlint.__file__).parent.rglob("*.py")))
METHODS = ("method", "keyword")
"""Kinds of rows whose names are those of methods or keywords, such as `on_startup.append`."""
MODULES = ("context", "loop")
"""Kinds of rows that name whole packages too."""
CALL_TABLES = ("blocking_calls", "blocking_services", "heavy_calls", "off_loop")

# Runs in an interpreter of its own: these packages warn, configure and register things when they are imported.
RESOLVER = """
import contextlib, importlib, importlib.util, json, sys, types

def resolve(dotted):
    parts = dotted.split(".")
    spec = importlib.util.find_spec(parts[0])
    if spec is None:
        return None
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError as error:
            if (error.name or "").partition(".")[0] != parts[0]:
                return None
            continue
        except Exception:
            return None
        if isinstance(found, types.ModuleType) and found.__spec__.origin is None:
            return None  # a namespace package of which this part is not installed
        return follow(found, parts[end:])
    return None if spec.origin is None else False

def follow(found, parts):
    for part in parts:
        if not hasattr(found, part) and part not in getattr(found, "__annotations__", {}):
            made_on_demand = isinstance(found, type) and "__getattr__" in vars(found)
            return None if made_on_demand or not isinstance(found, (type, types.ModuleType)) else False
        found = getattr(found, part, None)
    return True

with contextlib.redirect_stdout(sys.stderr):
    if importlib.util.find_spec("django") is not None:
        import django.conf
        django.conf.settings.configure()
    answer = {name: resolve(name) for name in json.load(sys.stdin)}
json.dump(answer, sys.stdout)
"""

# Names of other releases than the installed ones, and classes that the library makes while it runs.
ELSEWHERE = frozenset(
    {
        "anthropic.Anthropic.completions",
        "django.conf.urls.url",
        "mistralai.Mistral",
        "mistralai.client.MistralClient",
        "pandas.read_gbq",
        "ssl.wrap_socket",
        "streamlit.experimental_dialog",
        "streamlit.experimental_fragment",
        "telnetlib.Telnet",
    }
)


@pytest.fixture(scope="module")
def resolved() -> dict[str, bool | None]:
    """For each dotted name whether it can be imported; None where its package, or one that it needs, is not installed."""
    names = sorted(
        {*(name for _, name in dotted_names())}.union(*(names for _, names in (*methods(), *registrations())))
    )
    command = [sys.executable, "-W", "ignore", "-c", RESOLVER]
    child = subprocess.run(command, input=json.dumps(names), capture_output=True, text=True, check=True, timeout=300)
    answer: dict[str, bool | None] = json.loads(child.stdout)
    return answer


def named(row: Row) -> Iterator[str]:
    yield from (row.text(key) for key in ("name", "class") if row.text(key))
    for key in ("names", "also", "by", "bases", "classes"):
        yield from row.texts(key)


def invented() -> frozenset[str]:
    """Classes that stand for something that has no importable name."""
    return frozenset(
        row.text("name") for table in CALL_TABLES for row in read(table).rows("class") if row.flag("invented")
    )


def dotted_names() -> Iterator[tuple[str, str]]:
    for table in CALL_TABLES:
        for kind in ("call", "class", "returns", "decorator"):
            for row in read(table).rows(kind):
                yield from ((table, name) for name in named(row))
    for kind, key in SHARED_STATE:
        for row in read("shared_state").rows(kind):
            yield from (("shared_state", name) for name in row.texts(key))
    for kind in ("application", "function", "view"):
        for row in read("frameworks").rows(kind):
            yield from (("frameworks", name) for name in named(row))
    for table, keys in IMPORTED_NAMES.items():
        yield from ((table, name) for key in keys for name in Knowledge().names(table, key))
    for functions in OffLoop().thread_functions:
        yield from (("off_loop", f"{functions.module}.{name}") for name in (functions.run, functions.iterate) if name)
    for row in read("responses").rows("response"):
        yield from (("responses", name) for name in row.texts("names"))


def methods() -> Iterator[tuple[str, list[str]]]:
    """Each method of a row, with all dotted names under which it may stand; chains are made by instances, and left out."""
    for table in CALL_TABLES:
        also = {row.text("name"): [row.text("name"), *row.texts("also")] for row in read(table).rows("class")}
        for row in read(table).rows("call"):
            owners = [name for owner in row.texts("classes") for name in also.get(owner, [owner])]
            for method in row.texts("methods"):
                if "." not in method:
                    yield f"{table}: {owners}.{method}", [f"{owner}.{method}" for owner in owners]
        for row in read(table).rows("class"):
            for method in row.mapping("returns"):
                yield f"{table}: {row.text('name')}.{method}", [f"{name}.{method}" for name in also[row.text("name")]]


def applications() -> dict[str, list[str]]:
    """The classes on which a method row may stand, by framework and by main class."""
    table = read("frameworks")
    extends = {row.text("name"): row.text("extends") for row in table.rows("framework")}
    owners: dict[str, list[str]] = {}
    for row in table.rows("application"):
        framework = row.text("framework")
        owners.setdefault(row.texts("classes")[0], []).extend(row.texts("classes"))
        while framework:
            owners.setdefault(framework, []).extend(row.texts("classes"))
            framework = extends[framework]
    return owners


def registrations() -> Iterator[tuple[str, list[str]]]:
    """Each registering method, with all dotted names under which it may stand."""
    owners = applications()
    for row in read("frameworks").rows("method"):
        for method in row.texts("names"):
            if "." not in method:
                key = row.text("application", row.text("framework"))
                yield f"{key}.{method}", [f"{owner}.{method}" for owner in owners[key]]


def checkable(name: str) -> bool:
    return "*" not in name and not any(
        name == known or name.startswith(f"{known}.") for known in invented() | ELSEWHERE
    )


def test_every_name_can_be_imported(resolved: dict[str, bool | None]) -> None:
    names = [(table, name) for table, name in dotted_names() if checkable(name)]
    assert [name for _, name in names if resolved[name] is False] == []
    found = Counter(table for table, name in names if resolved[name])
    assert found["blocking_calls"] > 100
    assert found["off_loop"] > 30
    assert found["frameworks"] > 20
    assert found["responses"] > 20


def test_every_method_exists(resolved: dict[str, bool | None]) -> None:
    absent = []
    found = 0
    for method, names in methods():
        answers = [resolved[name] for name in names if checkable(name)]
        found += any(answers)
        if answers and not any(answers) and None not in answers:
            absent.append(method)
    assert absent == []
    assert found > 150


def test_every_registering_method_exists(resolved: dict[str, bool | None]) -> None:
    for name, candidates in registrations():
        answers = [resolved[candidate] for candidate in candidates]
        assert any(answers) or None in answers, name


def test_standard_library_is_checked_always(resolved: dict[str, bool | None]) -> None:
    names = {
        name for _, name in dotted_names() if name.partition(".")[0] in sys.stdlib_module_names and checkable(name)
    }
    assert len(names) > 80
    assert [name for name in names if not resolved[name]] == []


def documented(table: str) -> set[str]:
    """The packages whose source a table names: where they say of themselves what they do, not where they are downloaded."""
    sources = read(table).mapping("sources")
    assert all(link.startswith("https://") for link in sources.values())
    assert not [link for link in sources.values() if "/project/" in link]  # a page of a package index
    return set(sources)


@pytest.mark.parametrize("table", CALL_TABLES)
def test_every_package_of_a_table_of_calls_has_a_source(table: str) -> None:
    names = [name for other, name in dotted_names() if other == table]
    names += [name for row in read(table).rows("call") for name in row.texts("classes")]
    packages = {name.partition(".")[0] for name in names}
    told = {"python" if package in sys.stdlib_module_names else package for package in packages}
    assert told == documented(table)


@pytest.mark.parametrize("table", ["responses", "frameworks", "resources", "objects", "shared_state"])
def test_every_package_of_a_table_of_names_has_a_source(table: str) -> None:
    names = {
        name
        for kind, rows in read(table).values.items()
        if isinstance(rows, list) and kind not in METHODS
        for row in read(table).rows(kind)
        for key in ("names", "classes", "bases", "functions", "calls", "reads", "writes", "around")
        for name in row.texts(key)
        if "." in name or kind in MODULES
    }
    names |= {row.text("of") for row in read(table).rows("attribute")}
    packages = {name.partition(".")[0] for name in names}
    told = {"python" if package in sys.stdlib_module_names else package for package in packages}
    assert told == documented(table)


def test_every_integration_has_its_release() -> None:
    assert [
        row.text("name") for row in read("llama_index_integrations").rows("package") if not row.text("version")
    ] == []


@pytest.mark.parametrize("table", CALL_TABLES)
def test_nothing_is_said_twice(table: str) -> None:
    calls = [name for row in read(table).rows("call") for name in row.texts("names")]
    calls += [
        f"{owner}.{method}"
        for row in read(table).rows("call")
        for owner in row.texts("classes")
        for method in row.texts("methods")
    ]
    classes = [name for row in read(table).rows("class") for name in (row.text("name"), *row.texts("also"))]
    made = [name for row in read(table).rows("returns") for name in row.texts("by")]
    for names in (calls, classes, made):
        assert [name for name, count in Counter(names).items() if count > 1] == []


@pytest.mark.parametrize("table", NAME_TABLES)
def test_every_list_of_names_is_asked_for_explained_and_has_a_source(table: str) -> None:
    text = KNOWLEDGE.joinpath(f"{table}.toml").read_text("utf-8")
    legend = "".join(itertools.takewhile(lambda line: line.startswith("#"), text.splitlines(keepends=True)))
    for key, values in read(table).values.items():
        assert f"[{key}]" in legend, key
        assert isinstance(values, dict)
        assert set(values) in ({"names", "docs"}, {"names", "release"}), key
        names = values["names"]
        assert names, key
        assert len(names) == len(set(names)), key
        assert all(link.startswith("https://") for link in values.get("docs", "https://").split()), key
        assert f'"{key}"' in CODE, key


def test_no_list_of_names_is_unknown() -> None:
    with pytest.raises(KeyError):
        Knowledge().names("untouched", "no-such-list")


def test_no_framework_name_is_said_twice() -> None:
    for kind, key in (("function", "names"), ("application", "classes"), ("view", "bases")):
        names = [name for row in read("frameworks").rows(kind) for name in row.texts(key)]
        assert [name for name, count in Counter(names).items() if count > 1] == []
    names = [name for row in read("responses").rows("response") for name in row.texts("names")]
    assert [name for name, count in Counter(names).items() if count > 1] == []


def test_every_class_that_is_named_is_known() -> None:
    for table in ("blocking_calls", "blocking_services", "heavy_calls"):
        rows = list(read(table).rows("class"))
        known = {name for row in rows for name in (row.text("name"), *row.texts("also"))}
        used = {value for row in rows for key in ("returns", "attributes") for value in row.mapping(key).values()}
        used |= {row.text("items") for row in rows} | {row.text("class") for row in read(table).rows("returns")}
        assert used - known - {""} == set()


KEYS = {
    "blocking_calls.call": {"names", "classes", "methods", "except", "category", "reason", "tier", "replacement",
                            "replacement-import", "drop-in", "thread-safe", "needs-argument", "lazy", "lazy-with", "enters",
                            "pages", "iterates", "unless", "asks"},
    "blocking_calls.class": {"name", "also", "returns", "attributes", "items", "iteration", "entering", "invented"},
    "heavy_calls.call": {"names", "classes", "methods", "category", "reason", "tier", "thread-safe", "lazy", "lazy-with", "only"},
    "off_loop.call": {"names", "classes", "methods", "kind", "position", "keyword", "variadic", "result", "beside", "outlives",
                      "docs"},
    "off_loop.threads": {"package", "module", "run", "iterate", "positional", "instead-of-asyncio", "docs"},
    "shared_state.cache": {"names", "keeps", "docs"},
    "frameworks.method": {"framework", "application", "names", "kind", "factory", "handler", "handler-keyword", "path",
                          "path-keyword", "http", "http-keyword", "http-position", "http-is-name", "off-path", "child",
                          "child-keyword", "prefix-keyword", "thread-keyword", "dispatch-keyword",
                          "responders", "suffix-keyword", "sync", "async"},
    "frameworks.framework": {"name", "packages", "extends", "sync", "async", "async-wsgi", "generator", "generator-asgi",
                             "whole-file", "title", "unknown-router", "streams-with", "shows", "encodes-items", "takes-functions",
                             "returns-no-iterator", "sends-iterators", "drains-iterators", "synchronous-bodies",
                             "assigned-bodies", "cancels-again",
                             "served-by", "served-with", "docs"},
    "frameworks.shape": {"names", "docs"},
    "contexts.context": {"framework", "names", "keeps", "opens", "keeps-call", "makes"},
    "responses.response": {"names", "framework", "streaming", "content", "content-keyword", "variadic",
                           "media-type", "media-type-keyword", "media-type-position", "sync-iterator",
                           "async-iterator", "sync-iterator-wsgi", "async-iterator-wsgi", "frames-sse",
                           "frames-sse-as-class", "by-hand", "file", "since", "takes-text", "heartbeat",
                           "heartbeat-keyword", "accel-header", "parameters", "as-view", "docs"},
    "responses.preferred": {"framework", "module", "name", "media-type-keyword", "sync", "async", "async-since",
                            "declares-model", "declares-class", "declares-status", "quiet", "shared-keywords", "docs"},
    "responses.written": {"framework", "module", "class", "makes", "kind", "kind-in-headers", "begins", "sends", "ends",
                          "returns", "contents"},
}  # fmt: skip


@pytest.mark.parametrize("name", KEYS)
def test_no_key_is_misspelt(name: str) -> None:
    table, _, kind = name.partition(".")
    for row in read(table).rows(kind):
        assert set(row.values) <= KEYS[name], row.values


BLOCKING = BlockingCalls()


@pytest.mark.parametrize(
    "name",
    [
        "time.sleep",
        "requests.get",
        "requests.Session.get",
        "requests.sessions.Session.post",
        "httpx.Client.stream",
        "urllib.request.urlopen",
        "subprocess.run",
        "subprocess.Popen.communicate",
        "sqlite3.Cursor.fetchall",
        "psycopg2.extensions.cursor.execute",
        "sqlalchemy.orm.Session.execute",
        "sqlmodel.Session.exec",
        "redis.Redis.get",
        "pymongo.MongoClient.shop.orders.find_one",
        "openai.OpenAI.chat.completions.create",
        "openai.AzureOpenAI.beta.chat.completions.parse",
        "anthropic.Anthropic.messages.create",
        "botocore.client.BaseClient.put_object",
        "elasticsearch.Elasticsearch.indices.create",
        "google.genai.Client.models.generate_content",
        "queue.SimpleQueue.get",
        "threading.Event.wait",
        "builtins.input",
        "langchain_openai.ChatOpenAI.invoke",
    ],
)
def test_blocks(name: str) -> None:
    call = BLOCKING.call(name)
    assert call is not None
    assert call.name == name
    assert call.reason


@pytest.mark.parametrize(
    "name",
    [
        "builtins.open",
        "builtins.print",
        "os.path.exists",
        "pathlib.Path.read_text",
        "json.load",
        "hashlib.sha256",
        "subprocess.Popen",
        "redis.Redis",
        "redis.Redis.pipeline",
        "redis.Redis.__enter__",
        "redis.asyncio.Redis.get",
        "pymongo.AsyncMongoClient.shop.orders.find_one",
        "pymongo.MongoClient.shop.orders.find",
        "motor.motor_asyncio.AsyncIOMotorClient.shop.orders.find_one",
        "openai.OpenAI",
        "openai.AsyncOpenAI.chat.completions.create",
        "openai.OpenAI.with_options",
        "anthropic.AsyncAnthropic.messages.create",
        "httpx.AsyncClient.get",
        "google.genai.Client.aio.models.generate_content",
        "elasticsearch.AsyncElasticsearch.search",
        "sqlalchemy.ext.asyncio.AsyncSession.execute",
        "queue.Queue.get_nowait",
        "queue.Queue.put",
        "threading.Lock.release",
        "asyncio.Event.wait",
        "asyncio.Queue.get",
        "botocore.client.BaseClient.generate_presigned_url",
        "concurrent.futures.Future.add_done_callback",
    ],
)
def test_does_not_block(name: str) -> None:
    assert BLOCKING.call(name) is None


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("requests.session", "requests.Session"),
        ("requests.Session", "requests.Session"),
        ("requests.sessions.Session.get", "requests.Response"),
        ("sqlite3.connect", "sqlite3.Connection"),
        ("sqlite3.Connection.cursor", "sqlite3.Cursor"),
        ("sqlalchemy.orm.sessionmaker", "sqlalchemy.orm.sessionmaker"),
        ("sqlalchemy.orm.sessionmaker.__call__", "sqlalchemy.orm.Session"),
        ("sqlalchemy.create_engine", "sqlalchemy.engine.Engine"),
        ("boto3.client", "botocore.client.BaseClient"),
        ("openai.OpenAI.with_options", "openai.OpenAI"),
        ("openai.AzureOpenAI.chat.completions.create", "openai.Stream"),
        ("pymongo.MongoClient.shop.orders.find", "pymongo.cursor.Cursor"),
        ("concurrent.futures.ThreadPoolExecutor.submit", "concurrent.futures.Future"),
        ("supabase.Query.select", "supabase.Query"),
        ("supabase.Query.execute", None),
        ("redis.Redis.get", None),
        ("unknown.thing", None),
    ],
)
def test_returns(name: str, made: str | None) -> None:
    assert BLOCKING.returns(name) == made


def test_attributes_and_items_lead_along_a_client() -> None:
    assert BLOCKING.attribute("openai.OpenAI", "chat") == "openai.OpenAI.chat"
    assert BLOCKING.attribute("openai.OpenAI.chat", "completions") == "openai.OpenAI.chat.completions"
    assert BLOCKING.attribute("pymongo.MongoClient", "shop") == "pymongo.database.Database"
    assert BLOCKING.attribute("pymongo.database.Database", "orders") == "pymongo.collection.Collection"
    assert BLOCKING.attribute("pymongo.collection.Collection", "find_one") is None
    assert BLOCKING.attribute("requests.Session", "headers") is None
    assert BLOCKING.item("pymongo.MongoClient") == "pymongo.database.Database"
    assert BLOCKING.item("requests.Session") is None


def test_items_are_those_of_either_table() -> None:
    knowledge = Knowledge()
    assert knowledge.item("pymongo.MongoClient") == "pymongo.database.Database"
    assert knowledge.item("fitz.Document") == "pymupdf.Page"
    assert knowledge.item("requests.Session") == ""


def test_what_a_fix_may_do() -> None:
    sleep, session, query = map(BLOCKING.call, ("time.sleep", "requests.Session.get", "sqlite3.Cursor.execute"))
    assert sleep is not None
    assert sleep.drop_in
    assert sleep.replacement_import == "asyncio"
    assert session is not None
    assert not session.thread_safe
    assert query is not None
    assert not query.thread_safe
    assert query.tier is Tier.LIKELY
    get = BLOCKING.call("queue.Queue.get")
    assert get is not None
    assert any("False" in unless.values for unless in get.unless)


@pytest.mark.parametrize(
    ("name", "given", "at_once"),
    [
        ("queue.Queue.get", ["False"], True),
        ("queue.Queue.get", ["True"], False),
        ("threading.Lock.acquire", ["False"], True),
        ("fcntl.flock", ["LOCK_NB", "LOCK_EX"], True),
        ("fcntl.flock", ["fcntl.LOCK_EX"], False),
        ("os.waitpid", ["os.WNOHANG"], True),
        ("os.waitpid", [], False),
    ],
)
def test_arguments_with_which_a_call_returns_at_once(name: str, given: list[str], at_once: bool) -> None:
    call = BLOCKING.call(name)
    assert call is not None
    assert any(unless.holds(given) for unless in call.unless) is at_once


def test_iteration_waits() -> None:
    assert BLOCKING.iteration("openai.Stream") is not None
    assert BLOCKING.iteration("requests.Session") is None


def test_user_rows_extend_the_table() -> None:
    rows = [{"name": "shop.client.fetch", "reason": "waits for the shop", "thread-safe": "true", "tier": "likely"}]
    call = BlockingCalls(rows).call("shop.client.fetch")
    assert call is not None
    assert (call.reason, call.thread_safe, call.tier) == ("waits for the shop", True, Tier.LIKELY)
    assert BLOCKING.call("shop.client.fetch") is None
    off_loop = OffLoop([{"name": "shop.in_thread", "position": "1"}]).call("shop.in_thread")
    assert off_loop is not None
    assert (off_loop.where, off_loop.position, off_loop.result) == (Where.THREAD, 1, Result.COROUTINE)
    assert "spawn" in OffLoop([{"name": "shop.spawn", "kind": "task"}]).words_of(Where.TASK)
    entry = Frameworks([{"name": "shop.on_order", "factory": "true"}]).call("shop.on_order")
    assert entry is not None
    assert entry.factory
    assert entry.kind is Purpose.ROUTE
    assert entry.sync_runner is Runner.EVENT_LOOP


def test_nothing_harmless_blocks() -> None:
    names = [name for row in read("blocking_calls").rows("harmless") for name in row.texts("names")]
    assert [name for name in names if not name.endswith("*") and BLOCKING.call(name) is not None] == []


def test_second_table_is_announced() -> None:
    names = {name for table, name in dotted_names() if table == "blocking_services"}
    assert sorted({name.partition(".")[0] for name in names}) == sorted(read("blocking_calls").texts("services"))
    assert {"redis", "requests"} <= BlockingCalls().packages


def test_heavy_calls() -> None:
    heavy = HeavyCalls()
    assert heavy.call("sentence_transformers.CrossEncoder.predict") is not None
    assert heavy.returns("transformers.pipeline") == "transformers.Pipeline"
    assert heavy.call("transformers.Pipeline.__call__") is not None
    assert heavy.call("transformers.AutoTokenizer.from_pretrained") is None
    assert heavy.verb("expensive_local_rerank")
    assert heavy.verb("service.transcribeAudio") == "transcription"
    for name in ("embedded_link", "get_reranker", "load_embeddings", "get_transcription", "cpu_count"):
        assert heavy.verb(name) == ""
    assert heavy.verb("embed_app.render") == ""


@pytest.mark.parametrize(
    ("name", "where", "position", "leaves"),
    [
        ("asyncio.to_thread", Where.THREAD, 0, True),
        ("fastapi.concurrency.run_in_threadpool", Where.THREAD, 0, True),
        ("asyncio.AbstractEventLoop.run_in_executor", Where.THREAD, 1, True),
        ("threading.Thread", Where.THREAD, 1, True),
        ("fastapi.BackgroundTasks.add_task", Where.EITHER, 0, True),
        ("starlette.concurrency.iterate_in_threadpool", Where.ITERATE, 0, True),
        ("asyncio.create_task", Where.TASK, 0, False),
        ("asyncio.AbstractEventLoop.call_soon", Where.LOOP, 0, False),
        ("asyncio.run", Where.OWN_LOOP, 0, False),
        ("functools.partial", Where.WRAP, 0, False),
    ],
)
def test_off_loop(name: str, where: Where, position: int, leaves: bool) -> None:
    call = OffLoop().call(name)
    assert call is not None
    assert (call.where, call.position, call.off_loop) == (where, position, leaves)


def test_off_loop_objects_and_decorators() -> None:
    off_loop = OffLoop()
    assert off_loop.returns("asyncio.get_running_loop") == "asyncio.AbstractEventLoop"
    assert off_loop.returns("concurrent.futures.ThreadPoolExecutor") == "concurrent.futures.ThreadPoolExecutor"
    assert off_loop.decorator("asgiref.sync.sync_to_async")
    assert not off_loop.decorator("functools.lru_cache")


def test_what_outlives_its_caller() -> None:
    off_loop = OffLoop()
    assert "asyncio.create_task" in off_loop.outliving(Where.TASK)
    assert "asyncio.TaskGroup.create_task" not in off_loop.outliving(Where.TASK)
    assert off_loop.outliving(Where.THREAD) == {"threading.Thread"}
    assert off_loop.words_beside == {"create_task", "ensure_future", "gather", "start_soon"}


def test_caches_that_last() -> None:
    facts = Knowledge().shared_state
    assert {"functools.cache", "streamlit.cache_resource"} <= facts.lasting_caches < facts.caches
    assert "functools.cached_property" not in facts.lasting_caches


FRAMEWORKS = Frameworks()


@pytest.mark.parametrize(
    ("application", "method", "framework", "kind", "http", "sync"),
    [
        ("fastapi.FastAPI", "get", "fastapi", Purpose.ROUTE, ("GET",), Runner.THREAD_POOL),
        ("fastapi.APIRouter", "websocket", "fastapi", Purpose.WEBSOCKET, (), Runner.THREAD_POOL),
        ("fastapi.FastAPI", "middleware", "fastapi", Purpose.MIDDLEWARE, (), Runner.EVENT_LOOP),
        ("flask.Blueprint", "route", "flask", Purpose.ROUTE, ("GET",), Runner.WORKER_THREAD),
        ("quart.Quart", "route", "quart", Purpose.ROUTE, ("GET",), Runner.THREAD_POOL),
        ("sanic.Sanic", "post", "sanic", Purpose.ROUTE, ("POST",), Runner.EVENT_LOOP),
        ("aiohttp.web.UrlDispatcher", "add_get", "aiohttp", Purpose.ROUTE, ("GET",), Runner.EVENT_LOOP),
        ("socketio.AsyncServer", "event", "socketio", Purpose.WEBSOCKET, (), Runner.EVENT_LOOP),
        ("ninja.NinjaAPI", "post", "django", Purpose.ROUTE, ("POST",), Runner.WORKER_THREAD),
    ],
)
def test_methods_of_applications(
    application: str, method: str, framework: str, kind: Purpose, http: tuple[str, ...], sync: Runner
) -> None:
    found = FRAMEWORKS.decorator(application, method)
    assert found is not None
    assert (found.framework, found.kind, found.methods, found.sync_runner) == (framework, kind, http, sync)


def test_unknown_names_register_nothing() -> None:
    assert FRAMEWORKS.decorator("fastapi.FastAPI", "openapi") is None
    assert FRAMEWORKS.decorator("flask.Flask", "websocket") is None
    assert FRAMEWORKS.decorator("requests.Session", "get") is None
    assert FRAMEWORKS.call("requests.get") is None
    assert FRAMEWORKS.application("shop.App") is None


def test_calls_and_keywords_register() -> None:
    depends, route, click = map(FRAMEWORKS.call, ("fastapi.Depends", "starlette.routing.Route", "gradio.Button.click"))
    assert depends is not None
    assert depends.kind is Purpose.DEPENDENCY
    assert depends.handler.position == 0
    assert route is not None
    assert route.handler.keyword == "endpoint"
    assert route.path.position == 0
    assert click is not None
    assert click.handler.keyword == "fn"
    litestar = FRAMEWORKS.call("litestar.get")
    assert litestar is not None
    assert litestar.sync_runner is Runner.EVENT_LOOP
    assert litestar.thread_keyword == "sync_to_thread"
    lifespan = FRAMEWORKS.keyword("fastapi.FastAPI", "lifespan")
    assert lifespan is not None
    assert not lifespan.on_request_path
    startup = FRAMEWORKS.decorator("fastapi.FastAPI", "on_event")
    assert startup is not None
    assert not startup.on_request_path
    mount = FRAMEWORKS.decorator("fastapi.FastAPI", "mount")
    assert mount is not None
    assert mount.kind is Purpose.INCLUDE
    assert mount.child.position == 1


def test_views_and_conventions() -> None:
    view = FRAMEWORKS.base_class("django.views.View")
    assert view is not None
    assert "get" in view.methods
    assert view.sync_runner is Runner.WORKER_THREAD
    tornado = FRAMEWORKS.base_class("tornado.web.RequestHandler")
    assert tornado is not None
    assert tornado.sync_runner is Runner.EVENT_LOOP
    (pipe,) = FRAMEWORKS.convention("Pipe")
    assert (pipe.parameter, pipe.sync_runner) == ("body", Runner.EVENT_LOOP)
    assert {view.sync_runner for view in FRAMEWORKS.convention("Pipeline")} == {Runner.THREAD_POOL}
    assert FRAMEWORKS.convention("Service") == ()


def test_who_advances_a_generator() -> None:
    assert FRAMEWORKS.framework("fastapi").generator is Generator.THREAD_POOL
    django = FRAMEWORKS.framework("django")
    assert (django.generator, django.generator_asgi) == (Generator.WORKER_THREAD, Generator.DRAINED)
    assert FRAMEWORKS.framework("flask").async_runner is Runner.PRIVATE_LOOP
    assert {"fastapi", "flask", "django", "streamlit", "chainlit", "gradio"} <= FRAMEWORKS.packages


def test_what_frameworks_do_with_iterators() -> None:
    known = {name: FRAMEWORKS.framework(name) for name in FRAMEWORKS.names}
    assert known["fastapi"].title == "FastAPI"
    assert known["tornado"].title == "tornado"
    assert known["django"].streams_with == "StreamingHttpResponse"
    assert known["starlette"].streams_with == "StreamingResponse"
    assert {name for name, one in known.items() if one.shows} == {"chainlit", "gradio", "panel", "streamlit"}
    assert {name for name, one in known.items() if one.synchronous_bodies} == {"django", "flask"}
    assert FRAMEWORKS.cancelling_again == {"fastapi", "starlette"}
    assert dict(FRAMEWORKS.unknown_routers)["flask"] == "flask.Blueprint"
    assert all(FRAMEWORKS.decorator(router, "route") for _, router in FRAMEWORKS.unknown_routers)
    assert {response.framework for response in RESPONSES} <= known.keys()


RESPONSES = [
    response for name in Knowledge().responses.names if (response := Knowledge().responses.response(name)) is not None
]


def test_responses() -> None:
    responses = Knowledge().responses
    stream = responses.response("fastapi.responses.StreamingResponse")
    assert stream is not None
    assert stream is responses.response("starlette.responses.StreamingResponse")
    assert stream.sync_iterator is Fate.THREAD_POOL
    assert stream.content.position == 0
    django = responses.response("django.http.StreamingHttpResponse")
    assert django is not None
    assert django.sync_iterator is Fate.DRAINED
    assert django.sync_iterator_wsgi.streams
    assert django.async_iterator.streams
    assert not django.async_iterator_wsgi.streams
    sse = responses.response("sse_starlette.sse.EventSourceResponse")
    assert sse is not None
    assert sse.frames_sse
    assert not responses.streaming("fastapi.responses.JSONResponse")
    assert responses.response("flask.Markup") is None


def test_all_knowledge_is_reached_through_one_object() -> None:
    knowledge = Knowledge()
    assert knowledge.blocking.call("time.sleep")
    assert knowledge.heavy.call("torch.load")
    assert knowledge.off_loop.call("asyncio.to_thread")
    assert knowledge.frameworks.application("fastapi.FastAPI")
    assert knowledge.responses.streaming("starlette.responses.StreamingResponse")


def test_every_package_by_whose_names_streams_are_made_is_told() -> None:
    """Where none of them is imported, nobody looks for streams."""
    made = TokenStreamFacts(read("token_streams"))
    makers = {name.rpartition(".")[0] for row in read("token_streams").rows("made") for name in row.texts("by")}
    aliases = {
        name
        for table in ("blocking_calls", "blocking_services")
        for row in read(table).rows("class")
        if any(maker == row.text("name") or maker.startswith(f"{row.text('name')}.") for maker in makers)
        for name in row.texts("also")
    }
    assert {"langchain_openai.ChatOpenAI", "langfuse.openai.OpenAI"} <= aliases
    assert {name.partition(".")[0] for name in aliases} <= made.packages
