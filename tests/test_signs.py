"""Which words make a file worth a look."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.knowledge import Knowledge
from streamlint.knowledge.signs import conventions, entrances, hosts, is_worth_a_look
from streamlint.project import Project, interesting


@pytest.mark.parametrize(
    ("words", "is_worth_it"),
    [
        ("fastapi", True),
        ("llama_index", True),
        ("uvicorn", True),
        ("async", True),
        ("workflows", True),
        ("yield", True),
        ("run_until_complete", True),
        ("Pipe pipe", True),
        ("Filter outlet", True),
        ("Filter stream", True),
        ("Pipe", False),
        ("pipe", False),
        ("Pipe inlet", False),
        ("asyncio run", False),
        ("FastAPI asynchronous", False),
        ("", False),
    ],
)
def test_words_that_are_worth_a_look(words: str, is_worth_it: bool) -> None:
    assert is_worth_a_look({word.encode() for word in words.split()}) is is_worth_it


def test_every_package_of_a_framework_is_an_entrance() -> None:
    packages = Knowledge().frameworks.packages
    assert packages == {*packages.intersection(entrances()), *(name for host in hosts() for name in host.packages)}
    assert "asyncio.run" in entrances()
    assert all(is_worth_a_look({package.encode()}) for package in packages)


@pytest.mark.parametrize(
    ("run", "leads_on"),
    [
        ("server.run()", False),
        ('server.run(transport="stdio", show_banner=False)', True),  # which one it is, the evaluator says
        ('server.run(transport="sse")', True),
        ('server.run("streamable-http")', True),
        ("run(tasks(), server, 'stdio')", False),
        ("app = server.sse_app()", True),
    ],
)
def test_a_tool_server_is_looked_into_where_some_file_may_serve_it_to_many(
    run: str, leads_on: bool, tmp_path: Path
) -> None:
    (tmp_path / "tools.py").write_text(
        "from mcp.server.fastmcp import FastMCP\nserver = FastMCP('tools')\n@server.tool()\nasync def add(): ...\n",
        "utf-8",
    )
    (tmp_path / "main.py").write_text(f"from tools import server\n{run}\n", "utf-8")
    project = Project(tmp_path, sorted(tmp_path.glob("*.py")))
    assert (tmp_path / "tools.py" in project.registrars) is leads_on


def test_further_words_are_no_entrance() -> None:
    assert "async" not in entrances()


def test_the_methods_of_a_class_that_stands_in_several_rows() -> None:
    rows = Knowledge().frameworks.conventions
    assert dict(conventions()) == {
        name: frozenset(method for view in views for method in view.methods) for name, views in rows.items()
    }
    assert len(conventions()) == len(rows)


@pytest.mark.parametrize(
    ("text", "is_interesting"),
    [("import fastapi", True), ("serve(home)", True), ("mine.web.other(home)", False), ("x = 1", False), ("", False)],
)
def test_names_that_the_user_told_of_are_words_too(text: str, is_interesting: bool) -> None:
    assert interesting(text.encode(), ("mine.web.serve",)) is is_interesting
