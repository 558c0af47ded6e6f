"""Paths of LlamaIndex 0.9: what is said of them is so in the installed release, and what is written can be imported."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.fix import Level
from streamlint.knowledge.llama_index import load
from streamlint.knowledge.llama_index_changes import changes
from streamlint.knowledge.llama_index_moves import distribution, legacy_paths
from streamlint.knowledge.table import read
from streamlint.run import Outcome, Request, run
from tools.llama_index_tables import moves
from tools.llama_index_tables.__main__ import KNOWLEDGE, moves_table

PATHS = tomllib.loads((KNOWLEDGE / "llama_index_paths.toml").read_text("utf-8"))
OLD = moves.exports(PATHS, "0.9.48")
LEGACY = legacy_paths()

# Runs in an interpreter of its own: some modules warn or ask for more packages when they are imported.
IMPORTER = """
import importlib, json, sys, warnings

warnings.simplefilter("ignore")

def there(module, name):
    try:
        found = importlib.import_module(module)
    except ModuleNotFoundError as error:
        return not (error.name or "").startswith("llama_index")  # else it needs a package that is not installed
    except Exception:
        return True
    if hasattr(found, name):
        return True
    try:
        importlib.import_module(f"{module}.{name}")
    except ModuleNotFoundError as error:
        return error.name != f"{module}.{name}"
    return True

print(json.dumps([pair for pair in json.loads(sys.stdin.read()) if not there(*pair)]))
"""


def missing(pairs: list[tuple[str, str]]) -> list[list[str]]:
    """Those of some modules and names that cannot be imported here."""
    done = subprocess.run(
        [sys.executable, "-c", IMPORTER], input=json.dumps(pairs), capture_output=True, text=True, check=True
    )
    return list(json.loads(done.stdout.splitlines()[-1]))


def everything() -> list[tuple[str, str]]:
    """Every public path of 0.9.48."""
    return [
        (module, name) for module, names in OLD.items() if module.startswith("llama_index") for name in sorted(names)
    ]


def test_what_is_said_to_be_in_core_can_be_imported() -> None:
    targets = {LEGACY.target(module, name) for module, name in everything() if LEGACY.is_legacy(module, name)}
    core = sorted(
        (one.module, one.name) for one in targets if one is not None and one.distribution == "llama-index-core"
    )
    assert len(core) > 700
    assert missing(core) == []


def test_most_names_have_a_place_today() -> None:
    legacy = [(module, name) for module, name in everything() if LEGACY.is_legacy(module, name)]
    placed = [pair for pair in legacy if LEGACY.target(*pair) is not None]
    assert len(placed) / len(legacy) > 0.65


def test_the_table_is_what_the_tool_makes_of_the_installed_release() -> None:
    assert (KNOWLEDGE / "llama_index_moves.toml").read_text("utf-8") == moves_table(PATHS)


def test_hand_kept_paths_and_removals_are_so_in_the_installed_release() -> None:
    drift = read("llama_index_drift")
    kept = [(row.text("to"), name) for row in drift.rows("path") for name in row.texts("names")]
    usable = [
        name.rpartition(".")[::2] for row in drift.rows("removed") if row.flag("usable") for name in row.texts("names")
    ]
    methods = [pair for pair in usable if pair[0].rpartition(".")[2][:1].isupper()]
    assert missing([*kept, *(pair for pair in usable if pair not in methods)]) == []
    classes = [(pair, pair[0].rpartition(".")) for pair in methods]
    found = [(getattr(importlib.import_module(module), name), method) for (_, method), (module, _, name) in classes]
    assert found
    assert not [one for one, method in found if hasattr(one, method)]
    rows = [row for row in drift.rows("removed") if not row.flag("usable")]
    gone = [name.rpartition(".")[::2] for row in rows for name in row.texts("names")]
    assert missing(gone) == [list(pair) for pair in gone]


def test_removals_began_where_the_tables_of_paths_say() -> None:
    releases = load().releases
    for row in read("llama_index_drift").rows("removed"):
        for name in row.texts("names") if not row.flag("usable") else ():
            change = changes().removed(name)
            held = [one for one in releases if load().is_public(name, one)]
            assert held, f"{name} never was"
            assert change is not None
            assert not any(change.holds(one) for one in held), name
            assert change.holds(releases[-1]), name


@pytest.mark.parametrize(
    ("module", "expected"),
    [
        ("llama_index.llms.openai", "llama-index-llms-openai"),
        ("llama_index.vector_stores.azureaisearch", "llama-index-vector-stores-azureaisearch"),
        ("llama_index.finetuning.callbacks", "llama-index-finetuning"),
        ("llama_index.core.indices", "llama-index-core"),
    ],
)
def test_distributions(module: str, expected: str) -> None:
    assert distribution(module) == expected


def fixed(
    folder: Path, text: str, requirements: str = "llama-index-core==0.14.25\n", level: Level = Level.SAFE
) -> Outcome:
    (folder / "requirements.txt").write_text(requirements, "utf-8")
    (folder / "app.py").write_text(text, "utf-8")
    return run(Request((folder,), Config(root=folder), Selection(), level, True, root=folder))


def after(outcome: Outcome) -> str:
    [change] = outcome.changes
    return change.after.text


def test_with_a_known_release_it_is_safe(tmp_path: Path) -> None:
    assert (
        after(fixed(tmp_path, "from llama_index import VectorStoreIndex\n"))
        == "from llama_index.core import VectorStoreIndex\n"
    )


def test_the_release_of_the_project_decides_where_a_name_is(tmp_path: Path) -> None:
    text = "from llama_index.agent import OpenAIAgent\n"
    assert fixed(tmp_path, text).changes == ()
    assert (
        after(fixed(tmp_path, text, "llama-index-core==0.12.52\n"))
        == "from llama_index.agent.openai import OpenAIAgent\n"
    )


def test_windows_line_ends_and_indentation_are_kept(tmp_path: Path) -> None:
    text = "def f():\r\n    from llama_index import Document, OpenAIEmbedding  # both\r\n    return Document, OpenAIEmbedding\r\n"
    (tmp_path / "requirements.txt").write_text("llama-index-core==0.14.25\n", "utf-8")
    (tmp_path / "app.py").write_bytes(text.encode())
    outcome = run(Request((tmp_path,), Config(root=tmp_path), Selection(), Level.SAFE, True, root=tmp_path))
    assert after(outcome).split("\r\n") == [
        "def f():",
        "    from llama_index.core import Document",
        "    from llama_index.embeddings.openai import OpenAIEmbedding  # both",
        "    return Document, OpenAIEmbedding",
        "",
    ]


@pytest.mark.parametrize(
    ("settings", "is_flat"), [("", False), ("line-length = 120", True), ("line-length = 79", False)]
)
def test_lines_are_as_long_as_the_project_lets_them_be(tmp_path: Path, settings: str, is_flat: bool) -> None:
    (tmp_path / "ruff.toml").write_text(settings, "utf-8")
    names = ("Document", "VectorStoreIndex", "SimpleDirectoryReader", "StorageContext")
    text = f"from llama_index import {', '.join(names)}, OpenAIEmbedding\n"
    core = after(fixed(tmp_path, text)).removesuffix("from llama_index.embeddings.openai import OpenAIEmbedding\n")
    flat = f"from llama_index.core import {', '.join(names)}\n"
    assert 88 < len(flat) < 120
    broken = "".join(f"    {name},\n" for name in names)
    assert core == (flat if is_flat else f"from llama_index.core import (\n{broken})\n")


ODD = (
    "from llama_index import (VectorStoreIndex as V, OpenAIEmbedding\n    as E)\n",
    "from llama_index import VectorStoreIndex; from llama_index import Document\n",
    "if True: from llama_index import OpenAIEmbedding, Document\n",
    "from llama_index import VectorStoreIndex, \\\n    OpenAIEmbedding\n",
    "from llama_index import (\n    VectorStoreIndex,\n    # last\n)\n",
    "from llama_index import (\n    OpenAIEmbedding,\n    VectorStoreIndex,\n    # last\n)\n",
    "class A:\n    from llama_index.llms import OpenAI\n\n    llm = OpenAI\n",
    "try:\n    from llama_index import OpenAIEmbedding, Document\nfinally:\n    pass\n",
    "\tx = 1\n"
    and "def f():\n\tfrom llama_index import OpenAIEmbedding, Document\n\treturn OpenAIEmbedding, Document\n",
    "import llama_index as li\n\nprint(li.VectorStoreIndex, li.Document)\n",
    "from llama_index import Document, Document as D, OpenAIEmbedding\n",
)


@pytest.mark.parametrize("text", ODD)
def test_odd_statements_stay_programs(text: str, tmp_path: Path) -> None:
    outcome = fixed(tmp_path, text, level=Level.UNSAFE)
    result = outcome.changes[0].after.text if outcome.changes else text
    ast.parse(result)
    assert result.count("#") == text.count("#")
    again = fixed(tmp_path, result, level=Level.UNSAFE)
    assert again.changes == ()
    if outcome.changes:
        assert not [one for one in outcome.findings if one.code == "STL401"]


def test_a_project_without_llama_index_asks_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from streamlint import rule

    def never(*_: object) -> tuple[rule.Rule, ...]:
        raise AssertionError("a rule was imported")

    (tmp_path / "app.py").write_text("import asyncio\n\n\nasync def f():\n    return 1\n", "utf-8")
    monkeypatch.setattr(rule, "discover", never)
    assert run(Request((tmp_path,), Config(root=tmp_path), Selection(), root=tmp_path)).findings == ()


@pytest.mark.parametrize(
    ("module", "name", "is_legacy"),
    [
        ("llama_index", "VectorStoreIndex", True),
        ("llama_index", "__version__", True),
        ("llama_index", "__path__", False),
        ("llama_index.llms.base", "whatever_it_had", True),
        ("llama_index.node_parser.hierarchical", "HierarchicalNodeParser", True),
        ("llama_index.core.llms.types", "ChatMessage", True),
        ("llama_index.core.llms", "ChatMessage", False),
        ("llama_index.llms.openai", "OpenAI", False),
        ("llama_index.llms.not_yet_published", "LLM", False),
        ("llama_index.core", "not_yet_published", False),
    ],
)
def test_what_meant_something_only_then(module: str, name: str, is_legacy: bool) -> None:
    assert LEGACY.is_legacy(module, name) is is_legacy


def test_a_function_of_the_same_name_elsewhere_is_not_taken_for_it() -> None:
    assert LEGACY.target("llama_index.llms.llama_utils", "messages_to_prompt") is None
    assert LEGACY.target("llama_index.bridge.langchain", "BaseMemory") is None
