"""Fixes: which go together, what they leave of the text around them, and how a file is replaced."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from streamlint import fixing
from streamlint.finding import Finding, Place, Severity
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.source import Position, Source, Span
from streamlint.writing import UnwritableFile

PATH = Path("app.py")
STREAMING = Import("fastapi.responses", "StreamingResponse")


def source(text: str) -> Source:
    return Source(PATH, text)


def replacing(text: str, old: str, new: str, *imports: Import, level: Level = Level.SAFE) -> Fix:
    """The fix that puts `new` in the place of the only `old` in `text`."""
    assert text.count(old) == 1
    start = text.index(old)
    return Fix(f"replace {old!r}", (Edit(Span(start, start + len(old)), new),), level, "", frozenset(imports))


def findings(*fixes: Fix) -> list[Finding]:
    place = Place(PATH, Span(0, 0), Position(1, 1), Position(1, 1))
    return [Finding("STL101", "name", Severity.ERROR, "message", place, fix=each) for each in fixes]


def repaired(text: str, fixes: Sequence[Fix]) -> str:
    chosen = fixing.choose(findings(*fixes), Level.UNSAFE, source(text))
    return fixing.apply(source(text), chosen)


# Which fixes go together

TEXT = "alpha = beta\ngamma = delta\n"
WORDS = ("alpha", "beta", "gamma", "delta")


@pytest.mark.parametrize("level", list(Level))
def test_level_decides(level: Level) -> None:
    fixes = [replacing(TEXT, word, word, level=each) for word, each in zip(WORDS, Level, strict=True)]
    chosen = fixing.choose(findings(*fixes), level, source(TEXT))
    assert {each.level for each in chosen} == {each.level for each in fixes if level.allows(each.level)}


def test_equal_fixes_once_and_in_order() -> None:
    later, earlier = replacing(TEXT, "gamma", "g"), replacing(TEXT, "beta", "b")
    assert fixing.choose(findings(later, earlier, replacing(TEXT, "gamma", "g")), Level.SAFE, source(TEXT)) == (
        earlier,
        later,
    )


def test_the_first_by_position_wins() -> None:
    whole, part = replacing(TEXT, "alpha = beta", "x = 1"), replacing(TEXT, "beta", "b")
    assert fixing.choose(findings(part, whole), Level.SAFE, source(TEXT)) == (whole,)


@pytest.mark.parametrize(
    ("claims", "other_claims", "together"),
    [
        ((), (), True),
        ((Span(0, 12),), (), True),
        ((Span(0, 26),), (), False),
        ((Span(0, 20),), (Span(13, 26),), False),
        ((Span(0, 13),), (Span(13, 26),), True),
        ((Span(0, 12),), (Span(0, 12),), False),
    ],
)
def test_claims(claims: tuple[Span, ...], other_claims: tuple[Span, ...], together: bool) -> None:
    one = Fix("one", (Edit(Span(0, 5), "a"),), Level.SAFE, "", claims=claims)
    other = Fix("other", (Edit(Span(13, 18), "g"),), Level.SAFE, "", claims=other_claims)
    assert (len(fixing.choose(findings(one, other), Level.SAFE, source(TEXT))) == 2) is together


def test_who_is_first_wins_as_if_all_were_compared() -> None:
    text = "(" + "name " * 40  # does not parse, so that nothing is left out for its sake
    for seed in range(200):
        draw = random.Random(seed)
        spans = [Span(at, min(len(text), at + draw.choice((0, 0, 1, 4, 30)))) for at in draw.choices(range(200), k=75)]
        fixes = [
            Fix(str(n), (Edit(spans[n], draw.choice(("", "x"))),), Level.SAFE, "", claims=tuple(spans[n + 25 : n + 26]))
            for n in range(25)
        ]
        first: list[Fix] = []
        for each in sorted(fixes, key=lambda each: min(each.edits).span):
            if not any(fixing._conflict(each, other) for other in first):
                first.append(each)
        assert fixing.choose(findings(*fixes), Level.SAFE, source(text)) == tuple(first), seed


def test_many_fixes_of_one_file_are_not_compared_in_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(f"name{n} = {n}\n" for n in range(3_000))
    starts = [match.start() for match in re.finditer("name", text)]
    fixes = [Fix(str(n), (Edit(Span(at, at + 4), "n"),), Level.SAFE, "") for n, at in enumerate(starts)]
    compared: list[Fix] = []
    conflict = fixing._conflict

    def counted(one: Fix, other: Fix) -> bool:
        compared.append(one)
        return conflict(one, other)

    monkeypatch.setattr(fixing, "_conflict", counted)
    assert fixing.choose(findings(*fixes), Level.SAFE, source(text)) == tuple(fixes)
    assert len(compared) < len(fixes)


def test_inserts_at_one_place() -> None:
    here = Span(13, 13)
    one = Fix("one", (Edit(here, "x = 1\n"), Edit(Span(0, 5), "a")), Level.SAFE, "")
    same = Fix("same", (Edit(here, "x = 1\n"), Edit(Span(13, 18), "g")), Level.SAFE, "")
    other = Fix("other", (Edit(here, "y = 1\n"),), Level.SAFE, "")
    assert fixing.choose(findings(one, other), Level.SAFE, source(TEXT)) == (one,)
    assert repaired(TEXT, [one, same]) == "a = beta\nx = 1\ng = delta\n"


def test_one_name_from_two_modules() -> None:
    fixes = [replacing(TEXT, word, "new", Import(module, "new")) for word, module in (("beta", "b"), ("delta", "d"))]
    assert fixing.choose(findings(*fixes), Level.SAFE, source(TEXT)) == tuple(fixes[:1])


def test_a_fix_that_breaks_the_text_is_left_out_alone() -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    fixes = [replacing(text, "1", "10"), replacing(text, "2", "(2"), replacing(text, "3", "30")]
    assert repaired(text, fixes) == "a = 10\nb = 2\nc = 30\n"


@pytest.mark.parametrize("first", [True, False])
def test_deep_nesting(first: bool) -> None:
    deep = f"total = {' + '.join(['StreamingResponse'] * 1500)}\n"
    text = f"{deep}import os\nx = answer\n" if first else f"import os\nx = answer\n{deep}"
    fixed = repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)])
    assert ("import StreamingResponse" in fixed) == ("(answer)" in fixed)


def test_a_text_that_never_parsed_is_edited() -> None:
    text = "server { listen 80; }\n"
    assert repaired(text, [replacing(text, "80", "81")]) == "server { listen 81; }\n"


@pytest.mark.parametrize(
    "binding",
    [
        "from llama_index.core.base.response.schema import StreamingResponse\n",
        "from .responses import StreamingResponse\n",
        "from flask import Response as StreamingResponse\n",
        "class StreamingResponse: ...\n",
        "def StreamingResponse(): ...\n",
        "StreamingResponse = None\n",
        "first, (StreamingResponse, *rest) = load()\n",
        "for StreamingResponse in (): ...\n",
        "def other(StreamingResponse): ...\n",
        "def other():\n    StreamingResponse = 1\n",
        "if (StreamingResponse := 1): ...\n",
        "with open('x') as StreamingResponse: ...\n",
    ],
)
def test_a_name_that_means_something_else_stops_the_fix(binding: str) -> None:
    text = f"{binding}\ndef chat():\n    return answer\n"
    assert repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)]) == text


@pytest.mark.parametrize(
    "binding",
    [
        "from fastapi.responses import StreamingResponse\n",
        "from fastapi.responses import StreamingResponse as StreamingResponse\n",
        "from starlette.responses import StreamingResponse\n",
        "from fastapi.responses import (  # for the stream\n\tStreamingResponse,\n\tHTMLResponse,\n)\n",
        "try:\n    from fastapi.responses import StreamingResponse\nexcept ImportError:\n    raise\n",
    ],
)
def test_a_name_that_is_there_is_not_imported_again(binding: str) -> None:
    text = f"{binding}\nprint(HTMLResponse)\ndef chat():\n    return answer\n"
    expected = text.replace("answer", "StreamingResponse(answer)")
    assert repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)]) == expected


@pytest.mark.parametrize(
    "elsewhere",
    [
        "class Api:\n    StreamingResponse = None\n\n    def StreamingResponse(self): ...\n",
        "api.StreamingResponse = None\n",
        "call(StreamingResponse=1)\n",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from fastapi.responses import StreamingResponse\n",
    ],
)
def test_a_name_that_is_not_bound_is_imported(elsewhere: str) -> None:
    text = f"import api\n{elsewhere}\ndef chat():\n    return answer\n"
    fixed = repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)])
    assert "\nfrom fastapi.responses import StreamingResponse\n" in fixed


# Where an import goes


def imported(before: str, *imports: Import) -> str:
    """What becomes of the imports in `before` when a function behind them needs more."""
    body = "\n\ndef chat():\n    return answer\n"
    text = before + body
    names = ", ".join(each.name or each.module for each in imports)
    return repaired(text, [replacing(text, "answer", f"use({names})", *imports)]).replace(
        body.replace("answer", f"use({names})"), ""
    )


PLACES = {
    "one line": (
        "from fastapi.responses import HTMLResponse\n",
        "from fastapi.responses import HTMLResponse, StreamingResponse\n",
    ),
    "sorted": (
        "from fastapi.responses import HTMLResponse, stream\n",
        "from fastapi.responses import HTMLResponse, StreamingResponse, stream\n",
    ),
    "unsorted": (
        "from fastapi.responses import b, a\n",
        "from fastapi.responses import b, a, StreamingResponse\n",
    ),
    "first": ("from fastapi.responses import Z, z\n", "from fastapi.responses import StreamingResponse, Z, z\n"),
    "comment behind": (
        "from fastapi.responses import HTMLResponse  # pages\n",
        "from fastapi.responses import HTMLResponse, StreamingResponse  # pages\n",
    ),
    "parentheses": (
        "from fastapi.responses import (HTMLResponse)\n",
        "from fastapi.responses import (HTMLResponse, StreamingResponse)\n",
    ),
    "vertical with comma": (
        "from fastapi.responses import (\n    HTMLResponse,  # pages\n    JSONResponse,  # data\n)\n",
        "from fastapi.responses import (\n    HTMLResponse,  # pages\n    JSONResponse,  # data\n    StreamingResponse,\n)\n",
    ),
    "vertical without comma": (
        "from fastapi.responses import (\n    HTMLResponse,\n    JSONResponse  # data\n)\n",
        "from fastapi.responses import (\n    HTMLResponse,\n    JSONResponse,  # data\n    StreamingResponse\n)\n",
    ),
    "vertical with one name": (
        "from fastapi.responses import (\n\tHTMLResponse,\n)\n",
        "from fastapi.responses import (\n\tHTMLResponse,\n\tStreamingResponse,\n)\n",
    ),
    "vertical, in the middle": (
        "from fastapi.responses import (\n    HTMLResponse,  # pages\n    # the rest\n    Z,\n)\n",
        "from fastapi.responses import (\n    HTMLResponse,  # pages\n    # the rest\n    StreamingResponse,\n    Z,\n)\n",
    ),
    "backslash": (
        "from fastapi.responses import HTMLResponse, \\\n    JSONResponse\n",
        "from fastapi.responses import HTMLResponse, \\\n    JSONResponse, StreamingResponse\n",
    ),
    "beside another statement": (
        "import os; from fastapi.responses import HTMLResponse; x = 1\n",
        "import os; from fastapi.responses import HTMLResponse, StreamingResponse; x = 1\n",
    ),
    "alias is not enough": (
        "from fastapi.responses import StreamingResponse as Stream\n",
        "from fastapi.responses import StreamingResponse as Stream, StreamingResponse\n",
    ),
    "beside its package": (
        "from fastapi import FastAPI\nfrom llama_index.core import Settings\n",
        "from fastapi import FastAPI\nfrom fastapi.responses import StreamingResponse\nfrom llama_index.core import Settings\n",
    ),
    "a later block of its package": (
        "import sys\n\nsys.path.append('.')\n\nfrom fastapi import FastAPI\n",
        "import sys\n\nsys.path.append('.')\n\nfrom fastapi import FastAPI\nfrom fastapi.responses import StreamingResponse\n",
    ),
    "behind the standard library": (
        "import os\nimport sys\n",
        "import os\nimport sys\n\nfrom fastapi.responses import StreamingResponse\n",
    ),
    "between the standard library and the own package": (
        "import os\n\n# ours\nfrom . import engine\n",
        "import os\n\nfrom fastapi.responses import StreamingResponse\n\n# ours\nfrom . import engine\n",
    ),
    "docstring and future": (
        '"""The chat."""\n\nfrom __future__ import annotations\n',
        '"""The chat."""\n\nfrom __future__ import annotations\n\nfrom fastapi.responses import StreamingResponse\n',
    ),
    "docstring": ('"""The chat."""\n', '"""The chat."""\n\nfrom fastapi.responses import StreamingResponse\n'),
    "not under TYPE_CHECKING": (
        "import typing\n\nif typing.TYPE_CHECKING:\n    from fastapi.responses import HTMLResponse\n",
        "import typing\n\nfrom fastapi.responses import StreamingResponse\n\n"
        "if typing.TYPE_CHECKING:\n    from fastapi.responses import HTMLResponse\n",
    ),
    "star": (
        "from fastapi.responses import *\n",
        "from fastapi.responses import *\nfrom fastapi.responses import StreamingResponse\n",
    ),
}


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=list(PLACES))
def test_place_of_an_import(before: str, after: str) -> None:
    assert imported(before, STREAMING) == after


@pytest.mark.parametrize(("before", "after"), PLACES.values(), ids=list(PLACES))
def test_place_of_an_import_with_windows_line_ends(before: str, after: str) -> None:
    before, after = (each.replace("\n", "\r\n") for each in (before, after))
    text = f"{before}\r\n\r\ndef chat():\r\n    return answer\r\n"
    fixed = repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)])
    assert fixed == f"{after}\r\n\r\ndef chat():\r\n    return StreamingResponse(answer)\r\n"


def test_import_of_a_module_among_its_kind() -> None:
    before = "import os\nimport time\nfrom pathlib import Path\n\nimport fastapi\n"
    assert imported(before, Import("asyncio")) == f"import asyncio\n{before}"
    assert imported(before, Import("queue")) == before.replace("import time", "import queue\nimport time")


def test_import_in_front_of_other_kinds() -> None:
    before = "# the service\n\nimport fastapi\n"
    assert imported(before, Import("asyncio")) == "# the service\n\nimport asyncio\n\nimport fastapi\n"


def test_import_into_a_file_without_any() -> None:
    text = "# the chat\ndef chat():\n    return answer\n"
    fixed = repaired(text, [replacing(text, "answer", "StreamingResponse(answer)", STREAMING)])
    assert fixed.splitlines()[1:3] == ["from fastapi.responses import StreamingResponse", ""]


def test_a_submodule_is_imported_beside_its_package() -> None:
    assert (
        imported("import concurrent\n", Import("concurrent.futures"))
        == "import concurrent\nimport concurrent.futures\n"
    )


def test_two_fixes_share_an_import() -> None:
    text = "import fastapi\n\na = one\nb = two\n"
    fixes = [replacing(text, word, f"StreamingResponse({word})", STREAMING) for word in ("one", "two")]
    assert repaired(text, fixes).count("import StreamingResponse") == 1


# Imports that the edits made useless


def pruned(before: str, after_use: str = "None", used: str = "") -> str:
    """What becomes of `before` when the only use of `gone` behind it goes."""
    text = f"{before}{used}\nvalue = gone\n"
    fixed = repaired(text, [replacing(text, "= gone", f"= {after_use}")])
    return fixed.removesuffix(f"{used}\nvalue = {after_use}\n")


GONE = {
    "whole line": ("import os\nimport gone\nimport sys\n", "import os\nimport sys\n"),
    "whole line with comment": (
        "import os\n# for the value\nimport gone  # noqa\nimport sys\n",
        "import os\nimport sys\n",
    ),
    "first of a paragraph": ("import os\n\nimport gone\nimport zoo\n", "import os\n\nimport zoo\n"),
    "a paragraph": ("import os\n\nimport gone\n\nimport zoo\n", "import os\n\nimport zoo\n"),
    "the first line": ("import gone\n\nimport zoo\n", "import zoo\n"),
    "behind the file's own comment": ("# licence\n\nimport gone\nimport zoo\n", "# licence\n\nimport zoo\n"),
    "last name": ("from x import a, gone\n", "from x import a\n"),
    "first name": ("from x import gone, a  # both\n", "from x import a  # both\n"),
    "alias": ("from x import a, b as gone\n", "from x import a\n"),
    "last of a column": (
        "from x import (\n    a,  # one\n    gone,  # two\n)\n",
        "from x import (\n    a,  # one\n)\n",
    ),
    "last of a column without comma": (
        "from x import (\n    a,  # one\n    gone\n)\n",
        "from x import (\n    a  # one\n)\n",
    ),
    "middle of a column": (
        "from x import (\n    a,  # one\n    gone,  # two\n    c,  # three\n)\n",
        "from x import (\n    a,  # one\n    c,  # three\n)\n",
    ),
    "beside another statement": ("import os; import gone\n", "import os\n"),
    "in front of another statement": ("import gone; import os\n", "import os\n"),
    "submodule": ("import os, gone.sub\n", "import os\n"),
}


@pytest.mark.parametrize(("before", "after"), GONE.values(), ids=list(GONE))
def test_useless_import_goes(before: str, after: str) -> None:
    assert pruned(before) == after


@pytest.mark.parametrize(
    "used",
    [
        "print(gone)\n",
        "def f(x: gone): ...\n",
        "def f(x: 'gone'): ...\n",
        "def f(x: 'list[gone.Type]'): ...\n",
        "x = cast('gone', y)\n",
        "x: Optional['gone']\n",
        "__all__ = ['gone']\n",
        "__all__ += ['gone']\n",
        "__all__.extend(['gone'])\n",
        "x = []  # type: list[gone]\n",
        "@gone.route\ndef f(): ...\n",
        "x = f'{gone}'\n",
    ],
)
def test_used_import_stays(used: str) -> None:
    assert pruned("import gone\n", used=used) == "import gone\n"


@pytest.mark.parametrize("used", ["x.gone()\n", "f(gone=1)\n", "# gone\n", "'''Has gone.'''\n", "x = {'gone': 1}\n"])
def test_what_only_looks_like_a_use_does_not_hold_an_import(used: str) -> None:
    assert pruned("import os\nimport gone\n", used=used) == "import os\n"


def test_other_useless_imports_are_nobodys_business() -> None:
    assert pruned("import gone\nimport unused\n") == "import unused\n"
    assert (
        pruned("from gone import *\nfrom x import gone as gone\n") == "from gone import *\nfrom x import gone as gone\n"
    )


def test_imports_elsewhere_are_left_alone() -> None:
    before = "try:\n    import gone\nexcept ImportError:\n    gone = None\n"
    assert pruned(before) == before


# What stays byte for byte

SHAPES = {
    "windows": b"import a\r\n\r\n\r\nvalue = old  # why\r\nother = 1\r\n",
    "old mac": b"import a\r\rvalue = old  # why\rother = 1\r",
    "mixed line ends": b"import a\r\n\nvalue = old  # why\nother = 1\r\n",
    "byte-order mark": b"\xef\xbb\xbfimport a\nvalue = old\n",
    "latin-1": b"# -*- coding: latin-1 -*-\n# caf\xe9\nvalue = old  # \xe9\n",
    "tabs and form feed": b"if 1:\n\tx = 1\t# tab\n\x0c\nvalue = old\n",
    "no line end at the end": b"import a\nvalue = old",
    "line separators in strings": "x = '\u2028 \x85 \x1c'\nvalue = old  # \u2029 \U0001f600\n".encode(),
    "trailing white space": b"import a   \n   \nvalue = old   \n\n\n",
    "continued lines": b"x = 1 + \\\n    2\nvalue = old\n",
}


@pytest.mark.parametrize("content", SHAPES.values(), ids=list(SHAPES))
@pytest.mark.parametrize("needed", [(), (Import("b", "new"),)], ids=["text", "text and import"])
def test_everything_else_stays(content: bytes, needed: tuple[Import, ...], tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_bytes(content)
    read = Source.read(path)
    chosen = fixing.choose(findings(replacing(read.text, "old", "new", *needed)), Level.SAFE, read)
    text = fixing.apply(read, chosen)
    fixing.write(read, text)
    changed = path.read_bytes()
    assert chosen or b"\n" not in content
    expected = content.replace(b"= old", b"= new")
    if not needed or not chosen:
        assert changed == (expected if chosen else content)
    else:
        added = f"from b import new{read.newline}".encode()
        assert changed.count(added) == 1
        kept = changed.replace(added, b"")
        ends = (b"\r\n", b"\n", b"\r")
        assert [line for line in kept.splitlines() if line] == [line for line in expected.splitlines() if line]
        assert any(kept.endswith(end) for end in ends) == any(content.endswith(end) for end in ends)


# Replacing the file


def test_mode_and_link_stay(tmp_path: Path) -> None:
    target, link = tmp_path / "target.py", tmp_path / "link.py"
    target.write_text("a = 1\n")
    target.chmod(0o750)
    link.symlink_to(target.name)
    fixing.write(Source.read(link), "a = 2\n")
    assert link.is_symlink()
    assert target.read_text() == "a = 2\n"
    assert target.stat().st_mode & 0o777 == 0o750
    assert sorted(os.listdir(tmp_path)) == ["link.py", "target.py"]


def test_same_text_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("a = 1\n")
    before = path.stat()
    fixing.write(Source.read(path), "a = 1\n")
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_text_that_the_encoding_cannot_hold(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    content = b"# coding: latin-1\na = 1\n"
    path.write_bytes(content)
    with pytest.raises(UnwritableFile, match="iso-8859-1, has no bytes for '€'"):
        fixing.write(Source.read(path), "# coding: latin-1\na = '€'\n")
    assert path.read_bytes() == content


def test_text_that_would_be_read_in_another_encoding(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("a = 'é'\n")
    with pytest.raises(UnwritableFile, match="read differently"):
        fixing.write(Source.read(path), "# coding: latin-1\na = 'é'\n")


def test_file_that_changed_meanwhile(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("a = 1\n")
    read = Source.read(path)
    path.write_text("a = 3\n")
    with pytest.raises(UnwritableFile, match="changed since"):
        fixing.write(read, "a = 2\n")
    assert path.read_text() == "a = 3\n"


def test_file_that_went_away(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("a = 1\n")
    read = Source.read(path)
    path.unlink()
    with pytest.raises(UnwritableFile, match="No such file"):
        fixing.write(read, "a = 2\n")


def test_a_failed_rename_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "app.py"
    path.write_text("a = 1\n")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UnwritableFile, match="No space left"):
        fixing.write(Source.read(path), "a = 2\n")
    assert os.listdir(tmp_path) == ["app.py"]
    assert path.read_text() == "a = 1\n"


# The rest


def test_reexports_are_the_same_objects() -> None:
    from importlib import import_module

    from streamlint.imports import names

    for one, other in names._same_objects().items():
        assert getattr(import_module(one.module), one.name) is getattr(import_module(other.module), other.name)


def test_libcst_is_not_imported_for_the_types() -> None:
    program = "import sys, streamlint.fix; sys.exit('libcst' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


# Both at once

SWAPPED = {
    "one line": ("from x import old\n", "from x import new\n"),
    "first of two": ("from x import old, z\n", "from x import new, z\n"),
    "last of two": ("from x import a, old  # both\n", "from x import a, new  # both\n"),
    "column": ("from x import (\n    a,\n    old,  # gone\n)\n", "from x import (\n    a,\n    new,\n)\n"),
    "column of one": ("from x import (\n    old\n)\n", "from x import (\n    new\n)\n"),
    "another module": ("import os\n\nfrom w import old\n", "import os\n\nfrom x import new\n"),
    "the first line": ("from w import old\n\nimport zoo\n", "from x import new\n\nimport zoo\n"),
}


@pytest.mark.parametrize(("before", "after"), SWAPPED.values(), ids=list(SWAPPED))
def test_one_import_for_another(before: str, after: str) -> None:
    text = f"{before}\nvalue = old(a)\n"
    assert repaired(text, [replacing(text, "old(", "new(", Import("x", "new"))]) == f"{after}\nvalue = new(a)\n"
