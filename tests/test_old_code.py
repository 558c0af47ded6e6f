"""The proof of a migration is itself right: it sees every form of import, and says of each name whether it can be had."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from streamlint.knowledge.llama_index_moves import distribution
from tools.old_code.__main__ import rewrite
from tools.old_code.environment import Environment
from tools.old_code.statements import Imported, places

FORMS = """\
import importlib
import llama_index.core.schema as schema, os
from llama_index.core import (
    VectorStoreIndex as Index,  # the index
    Document,
)
from llama_index.core.llms import *
from llama_indexes import Other
from .llama_index import own

def later():
    from llama_index.llms.openai import OpenAI
    return importlib.import_module("llama_index.core.memory"), importlib.import_module("os")
"""


def test_every_form_of_import_is_seen() -> None:
    seen = {(place.line, str(place.imported)) for place in places(Path("app.py"), FORMS)}
    assert seen == {
        (2, "import llama_index.core.schema"),
        (3, "from llama_index.core import VectorStoreIndex"),
        (3, "from llama_index.core import Document"),
        (7, "from llama_index.core.llms import *"),
        (12, "from llama_index.llms.openai import OpenAI"),
        (13, "import llama_index.core.memory"),
    }


def test_what_the_installed_release_has_is_told_from_what_it_has_not() -> None:
    expected = {
        Imported("llama_index.core", "VectorStoreIndex"): "imported",
        Imported("llama_index.core", "schema"): "imported",
        Imported("llama_index.core.schema"): "imported",
        Imported("llama_index.core.llms", "*"): "imported",
        Imported("llama_index.core", "OpenAIAgent"): "no such name",
        Imported("llama_index", "VectorStoreIndex"): "no such name",
        Imported("llama_index.core.query_pipeline", "QueryPipeline"): "no such module",
    }
    got = Environment(Path(sys.executable)).outcomes(list(expected))
    assert {one: outcome.what for one, outcome in got.items()} == expected
    assert {one for one, outcome in got.items() if outcome.resolves} == {
        one for one, what in expected.items() if what == "imported"
    }


def test_a_name_of_a_module_that_needs_another_package_is_read_in_its_text(tmp_path: Path) -> None:
    module = tmp_path / "needy.py"
    module.write_text("import package_that_nobody_has\n\ndef found(): ...\n", encoding="utf-8")
    asked = [Imported("needy", "found"), Imported("needy", "lost")]
    got = Environment(Path(sys.executable)).outcomes(asked, also=tmp_path)
    assert [got[one].what for one in asked] == ["read", "needs another package"]
    assert got[asked[0]].missing == "package_that_nobody_has"


@pytest.mark.parametrize(
    ("module", "name"),
    [
        ("llama_index", ""),
        ("llama_index.core.llms", "llama-index-core"),
        ("llama_index.llms.openai", "llama-index-llms-openai"),
        ("llama_index.llms.azure_openai.base", "llama-index-llms-azure-openai"),
        ("llama_index.finetuning.openai", "llama-index-finetuning"),
        ("llama_index.storage.docstore.redis.base", "llama-index-storage-docstore-redis"),
        ("llama_index.indices.managed.vectara", "llama-index-indices-managed-vectara"),
    ],
)
def test_a_module_names_its_distribution(module: str, name: str) -> None:
    assert distribution(module) == name


def test_files_that_do_not_compile_afterwards_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "old"
    (folder / "llama_index").mkdir(parents=True)
    (folder / "llama_index" / "own.py").write_text("from llama_index.schema import Document\n", encoding="utf-8")
    (folder / "right.py").write_text("from llama_index.core import Document\n", encoding="utf-8")
    (folder / "unreadable.py").write_text("from llama_index import (\n", encoding="utf-8")
    (tmp_path / "breaks.py").write_text(BREAKS, encoding="utf-8")
    done = rewrite(folder, tmp_path / "work", command=(sys.executable, str(tmp_path / "breaks.py")))
    assert done.changed == 1
    assert [path.name for path in done.broken] == ["own.py"]
    assert {str(place.imported) for place in done.old} == {
        "from llama_index.schema import Document",
        "from llama_index.core import Document",
    }
    assert [str(place.imported) for place in done.new] == ["from llama_index.core import Document"]
    assert not (folder / "rewritten").exists()


BREAKS = """\
import pathlib, sys
path = pathlib.Path(sys.argv[-1], "rewritten", "own.py")
path.write_text("from llama_index.core import (")
"""
