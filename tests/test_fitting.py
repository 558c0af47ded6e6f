"""Lines that a repair writes are as long as the project's formatter lets them be, and broken as it would break them."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from streamlint.fitting import fitted
from streamlint.fix import Edit, Fix, Level
from streamlint.source import Source, Span
from streamlint.widths import USUAL, Widths
from tools.fixtures import FIXTURES, bare, broken_of

FIXED = sorted(FIXTURES.glob("*/bad_*.fixed.py"))
ODD = {"STL206/bad_in_handlers.fixed.py": "the lines were broken before, and the call between them went"}


def formatted(text: str, width: int = USUAL) -> str:
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", str(width), "-"]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def test_a_formatter_has_nothing_to_do_after_a_repair() -> None:
    """Where it had nothing to do before."""
    changed = set()
    for path in FIXED:
        before = bare(broken_of(path).read_bytes().decode())
        after = bare(path.read_bytes().decode())
        if "\r" not in before and formatted(before) == before and formatted(after) != after:
            changed.add(path.relative_to(FIXTURES).as_posix())
    assert changed == set(ODD)


def written(line: str, width: int) -> str:
    """A line that takes the place of another one, as it fits."""
    source = Source(Path("app.py"), "async def one():\n    pass\n")
    at = source.text.index("pass")
    edit = Edit(Span(at, at + len("pass")), line)
    (fitting,) = fitted(Fix("", (edit,), Level.SAFE, ""), source, width).edits
    return source.text[: fitting.span.start] + fitting.text + source.text[fitting.span.end :]


LINES = (
    'return StreamingResponse(response.response_gen, media_type="text/plain")',
    'return StreamingResponse((f"data: {json.dumps(token)}" for token in response.response_gen), media_type="text/plain")',
    "async for chunk in iterate_in_threadpool(await run_in_threadpool(engine.llm.stream_complete, prompt)): pass",
    'return answer if await run_in_threadpool(self.engine.retrieve, question) else "I do not know"',
    'done = await run_in_threadpool(subprocess.run, ["pandoc", "-t", "plain"], input=content, capture_output=True)',
    "one = (first_of_the_values_that_are_given,)",
    "return [token async for token in stream_of_the_engine.async_response_gen() if token.strip() and not token.isspace()]",
    'text = "a text that is longer than any line may be, and cannot be broken, as it has no brackets in it"',
)

AWAITED = (
    'return await (await run_in_threadpool(HuggingFaceEmbeddings, model_name="all-MiniLM-L6-v2")).aembed_query(question)',
    'scores = await run_in_threadpool((await run_in_threadpool(CrossEncoder, "marco")).predict, [(q, one.text) for one in nodes])',
    'pool[sid] = {**user_of_the_session, "names": (await asyncio.to_thread(pool.get, sid) or {}).get("names", [])}',
)


@pytest.mark.parametrize("width", [60, 72, 88])
@pytest.mark.parametrize("line", [*LINES, *AWAITED])
def test_a_broken_line_says_the_same(line: str, width: int) -> None:
    assert ast.dump(ast.parse(written(line, width))) == ast.dump(ast.parse(written(line, 1_000)))


@pytest.mark.parametrize("line", [LINES[0], LINES[1], LINES[3], LINES[4], *AWAITED])
def test_it_is_broken_as_a_formatter_breaks_it(line: str) -> None:
    for width in (88, 100):
        assert written(line, width) == formatted(written(line, 1_000), width)


def test_arguments_on_a_line_of_their_own_are_broken_at_their_commas() -> None:
    """As a formatter does with what stands between brackets that other lines open and close."""
    text = "async def one():\n    engine = made(\n        filters=filters, params=params, event_handlers=[event_handler]\n    )\n"
    source = Source(Path("app.py"), text)
    called, first = text.index("made("), text.index("filters=")
    edits = (
        Edit(Span(called, called + 4), "await run_in_threadpool"),
        Edit(Span(first, first), "made_for_everybody, "),
    )
    fit = fitted(Fix("", edits, Level.SAFE, ""), source, USUAL)
    for edit in sorted(fit.edits, reverse=True):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    assert formatted(text) == text
    assert text.count("\n") == 7


@pytest.mark.parametrize(
    ("name", "text", "width"),
    [
        ("ruff.toml", "line-length = 100", 100),
        ("pyproject.toml", "[tool.ruff]\nline-length = 120", 120),
        ("pyproject.toml", "[tool.black]\nline-length = 79", 79),
        ("pyproject.toml", "[tool.isort]\nline_length = 90", 90),
        ("pyproject.toml", "[tool.ruff]\nline-length = 110\n[tool.isort]\nline_length = 90", 110),
        ("setup.cfg", "[flake8]\nmax-line-length = 99\n", 99),
        (".flake8", "[flake8]\nmax-line-length = 95\n", 95),
        (".style.yapf", "[style]\ncolumn_limit = 80\n", 80),
        (".editorconfig", "root = true\n\n[*.py]\nmax_line_length = 105\n", 105),
        (".editorconfig", "[*]\nmax_line_length = off\n", USUAL),
        ("pyproject.toml", "[tool.ruff\nbroken", USUAL),
        ("README.md", "line-length = 100", USUAL),
    ],
)
def test_the_width_of_a_project(name: str, text: str, width: int, tmp_path: Path) -> None:
    from streamlint.project import Project

    (tmp_path / name).write_text(text)
    assert Widths(Project(tmp_path, ())).of(tmp_path / "src" / "app.py") == width
