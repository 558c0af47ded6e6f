"""What a finding is known by stays when the code is moved, renamed or formatted, and is another for another call."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from streamlint.config import Config, Selection
from streamlint.finding import Finding, Place, Severity
from streamlint.fingerprints import fingerprints, normalised
from streamlint.run import Request, run
from streamlint.source import Source, Span

APPLICATION = """\
import time

from fastapi import FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import VectorStoreIndex

app = FastAPI()
index = VectorStoreIndex([])


@app.get("/chat")
async def chat(q: str):
    response = index.as_query_engine(streaming=True, similarity_top_k=7, verbose=False).query('What about ' + q + '?')
    time.sleep( 0.50 )
    return {"answer": "".join(response.response_gen), 'sources': ( response.source_nodes ), "question": f"{ q !r} {q+'a'}"}


@app.get("/other")
def other(q: str):
    engine = index.as_query_engine(streaming=True)
    tokens = []
    for token in engine.query(q).response_gen: tokens.append(token)
    return {"answer": "".join(tokens)}
"""
BIG = "@app.get('/big')\ndef big(first, second):\n    return 1\n\n\n"


def found(folder: Path, text: str) -> dict[str, str]:
    """The code of each finding by its fingerprint."""
    (folder / "app.py").write_text(text, "utf-8")
    outcome = run(Request((folder,), Config(root=folder), Selection()))
    made = fingerprints(outcome.findings, outcome.sources)
    return dict(zip(made, (finding.code for finding in outcome.findings), strict=True))


def place(text: str, part: str, name: str = "app.py") -> tuple[Finding, Source]:
    source = Source(Path(name).absolute(), text, is_python=name.endswith(".py"))
    start = text.index(part)
    return Finding("STL1", "n", Severity.ERROR, "m", Place.of(source, Span(start, start + len(part)))), source


def same(text: str, part: str) -> str:
    return normalised(*place(text, part))


def test_the_application_has_findings_of_several_kinds(project: Path) -> None:
    codes = found(project, APPLICATION)
    assert {"STL102", "STL101", "STL203", "STL201"} <= set(codes.values())
    assert all(len(each) == 32 and int(each, 16) >= 0 for each in codes)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("app = FastAPI()\n", f"app = FastAPI()\n\n\n{BIG}"),
        ("async def chat(q: str):", "async def chat(q: str):\n    # the question of the user"),
        ("time.sleep( 0.50 )", "time.sleep( 0.50 )  # it is too fast"),
        ("response", "answer_of_model"),
        ("token ", "each "),
        ("def other(", "def another("),
        ("\n", "\r\n"),
    ],
    ids=["moved", "commented", "remark", "local", "loop", "function", "line ends"],
)
def test_it_stays(project: Path, old: str, new: str) -> None:
    text = APPLICATION
    if old == "response":
        text = (
            text.replace("    response =", f"    {new} =")
            .replace("response.", f"{new}.")
            .replace(f"fastapi.{new}", "fastapi.response")
        )
        text = text.replace(f"({new}.response_gen", f"({new}.response_gen")
    elif old == "token ":
        text = text.replace("for token in", "for each in").replace("append(token)", "append(each)")
    else:
        text = text.replace(old, new)
    assert text != APPLICATION
    assert found(project, text) == found(project, APPLICATION)


def test_it_stays_when_the_file_is_formatted(project: Path) -> None:
    before = found(project, APPLICATION)
    subprocess.run([sys.executable, "-m", "ruff", "format", "--isolated", "app.py"], cwd=project, check=True)
    formatted = (project / "app.py").read_text("utf-8")
    assert formatted != APPLICATION
    assert found(project, formatted) == before
    narrow = ["--config", "line-length=40", "app.py"]
    subprocess.run([sys.executable, "-m", "ruff", "format", "--isolated", *narrow], cwd=project, check=True)
    assert (project / "app.py").read_text("utf-8") != formatted
    assert found(project, (project / "app.py").read_text("utf-8")) == before


def test_another_call_is_another_finding(project: Path) -> None:
    before, after = (
        found(project, APPLICATION),
        found(project, APPLICATION.replace("time.sleep( 0.50 )", "time.sleep(9)")),
    )
    assert sorted(before.values()) == sorted(after.values())
    assert {code for made, code in before.items() if made not in after} == {"STL203"}


def test_equal_ones_are_told_apart_and_counted(project: Path) -> None:
    text = APPLICATION.replace("    time.sleep( 0.50 )\n", "    time.sleep( 0.50 )\n" * 3)
    before, after = found(project, APPLICATION), found(project, text)
    assert list(after.values()).count("STL203") == 3
    assert set(before) < set(after), "the first of them is the one that was there"


def test_the_path_is_that_below_the_repository(project: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("clone")
    moved = tmp_path_factory.mktemp("moved")
    for folder in (project, other):
        (folder / ".git").mkdir()
        (folder / "part").mkdir()
        (folder / "part" / "pyproject.toml").write_text("")
    assert found(project / "part", APPLICATION) == found(other / "part", APPLICATION)
    assert found(other / "part", APPLICATION).keys().isdisjoint(found(moved, APPLICATION))


def test_a_root_that_is_given_is_the_root(project: Path) -> None:
    finding, source = place("x = 1\n", "x")
    outer = fingerprints([finding], {source.path: source}, project.parent)
    assert outer != fingerprints([finding], {source.path: source}, project)


@pytest.mark.parametrize(
    ("text", "part", "words"),
    [
        ("import time\ndef f(n):\n    time.sleep(n)\n", "time.sleep(n)", "time . sleep ( _0 )"),
        ("def f(a, b):\n    g(a, b, a, key=a)\n", "g(a, b, a, key=a)", "_0 ( _1 , _2 , _1 , key = _1 )"),
        ("def g(): ...\ndef f(a):\n    return (g(a,))\n", "return (g(a,))", "return g ( _0 )"),
        ("x = ('a'\n  \"b\" f'c{q.d!r:>{n}}')\n", "'a'\n  \"b\" f'c{q.d!r:>{n}}'", '"abc{_0.d!r:>{_1}}"'),
        ("x = 'it\\'s'\n", "'it\\'s'", '"it\'s"'),
        ("x = b'a' r'\\''\n", "b'a'", '"ba"'),
        ("async def f(a: int = 1, *, b=g(c=2)): return a\n", "async def f(a: int = 1, *, b=g(c=2)): return a",
         "async def _0 ( _1 : int = 1 , * , _2 = _3 ( c = 2 ) )"),
        ("for x in (lambda: y)(): print(x)\n", "for x in (lambda: y)(): print(x)", "for _0 in lambda : _1 ( )"),
        ("z = [a for a in b if a]\n", "for a in b if a", "for _0 in _1 if _0"),
        ("try:\n    x()\nexcept:\n    pass\n", "except:\n    pass", "except"),
        ("@a.get('/')\n# why\ndef f(): ...\n", "@a.get('/')\n# why\ndef f(): ...", '@ _0 . get ( "/" )'),
        ("x = 1  # streamlint:   ignore\n", "# streamlint:   ignore", "# streamlint: ignore"),
        ("x = 0XFF\n", "0XFF", "0xff"),
        ("x = f(\n", "f(", "_0 ("),
    ],
)  # fmt: skip
def test_words_of_a_place(text: str, part: str, words: str) -> None:
    assert same(text, part) == words


def test_a_text_that_is_no_python_is_taken_by_its_first_line() -> None:
    text = "server:\n  proxy_buffering   on;\n  other\n"
    assert normalised(*place(text, "proxy_buffering   on;\n  other", "nginx.conf")) == "proxy_buffering on;"


def test_every_span_of_any_text_has_words() -> None:
    for text in (
        "",
        "x",
        "x = (\n",
        "'''",
        "\ta\n  b",
        "f'{",
        "x = 1;y\n",
        "\x0cdef f():\n\x0c  f'{a}{'b'}'\n",
        "a\rb\r",
    ):
        source = Source(Path("a.py").absolute(), text)
        for start in range(len(text) + 1):
            for end in range(start, len(text) + 1):
                finding = Finding("STL1", "n", Severity.ERROR, "m", Place.of(source, Span(start, end)))
                assert len(fingerprints([finding], {source.path: source})[0]) == 32


def test_a_file_without_a_text_has_a_fingerprint() -> None:
    finding, _ = place("x\n", "x")
    assert len(set(fingerprints([finding, finding], {}))) == 2
