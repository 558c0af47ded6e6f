"""White space that parsers count differently: a node, its facts and the text stand at the same place all the same."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import libcst as cst
import pytest

from streamlint import intake
from streamlint.fix import Import
from streamlint.form_feeds import Straight
from streamlint.imports import arrange
from streamlint.model import syntax as ir
from streamlint.model.summary import UnparsableFile
from streamlint.project import Project
from streamlint.source import Source
from streamlint.tree.python import PythonFile
from streamlint.tree.spans import spans_of
from tests.conftest import Streamlint, Write

PROGRAM = '''\
import os
from fastapi import FastAPI, Depends  # both

app = FastAPI()
TEXT = """
  a
    b"""


class Shop:
    """What it sells."""

    @app.get("/x", tags=["a", "b"])
    async def list(self, q: str = "é", *, limit: int = 1 + 2) -> dict:
        # first
        if limit > 1 and \\
                q:
            return {"answer": "".join(each for each in self.rows(q)), "ü": [1, 2]}
        elif not q:
            pass
        else:
            with open(
                q,
            ) as file, open(q) as other:
                for line in file:
                    print(f"{line} {q!r:>{limit}}"); other.write(line)
        try:
            value = lambda a: a + limit
        except (ValueError, TypeError) as error:
            raise error
        return value(limit)


last = TEXT
'''


def misplaced(text: str) -> list[str]:
    """The names that stand elsewhere than in the text: those of libcst, and those of the facts."""
    path = Path("/project/app.py")
    source = Source(path, text)
    file = PythonFile(source, Project(path.parent, (path,), overlay={path: source}))
    tree = file.tree
    tree.whole()
    nodes = [node for node in tree.spans if isinstance(node, cst.Name)]
    wrong = [node.value for node in nodes if tree.text(node) != node.value]
    names = [name for scope in file.facts.scopes for name in scope.names]
    wrong += [name.id for name in names if file.text(name) != name.id]
    calls = [node for node in tree.spans if isinstance(node, cst.Call)]
    known = [(call, file.expression(tree.span(call))) for call in calls]
    wrong += [tree.text(call) for call, row in known if row is None or not isinstance(row[1], ir.Call)]
    return wrong


def variants(space: str) -> list[str]:
    """The program with `space` at each of the places where it has white space or a line begins, as far as that is Python."""
    found = []
    for match in re.finditer(r"(?=[ \n])|(?<=[ \n])", PROGRAM):
        text = PROGRAM[: match.start()] + space + PROGRAM[match.start() :]
        try:
            ast.parse(text)
        except SyntaxError:
            continue
        found.append(text)
    return found


@pytest.mark.parametrize("space", ["\f", "\f ", " \f", "\t\f", "\f\f", "\\\n\f"])
def test_form_feeds_in_every_white_space(space: str) -> None:
    texts = variants(space)
    assert len(texts) > 50
    for text in texts[len(space) :: 4]:
        assert (text, misplaced(text)) == (text, [])


@pytest.mark.parametrize("end", ["\r", "\r\n", "\n\r\n", "\n\f\n", "\n \t\f \n", "\f\r"])
def test_line_ends_of_all_kinds(end: str) -> None:
    assert misplaced(PROGRAM.replace("\n", end, 3)) == []
    assert misplaced(PROGRAM.replace("\n\n\n", f"\n{end}{end}")) == []


@pytest.mark.parametrize("character", ["\u2028", "\x85", "\x1c", "\x0b", "\f"])
def test_what_only_looks_like_a_line_end(character: str) -> None:
    assert misplaced(PROGRAM.replace("  a\n", f"  a{character}a\n").replace("# both", f"# {character} both")) == []


@pytest.mark.parametrize("character", ["\x0b", "\x1c", "\u2028", "\0", "\xa0", "\x1a"])
def test_other_white_space_between_words_is_no_python(write: Write, streamlint: Streamlint, character: str) -> None:
    write("app.py", PROGRAM.replace("q: str", f"q:{character}str"))
    result = streamlint("--output-format", "concise")
    assert result.exit_code == 1
    assert re.search(r"app\.py:\d+:\d+: error\[STL001\]", result.stdout)


def test_a_module_that_is_not_the_text_is_refused() -> None:
    module = cst.parse_module("a = 1\n")
    with pytest.raises(UnparsableFile, match="leaves out characters"):
        spans_of(module, Straight("a = 1\n\n\n"))


def test_an_import_is_placed_where_it_belongs() -> None:
    text = "import os\n\n\f\ndef f():\n  \f    x = os\n    return x\n\n\fdef g(): ...\n"
    expected = text.replace("import os\n", "import os\nimport time\n")
    assert arrange(text, text, frozenset({Import("time")})) == expected


FEEDING = """\
import time

from fastapi import FastAPI

app = FastAPI()


@app.get("/slow")
async def slow() -> str:
    before = 1
\f    time.sleep(1)
    return "done"
"""


def test_a_form_feed_before_a_statement(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", FEEDING)
    result = streamlint("--output-format", "concise")
    assert "app.py:11:6: error[STL203]" in result.stdout
    assert "fixable" not in result.stdout
    result = streamlint("--fix")
    assert f"not written: {intake.FORM_FEEDS}" in result.stderr
    assert (result.exit_code, path.read_text()) == (1, FEEDING)


def test_a_form_feed_between_functions_hinders_nothing(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", FEEDING.replace("\f", "").replace("\n\n@app", "\n\f\n@app"))
    assert streamlint("--fix").exit_code == 0
    assert "\n\f\n@app" in path.read_text()
