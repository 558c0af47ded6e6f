"""What texts say before they are parsed: their words, imports, classes and decorators."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

import pytest

from streamlint.model.texts import ClassHead, Import, Texts
from streamlint.model.words import words_of
from streamlint.source import Source

ROOT = Path("/program")
APP = ROOT / "app.py"


def texts(files: Mapping[str, str]) -> Texts:
    return Texts((), {ROOT / name: Source(ROOT / name, text) for name, text in files.items()})


def names(paths: Iterable[Path]) -> set[str]:
    return {path.name for path in paths}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b_1 c", {"a", "b_1", "c"}),
        ("Az(Z0)", {"Az", "Z0"}),
        ("'größe'", {"größe"}),
        ("x=x", {"x"}),
        ("@[`{/:", set()),
    ],
)
def test_the_words_of_a_text(text: str, expected: set[str]) -> None:
    assert words_of(text.encode()) == {word.encode() for word in expected}


def test_what_can_stand_in_a_word() -> None:
    in_words = {byte for byte in range(256) if words_of(bytes((byte,)))}
    assert in_words == {byte for byte in range(128) if chr(byte).isidentifier() or chr(byte).isdigit()} | {
        *range(128, 256)
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("import a", [Import("a", "", 0, "a")]),
        ("import a.b", [Import("a.b", "", 0, "a")]),
        ("import a.b as c, d", [Import("a.b", "", 0, "c"), Import("d", "", 0, "d")]),
        ("from a.b import c", [Import("a.b", "c", 0, "c")]),
        ("from a import b as c, d", [Import("a", "b", 0, "c"), Import("a", "d", 0, "d")]),
        ("from .. a import b", [Import("a", "b", 2, "b")]),
        ("from . import b", [Import("", "b", 1, "b")]),
        ("from.a import b", [Import("a", "b", 1, "b")]),
        ("from a import *", [Import("a", "*", 0, "*")]),
        (
            "from a import (  # one (\n    b,  # two\n    c as d,\n)",
            [Import("a", "b", 0, "b"), Import("a", "c", 0, "d")],
        ),
        ("from a import b, \\\n    c", [Import("a", "b", 0, "b"), Import("a", "c", 0, "c")]),
        ("from a import b; import c", [Import("a", "b", 0, "b"), Import("c", "", 0, "c")]),
        ("from a import b  # as c, d", [Import("a", "b", 0, "b")]),
        ("def f():\n    import a", [Import("a", "", 0, "a")]),
        ("if x: import a", [Import("a", "", 0, "a")]),
        ("important = 1\nfromage = 2", []),
        ("x.import_(a)", []),
        ("'''\nimport this and that\n'''", [Import("this", "", 0, "this")]),
        ("'''\nimport this as\n'''", [Import("this", "", 0, "this")]),
    ],
)
def test_imports(text: str, expected: list[Import]) -> None:
    for ends in (text, text.replace("\n", "\r\n")):
        assert list(texts({"app.py": ends}).imports(APP)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("class A: pass", [("A", "")]),
        ("class A(b.C, D[e], metaclass=F(g)): pass", [("A", "b C D e metaclass F g")]),
        ("class A[T: int](B): pass", [("A", "B")]),
        ("if x:\n    class A(\n        B,\n    ): pass", [("A", "B")]),
        ("subclass = A(B)\nclassA = 1", []),
    ],
)
def test_heads_of_classes(text: str, expected: list[tuple[str, str]]) -> None:
    heads = [ClassHead(name.encode(), frozenset(words.encode().split())) for name, words in expected]
    assert list(texts({"app.py": text}).classes(APP)) == heads


def test_decorators() -> None:
    text = "@app.get('/')\n@ other\nasync def f(): pass\n\n\nclass K:\n    @ property\n    def g(self):\n        return a @ b\n"
    assert texts({"app.py": text}).decorators(APP) == {b"app", b"get", b"other", b"property"}


def test_the_files_that_say_a_word() -> None:
    found = texts({"b.py": "x.stream_chat()", "a.py": "stream\nchat", "c.py": "streams"})
    assert found.saying(("stream_chat",)) == (ROOT / "b.py",)
    assert found.saying(("stream", "streams")) == (ROOT / "a.py", ROOT / "c.py")
    assert found.saying(("chat.stream",)) == (ROOT / "a.py",)
    assert found.saying(("...",)) == found.paths
    assert found.saying(()) == ()
    assert found.saying(("nowhere", "x.nowhere")) == ()
    assert found.holds(ROOT / "b.py", "x.stream")
    assert not found.holds(ROOT / "a.py", "x.stream")


def test_the_top_level_packages_of_a_file() -> None:
    assert texts({"app.py": "import a.b\nfrom c.d import e\nfrom . import f\nfrom .g import h\n"}).packages(APP) == {
        "a",
        "c",
    }


def test_who_imports_a_name() -> None:
    found = texts(
        {"a.py": "from x import one as two", "b.py": "import one", "c.py": "from y import one\nfrom z import *"}
    )
    assert found.importing("one") == [
        (ROOT / "a.py", Import("x", "one", 0, "two")),
        (ROOT / "c.py", Import("y", "one", 0, "one")),
    ]
    assert [path.name for path, _ in found.importing("*")] == ["c.py"]
    assert found.importing("two") == []
    assert found.importing("") == []


def test_the_classes_below_a_name() -> None:
    found = texts(
        {
            "base.py": "class View: pass\n",
            "middle.py": "from base import View as Seen\nclass Middle(Seen): pass\n",
            "kept.py": "import middle\nKept = middle.Middle  # again\nOther = middle.Middle()\n",
            "leaf.py": "import kept\nclass Leaf(kept.Kept): pass\n",
            "stranger.py": "# View, Leaf\nclass Stranger(object): pass\n",
        }
    ).descendants(("View",))
    assert {name: names(paths) for name, paths in found.items()} == {
        "View": set(),
        "Seen": set(),
        "Middle": {"middle.py"},
        "Kept": set(),
        "Leaf": {"leaf.py"},
    }


def test_classes_of_one_name_in_several_files() -> None:
    found = texts(dict.fromkeys(("a.py", "b.py"), "class Leaf(View): pass\nclass View(Leaf): pass\n"))
    assert {name: names(paths) for name, paths in found.descendants(("View",)).items()} == {
        "View": {"a.py", "b.py"},
        "Leaf": {"a.py", "b.py"},
    }


def test_half_a_character_is_no_word() -> None:
    found = texts({"app.py": "import fastapi\nx = '\ud800'\n"})
    assert found.saying(("fastapi",)) == found.saying(("\ud800",)) == (APP,)


def test_files_stand_in_the_order_of_their_paths() -> None:
    found = texts({"b.py": "", "a/c.py": "", "a.py": ""})
    assert [path.relative_to(ROOT).as_posix() for path in found.paths] == ["a/c.py", "a.py", "b.py"]
    assert [found.paths[number] for number in found.numbers.values()] == list(found.numbers) == list(found.paths)


def test_a_file_that_cannot_be_read_says_nothing(tmp_path: Path) -> None:
    (tmp_path / "app.py").write_bytes(b"import fastapi\n\xff\n")
    found = Texts([tmp_path / "app.py", tmp_path / "gone.py"], {})
    assert found.source(tmp_path / "app.py") is None
    assert found.content(tmp_path / "gone.py") == b""
    assert found.saying(("fastapi",)) == ()
    assert not found.holds(tmp_path / "app.py", "fastapi")


def test_each_file_is_read_once(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("import one", "utf-8")
    found = Texts([path], {})
    assert found.packages(path) == {"one"}
    path.write_text("import two", "utf-8")
    assert found.saying(("one",)) == (path,)
    assert found.packages(path) == {"one"}


def test_a_text_stands_in_for_its_file(tmp_path: Path) -> None:
    path = tmp_path / "app.py"
    path.write_text("import one", "utf-8")
    found = Texts([path], {path: Source(path, "import two")})
    assert found.paths == (path,)
    assert found.packages(path) == {"two"}
