"""Files for a newer Python than the one that runs: told as such, and only where it is certain."""

from __future__ import annotations

import ast
import json
import sys

import pytest

from streamlint.tree import newer
from tests.conftest import BLOCKING, CLEAN, Streamlint, Write

NEW = {
    "type statement": ("3.12", "x = 1\ntype Name = str\n", 2),
    "type statement over lines": ("3.12", "type Names[T] = (\n    list[T]\n    | None\n)\n", 1),
    "function with type parameters": ("3.12", "def first[T: int, *Ts, **P](items: list[T]) -> T: ...\n", 1),
    "method with type parameters": ("3.12", "class A:\n    async def f [T] (self) -> T: ...\n", 2),
    "class with type parameters": ("3.12", "class A[T]: pass\nclass B[T](A[T]): pass\n", 1),
    "default of a type parameter": ("3.13", "class A[T]: pass\nclass B[T = int]: pass\n", 2),
    "default in a type statement": ("3.13", "type A[T = int] = list[T]\n", 1),
    "same quotes": ("3.12", 'x = f"{a["b"]}"\n', 1),
    "backslash in an expression": ("3.12", "x = 'a' f\"{'\\n'.join(b)}\" \"c\"\n", 1),
    "comment in an expression": ("3.12", "x = f'''{\n    a  # b\n}'''\n", 1),
    "nested five times": ("3.12", 'x = f"{f"{f"{f"{f"{1}"}"}"}"}"\n', 1),
    "template": ("3.14", "x = t'hello {name!r:>{width}}'\n", 1),
    "template with the same quotes": ("3.14", "y = 1\nx = t'hello {f'{a['b']}'}'\n", 2),
    "exceptions without brackets": ("3.14", "try:\n    pass\nexcept ValueError, KeyError:\n    pass\n", 3),
    "behind exceptions of old": (
        "3.12",
        "try:\n    pass\nexcept (A, B):\n    pass\nexcept C:\n    pass\ntype Name = str\n",
        7,
    ),
    "three exceptions": ("3.14", "try:\n    pass\nexcept a.Error, b.Error, error:\n    pass\n", 3),
    "exception groups": ("3.14", "try:\n    pass\nexcept* ValueError, socket.error:\n    pass\n", 3),
    "several": ("3.14", 'type X = int\nx = f"{a["b"]}"\ny = t\'{x}\'\n', 3),
    "behind a form feed": ("3.12", "if x:\n\f    type X = int\n", 2),
}

BROKEN = {
    "call after it": "type X = int\nprint 'two'\n",
    "unfinished": "def f[T](:\n",
    "no expression": 'x = f"{a["b"] +}"\n',
    "no value": "type X =\n",
    "a statement of Python 2": "try:\n    pass\nexcept ValueError, error:\n    pass\n",
    "a name for exceptions without brackets": "try:\n    pass\nexcept ValueError, KeyError as error:\n    pass\n",
    "literal as target": "type X = int\n1 = x\n",
    "keyword as name": "def class[T](): ...\n",
    "argument after keyword": "def f[T](): return g(a=1, *b, 2)\n",
    "twice broken": "class A[T]: pass\nx = f'{'\n",
    "return of a template": "x = t'{'\n",
    "many brackets": "type X = int\nx = " + "(" * 5000 + ")" * 5000 + "\n",
    "many calls": "type X = int\nx = a" + ".b()" * 5000 + ")\n",
    "many lines": "type X = int\nx = (a" + "\n    .b()" * 5000 + "))\n",
}


def is_new(version: str) -> bool:
    return tuple(map(int, version.split("."))) > sys.version_info[:2]


@pytest.mark.parametrize(("version", "text", "line"), NEW.values(), ids=list(NEW))
def test_new_grammar_is_a_warning(write: Write, streamlint: Streamlint, version: str, text: str, line: int) -> None:
    write("app.py", text)
    write("other.py", CLEAN)
    result = streamlint("--output-format", "concise")
    assert result.exit_code == 0
    assert streamlint("app.py").exit_code == int(is_new(version)), "it was named, and nobody looked at it"
    if is_new(version):
        assert f"app.py:{line}:" in result.stdout
        assert f"warning[STL001] unreadable-file: needs Python {version}, and streamlint runs on" in result.stdout
        assert "Found 1 warning in 1 file (1 file checked, 1 needs a newer Python)" in result.stdout
    else:
        assert "No findings (2 files checked)" in result.stdout


@pytest.mark.parametrize("text", BROKEN.values(), ids=list(BROKEN))
def test_what_is_broken_in_every_release_is_an_error(write: Write, streamlint: Streamlint, text: str) -> None:
    write("app.py", text)
    result = streamlint("--output-format", "concise")
    assert result.exit_code == 1
    assert "error[STL001]" in result.stdout
    assert "(0 files checked)" in result.stdout


@pytest.mark.parametrize(("version", "text", "line"), NEW.values(), ids=list(NEW))
def test_a_web_application_too(write: Write, streamlint: Streamlint, version: str, text: str, line: int) -> None:
    write("app.py", text + BLOCKING)
    write("other.py", BLOCKING)
    result = streamlint("--output-format", "json")
    found = json.loads(result.stdout)["findings"]
    expected = [("STL001", "warning")] if is_new(version) else [("STL203", "error")]
    assert [(each["code"], each["severity"]) for each in found] == [*expected, ("STL203", "error")]
    assert result.exit_code == 1, "the other file has a fault"


@pytest.mark.parametrize(("version", "text", "line"), NEW.values(), ids=list(NEW))
def test_what_the_running_python_takes_needs_no_newer_one(version: str, text: str, line: int) -> None:
    if is_new(version):
        with pytest.raises(SyntaxError):
            ast.parse(text)
    else:
        assert newer.newest(text) is None


@pytest.mark.parametrize(("version", "text", "line"), NEW.values(), ids=list(NEW))
def test_beside_a_line_that_may_take_minutes_nothing_is_certain(version: str, text: str, line: int) -> None:
    assert (newer.newest(f"{text}words = '{'a' * 1_000}'\n") is not None) == is_new(version)
    assert newer.newest(f"{text}words = '{'a' * 5_000}'\n") is None


def test_the_full_report_says_what_to_do(write: Write, streamlint: Streamlint) -> None:
    write("app.py", "try:\n    pass\nexcept KeyError, ValueError, OSError:\n    pass\n")
    result = streamlint()
    if is_new("3.14"):
        assert "`except` with types without brackets came with Python 3.14" in result.stdout
        assert "install streamlint for Python 3.14 or later" in result.stdout
        assert "nothing else in this file was checked" in result.stdout
    else:
        assert result.exit_code == 0
