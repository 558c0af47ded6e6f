"""Where a file is cut for libcst, and where in the file what stands in a piece of it is said to be."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.model.summary import UnparsableFile, summarise
from streamlint.source import Source, Span
from streamlint.tree.pieces import Piece, pieces_of

PATH = Path("app.py")


@pytest.mark.parametrize(
    "pieces",
    [
        ["import os\n", "\n\ndef f():\n    return 1\n", "f()\n"],
        ["# first\nimport os  # why\n", "# then\nimport sys"],
        ["one = 1; two = 2\n", "three = 3\n"],
        ["one = 1 + \\\n    2\n", "three = 3\n"],
        ["one = 1; \\\ntwo = 2\n", "three = 3\n"],
        ["if one:\n    two\nelse:\n    three\n", "@one\ndef two(): ...\n# the end\n"],
        ["one = '''\n\n'''\r\n", "two = 2\r\n"],
        ["# nothing\n"],
        [""],
    ],
)
def test_where_a_file_is_cut(pieces: list[str]) -> None:
    source = Source(PATH, "".join(pieces))
    assert [source.slice(place) for place in pieces_of(source, summarise(source))] == pieces


def piece(before: str, text: str) -> Piece:
    return Piece(Source(PATH, before + text), Span(len(before), len(before + text)))


BEFORE = "import os\n\n\n"


def test_what_libcst_cannot_read_is_told_with_its_place_in_the_file() -> None:
    with pytest.raises(UnparsableFile, match="cannot be read by libcst") as raised:
        piece(BEFORE, "three = 3\none two\n")
    assert (raised.value.line, raised.value.column) == (5, 1)  # libcst names the line, and its beginning


FUNCTION = """\
def f(a):
    for one in a:
        print(
            one)
    return a
"""


@pytest.mark.parametrize(
    ("part", "line"),
    [
        ("one)", "print(\n            one)"),
        ("print", "print(\n            one)"),
        ("for", "for one in a:\n        print(\n            one)"),
        ("return a", "return a"),
        ("a):", FUNCTION.rstrip()),
        (FUNCTION.partition("\n")[2].rstrip(), FUNCTION.rstrip()),
    ],
)
def test_the_statement_around_characters_of_the_file(part: str, line: str) -> None:
    read = piece(BEFORE, FUNCTION)
    start = (BEFORE + FUNCTION).index(part)
    found = read.statement(start, start + len(part))
    assert found is not None
    span = read.spans[found]
    assert (BEFORE + FUNCTION)[span.start : span.end].strip() == line
    assert read.statement(0, 3) is None


def test_definitions_and_loops_by_where_they_begin() -> None:
    read = piece(BEFORE, FUNCTION)
    text = BEFORE + FUNCTION
    assert [*read.definitions] == [text.index("def")]
    assert [*read.loops] == [text.index("for")]
    assert read.offset(4) == text.index("f(a)")
    [function] = read.definitions.values()
    [loop] = read.loops.values()
    assert read.blocks[id(loop)] == list(function.body.body)
    assert id(function) not in read.blocks
    assert read.parents[id(loop)] is function.body
