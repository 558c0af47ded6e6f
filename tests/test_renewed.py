"""Where only comments and empty lines change, what was found is said again at its new places, and nothing else is ever said."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import Result

from streamlint import run
from streamlint.cli import command
from streamlint.finding import Finding
from streamlint.kept.folder import NAME
from streamlint.kept.moves import moves
from streamlint.model import modules
from streamlint.model.summary import UnparsableFile, summarise
from streamlint.model.syntax import Summary
from streamlint.projects import Projects
from streamlint.source import Source, Span
from tests.conftest import BLOCKING, STREAMING, Write, runner

FIXTURES = Path(__file__).parent / "fixtures"
HELPER = """\
import time


def wait() -> str:
    time.sleep(1)
    return 'done'


def other(a: int, b: int) -> int:
    return max(
        a,
        b,
    )
"""
APP = """\
from fastapi import FastAPI

from shop.helper import other, wait

app = FastAPI()


@app.get("/slow")
async def slow() -> str:
    return wait()


@app.get("/quick")
async def quick() -> int:
    return other(1, 2)
"""
PAGE = """\
from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str) -> dict[str, str]:
    return {"answer": "".join(engine.query(q).response_gen)}
"""
COMMENTS = (
    "one more",
    "größe: größer als früher",
    "from fastapi import FastAPI; import llama_index",
    "class Chat(Workflow): async def chat(self):",
    "@app.get('/more')",
    'see "shop.app:slow" and \'shop.helper.wait\', "http.response.body", x-accel-buffering: no',
    "app.include_router(router); uvicorn.run(app); asyncio.run(main())",
    "streamlint: ignore",
    "streamlint: ignore[STL204]",
    'noqa it\'s """ not a text',
    "coding: latin-1",
    "type: ignore",
)


@pytest.fixture(autouse=True)
def caching(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("STREAMLINT_NO_CACHE")


@pytest.fixture
def shop(write: Write, project: Path) -> Path:
    write("shop/__init__.py", "")
    write("shop/helper.py", HELPER)
    write("shop/app.py", APP)
    write("shop/page.py", PAGE)
    write("shop/idle.py", "LIMIT = 3\n\n\ndef twice(n: int) -> int:\n    return 2 * n\n")
    write("client.py", "import httpx\n\nprint(httpx.get('/chat').json()['answer'])\n")
    write("requirements.txt", "llama-index-core==0.12.1\nfastapi\n")
    write(".git/HEAD", "")
    write("shop/stream.py", STREAMING)
    write("Dockerfile", 'FROM python:3.12\nCMD ["gunicorn", "shop.stream:app", "-t", "5"]\n')
    write("site.conf", "server { location / { proxy_pass http://app:8000; } }\n")
    return project


@pytest.fixture
def looks(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files that rules look at."""
    made: list[str] = []
    real = run._check

    def counting(projects: Projects, path: Path, source: Source) -> Iterator[Finding]:
        made.append(path.name)
        return real(projects, path, source)

    monkeypatch.setattr(run, "_check", counting)
    return made


@pytest.fixture
def parses(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The names of the files of which a Summary is made."""
    made: list[str] = []
    real = modules.summarise

    def counting(source: Source) -> Summary:
        made.append(source.path.name)
        return real(source)

    monkeypatch.setattr(modules, "summarise", counting)
    return made


def _told(*arguments: str) -> Result:
    return runner().invoke(command, arguments)


def _all(result: Result) -> tuple[int, str, str]:
    return result.exit_code, result.stdout, result.stderr


def _is_as_cold(*arguments: str) -> bool:
    return _all(_told(*arguments)) == _all(_told("--no-cache", *arguments))


def _edit(path: str, before: str, after: str) -> None:
    text = Path(path).read_text("utf-8")
    assert text.count(before) == 1
    Path(path).write_text(text.replace(before, after), "utf-8")


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("shop/helper.py", "import time\n", "# what waits\nimport time  # of the library\n"),
        ("shop/helper.py", "    time.sleep(1)\n", "    # a second\n\n    time.sleep(1)  # is long\n"),
        ("shop/app.py", "app = FastAPI()\n", "\n# one\napp = FastAPI()\n"),
        ("shop/app.py", "import FastAPI\n", "import FastAPI  # one\n"),
        ("shop/app.py", "    return other(1, 2)\n", "    return other(1, 2)\n# the end\n"),
        ("shop/stream.py", "app = FastAPI()\n", "# it streams\napp = FastAPI()\n"),
        ("shop/app.py", "async def quick()", "\nasync def quick()"),
        ("shop/idle.py", "LIMIT = 3\n", "LIMIT = 3  # at most\n"),
        ("shop/page.py", "app = FastAPI()\n", "app = FastAPI()  # of 'the page'\n"),
    ],
)
def test_comments_have_no_file_looked_at(
    shop: Path, looks: list[str], parses: list[str], path: str, before: str, after: str
) -> None:
    first = _told().stdout
    assert all(said in first for said in ("STL204", "shop/app.py", "shop/page.py", "shop/stream.py", "site.conf"))
    looks.clear()
    parses.clear()
    _edit(path, before, after)
    whole, one = _told("--output-format", "json"), _told(path, "--output-format", "json")
    assert not looks and not parses
    assert _all(whole) == _all(_told("--no-cache", "--output-format", "json"))
    assert _all(one) == _all(_told("--no-cache", path, "--output-format", "json"))
    looks.clear()
    assert _all(_told("-q")) == _all(_told("-q", "--no-cache"))
    assert len(looks) == len(set(looks))  # of the run that keeps nothing


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("shop/app.py", "    return wait()\n", "    # one\n    return wait()\n"),
        ("shop/app.py", "    return wait()\n", "    return wait()  # streamlint: ignore[STL204]\n"),
        ("shop/app.py", '@app.get("/slow")\n', '# one\n@app.get("/slow")\n'),
        ("shop/app.py", "    return wait()\n", "    return wait()\n    # one\n"),
        ("shop/page.py", "def chat(", "# one\ndef chat("),
    ],
)
def test_a_file_whose_repairs_may_have_seen_a_comment_is_looked_at_alone(
    shop: Path, looks: list[str], path: str, before: str, after: str
) -> None:
    _told()
    looks.clear()
    _edit(path, before, after)
    told = _told()
    assert looks == [Path(path).name]
    assert _all(told) == _all(_told("--no-cache"))


@pytest.mark.parametrize(
    ("path", "before", "after"),
    [
        ("shop/helper.py", "time.sleep(1)", "time.sleep(0)"),
        ("shop/helper.py", "        a,\n", "        a,  # the first\n"),
        ("shop/helper.py", "        a,\n", "        a,\n\n"),
        ("shop/helper.py", "    return 'done'\n", "    'waits'\n    return 'done'\n"),
        ("shop/helper.py", "    return 'done'\n", "    return  'done'\n"),
        ("shop/helper.py", "import time\n", "import time # import os\n\nimport  os\n"),
        ("shop/idle.py", "LIMIT = 3\n", "LIMIT = 4\n"),
        ("shop/idle.py", "LIMIT = 3\n", "# 'shop.app:slow'\nLIMIT = 3\n"),
        ("requirements.txt", "fastapi\n", "fastapi  # for routes\n"),
    ],
)
def test_whatever_may_be_more_than_a_comment_is_looked_at(
    shop: Path, looks: list[str], path: str, before: str, after: str
) -> None:
    _told()
    looks.clear()
    _edit(path, before, after)
    told = _told()
    assert {"app.py", "page.py"} <= set(looks)
    assert _all(told) == _all(_told("--no-cache"))


def test_comments_beside_other_edits(shop: Path, looks: list[str]) -> None:
    _told()
    _edit("shop/app.py", "app = FastAPI()\n", "# one\napp = FastAPI()\n")
    _edit("shop/helper.py", "time.sleep(1)", "time.sleep(2)")
    looks.clear()
    assert _is_as_cold()
    assert looks.count("app.py") == 2


def test_a_line_that_is_told_in_words_is_told_anew(shop: Path, write: Write) -> None:
    write("shop/page.py", PAGE + "\n\ndef nightly() -> None:\n    print(chat('what is new?')['answer'])\n")
    assert "page.py:" in _told().stdout.replace("--> ", "")
    _edit("shop/page.py", "\n\ndef nightly()", "\n\n# each night\ndef nightly()")
    assert _is_as_cold("--output-format", "json")
    _edit("client.py", "import httpx\n", "# asks\nimport httpx\n")
    assert _is_as_cold("--output-format", "json")


@pytest.mark.parametrize("at", range(0, 100, 9))
def test_a_flipped_bit_in_what_files_held(shop: Path, at: int) -> None:
    _told()
    for kept in shop.glob(f"{NAME}/*-texts.kept"):
        content = bytearray(kept.read_bytes())
        content[len(content) * at // 100] ^= 1 << at % 8
        kept.write_bytes(content)
    _edit("shop/app.py", "app = FastAPI()\n", "# one\napp = FastAPI()\n")
    assert _is_as_cold()


def _commented(text: str, chance: random.Random) -> str:
    """The text with a comment or an empty line more or less, wherever that falls."""
    lines = text.splitlines(keepends=True) or ["\n"]
    number, comment = chance.randrange(len(lines)), chance.choice(COMMENTS)
    indent = " " * chance.choice((0, 4, len(lines[number]) - len(lines[number].lstrip())))
    match chance.randrange(5):
        case 0:
            lines.insert(number, f"{indent}# {comment}\n")
        case 1:
            lines.insert(number, chance.choice(("\n", "    \n", "\n\n\n")))
        case 2 if lines[number].strip():
            lines[number] = f"{lines[number].rstrip()}  # {comment}\n"
        case 3:
            lines.append(f"# {comment}\n")
        case _:
            gone = [index for index, line in enumerate(lines) if not line.strip() or line.lstrip().startswith("#")]
            if gone:
                del lines[chance.choice(gone)]
    return "".join(lines)


EDITS = {
    "shop/helper.py": (("time.sleep(1)", "time.sleep(0.1)"), ("wait()", "wait(*_: int)"), ("max(", "min(")),
    "shop/app.py": (
        ("return wait()", "return other(2, 3) and ''"),
        ("/slow", "/slower"),
        ("async def quick", "def quick"),
    ),
    "shop/page.py": (("streaming=True", "streaming=False"), ('"answer"', '"text"'), ("/chat", "/talk")),
    "shop/idle.py": (("LIMIT = 3", "LIMIT = 5"), ("def twice", "async def twice")),
}


@pytest.mark.parametrize("seed", range(4))
def test_comments_and_code_in_any_order(shop: Path, seed: int) -> None:
    chance = random.Random(seed)
    _told()
    for _ in range(8):
        for path in chance.sample(list(EDITS), chance.choice((1, 1, 2))):
            text = Path(path).read_text("utf-8")
            if chance.random() < 0.2:
                text = text.replace(*chance.choice(EDITS[path])[:: chance.choice((1, -1))])
            for _ in range(chance.choice((1, 1, 3))):
                text = _commented(text, chance)
            Path(path).write_text(text, "utf-8")
        if chance.random() < 0.5:
            _age(shop)
        for arguments in (("--output-format", "json"), ("shop/page.py", "-q"), ("shop",)):
            assert _is_as_cold(*arguments)


def _age(project: Path) -> None:
    long_ago = time.time() - 60
    for path in project.rglob("*"):
        os.utime(path, (long_ago, long_ago), follow_symlinks=False)


@pytest.mark.parametrize("seed", range(2))
def test_comments_in_a_project_of_fixtures(project: Path, write: Write, looks: list[str], seed: int) -> None:
    """Many files with findings and repairs, of which each comment in turn may be seen by one."""
    chance = random.Random(seed)
    bad = [path for path in sorted(FIXTURES.glob("STL[123]*/bad_*.py")) if ".fixed" not in path.name]
    for number, path in enumerate(chance.sample(bad, 14)):
        (project / f"app_{number}.py").write_bytes(path.read_bytes())
    write("idle.py", BLOCKING)
    arguments = ("--output-format", "json")
    _told(*arguments)
    saved = 0
    for _ in range(6):
        for path in chance.sample(sorted(project.glob("*.py")), 2):
            path.write_text(_commented(path.read_text("utf-8"), chance), "utf-8")
        looks.clear()
        warm = _told(*arguments)
        looked = len(looks)
        looks.clear()
        assert _all(warm) == _all(_told("--no-cache", *arguments))
        saved += len(looks) - looked
    assert saved > 0


@pytest.mark.parametrize("seed", range(4))
def test_whatever_a_summary_has_moves(seed: int) -> None:
    """All that stands somewhere in a Summary stands, in that of the text with other comments, where it is said to have gone."""
    chance = random.Random(seed)
    moved = 0
    for path in chance.sample(sorted(FIXTURES.rglob("*.py")), 120):
        old = Source.read(path)
        new = old.with_text(_commented(_commented(old.text, chance), chance))
        found = moves(old, new)
        if found is None:
            continue
        moved += 1
        before, after = _places(old), _places(new)
        assert len(before) == len(after)
        for (start, end, *said), (new_start, new_end, *said_now) in zip(before, after, strict=True):
            assert said == said_now
            assert found.span(Span(start, end)) == Span(new_start, new_end)
    assert moved > 40


def _places(source: Source) -> list[tuple[int, int, str, str]]:
    """All expressions of a text, with what they are and say."""
    try:
        scopes = summarise(source).scopes
    except UnparsableFile:
        return []
    rows = (expression for scope in scopes for expression in scope.expressions())
    return [(row.start, row.end, type(row).__name__, source.text[row.start : row.end]) for row in rows]
