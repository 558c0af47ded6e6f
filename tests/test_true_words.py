"""What findings say is true: every name in backquotes stands in the code, every labelled span is what its label says it is.

Asked of all findings of the fixtures and the examples. That their repairs parse and leave nothing of the fault is
asked in `test_repairs_keep.py`.
"""

from __future__ import annotations

import ast
import asyncio
import builtins
import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

from streamlint import knowledge
from streamlint.finding import Finding, Place, Related
from streamlint.fix import Level
from streamlint.run import run
from streamlint.source import Span
from tests.test_fixtures import BAD, PROJECTS
from tools.fixtures import ROOT, laid_out, request

EXAMPLES = sorted(path for path in (ROOT / "examples").iterdir() if path.is_dir())
QUOTED = re.compile(r"`([^`]+)`")
ROUTE = re.compile(r"(?:(?:[A-Z]+|WebSocket) )?…?(/\S*|\$default)")
IMPORT = re.compile(r"from \S+ import .+")
ABSENT = re.compile(r"(?:without|has no) `([^`]+)`")
PARAMETERS = {"*args", "**kwargs"}
PROGRAM = (".pyc", ".fixed")

CALL = (ast.Call, ast.Await)
ANY = (ast.expr,)
LABELS: tuple[tuple[str, tuple[type[ast.AST], ...] | str], ...] = (
    (r"the stream starts here(, and nobody reads it)?", CALL),
    (r"the stream comes from (this|a synchronous) call", CALL),
    (r"([a-z ]+)?`[^`]+` calls `[^`]+`", CALL),
    (r"calls `[^`]+`(, and so on through \d+ more)?", CALL),
    (r"(joins|collects) every token here|turns the stream into text here", ANY),
    (r"asks for every token here|runs the model to its end here", CALL),
    (r"every chunk is taken here|waits for the whole answer here|written here, when all tokens are there", ANY),
    (r"takes every token here", (ast.For, ast.AsyncFor, ast.comprehension)),
    (r"iterates over (it|`[^`]+`)", ANY),
    (r"(iterates over it, which |enters it, which )?runs `[^`]+`", ANY),
    (r"the engine is built here, with.*|this engine hands on .*|an engine of this class never streams", CALL),
    (r"made once, for all requests|`[^`]+` is made here", CALL),
    (r"begun once, for all requests", (ast.Call, ast.List)),
    (r"answered in one piece here", r"return|yield|await|send"),
    (r"`[^`]+` has no `[^`]+` of its own", r"class"),
    (r"starts [a-z]+|begins the thread|the event loop waits here|so does this", CALL),
    (r"the framework runs it in a thread", r"def|lambda\b.*"),
    (r"is a thread", r"class"),
    (r"serves it with that worker|uses this value", r"\S.*"),
    (r"the loop goes on after this", r"except\b.*"),
    (r"an earlier release is asked for here|LlamaIndex is named here", r"[^\s#].*"),
    (r"`[^`]+` streams", r"(async )?def\b.*"),
    (r"passes them on through what it includes", r"(location|if)\b.*"),
    (r"set here", r"[a-z_]+ .*"),
    (r"the other kind", r"[\w.-]+\s*[<>=!~].*"),
    (r"sent (by this response|after that|after the block has ended|here, when all tokens are there)", ANY),
    (r"nothing is left here|the text is shown here|this stream is (compressed|held up)", ANY),
    (r"the generator is handed over here|starts a loop where one runs|calls it for every item", ANY),
    (r"waits here for the end of the run|every event is there already|holds the event loop", ANY),
)
"""Beside them stand calls that a label tells with a reason from a table."""
RECEIVED_NOTHING = re.compile(r"empty body|nothing of the stream|first token|breaks off|hangs|ends with an error")
SAME = re.compile(r"\bthe same (response|items|bytes|tokens|answer)\b")


def kinds(label: str) -> tuple[type[ast.AST], ...] | str:
    """What a span with this label must be: a node of one of these types, or a text of this form."""
    found = next((kinds for pattern, kinds in LABELS if re.fullmatch(pattern, label)), None)
    if found is None and re.fullmatch(rf"(`[^`]+` )?(does|{reasons()})\b.*", label):
        return CALL
    assert found is not None, f"nothing says what a span is that is labelled `{label}`"
    return found


@cache
def reasons() -> str:
    """The words with which reasons in tables start."""
    return "|".join(sorted(set(re.findall(r'reason = "([a-z]+s)\b', tables()))))


@cache
def tables() -> str:
    """What is known of the outside world, where classes stand that a source need not name."""
    return "\n".join(path.read_text("utf-8") for path in sorted(Path(knowledge.__file__).parent.glob("*.toml")))


@cache
def text_of(path: Path) -> str:
    return path.read_bytes().decode("utf-8-sig")


def at(place: Place) -> str:
    return text_of(place.path)[place.span.start : place.span.end]


@cache
def nodes(path: Path) -> dict[tuple[int, int], list[ast.AST]]:
    """The nodes of a file by their offsets; of a loop its head alone."""
    text = text_of(path)
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    lines = text.splitlines()

    def offset(line: int, column: int) -> int:
        return starts[line - 1] + len(lines[line - 1].encode()[:column].decode())

    found: dict[tuple[int, int], list[ast.AST]] = {}
    for node in ast.walk(ast.parse(text)):
        last = node.iter if isinstance(node, ast.For | ast.AsyncFor | ast.comprehension) else node
        first = node.target if isinstance(node, ast.comprehension) else node
        if isinstance(first, ast.expr | ast.stmt) and isinstance(last, ast.expr | ast.stmt):
            assert last.end_lineno is not None and last.end_col_offset is not None
            span = offset(first.lineno, first.col_offset), offset(last.end_lineno, last.end_col_offset)
            found.setdefault(span, []).append(node)
    return found


def misplaced(related: Related) -> str | None:
    """What is wrong with a labelled span."""
    wanted, text = kinds(unnumbered(related.label)), at(related.place)
    if isinstance(wanted, str):
        return None if re.fullmatch(wanted, text, re.DOTALL) else f"{related.label} | {text}"
    span = related.place.span
    there = nodes(related.place.path).get((span.start, span.end), [])
    return None if any(isinstance(node, wanted) for node in there) else f"{related.label} | {text}"


def unnumbered(label: str) -> str:
    return re.sub(r"^\d+\. ", "", label)


def stands(name: str, text: str) -> bool:
    """Whether a name is in a text, not as a part of a longer word, and however the text is broken into lines or words."""
    name, text = name.replace('", "', " "), text.replace('", "', " ")
    flat = re.sub(r"\s+", "", name)
    return re.search(rf"(?<!\w){re.escape(flat)}(?!\w)", re.sub(r"\s+", "", text)) is not None or name in text


def defined(name: str, text: str) -> bool:
    """`Class.method` or `function.nested` of the text."""
    return all(re.search(rf"\b(?:class|def) {re.escape(part)}\b", text) for part in name.split("."))


def raised(name: str) -> bool:
    """Whether this is an exception of Python."""
    found = getattr(builtins, name, None) or getattr(asyncio, name, None)
    return isinstance(found, type) and issubclass(found, BaseException)


def is_proposed(name: str, finding: Finding) -> bool:
    return finding.fix is not None and any(stands(name, edit.text) for edit in finding.fix.edits)


def is_known(name: str, finding: Finding, place: Place, text: str) -> bool:
    """Whether a reader finds a name that a finding says of a place."""
    if stands(name, text) or stands(name.removesuffix("()"), text) or raised(name) or defined(name, text):
        return True
    if route := ROUTE.fullmatch(name):
        return all(part in text for part in route[1].split("/"))
    if name.startswith("llama-index-"):  # the distribution of a module
        return all(part in text for part in name.split("-")[2:])
    if IMPORT.fullmatch(name):
        return all(stands(part, at(place)) for part in re.findall(r"\w+", name))
    places = (finding.place, *(related.place for related in finding.related))
    owner, _, last = name.rpartition(".")
    if (
        owner.rpartition(".")[2][:1].isupper() and stands(owner, text) and f'"{last}"' in tables()
    ):  # a method that a class of an integration inherits
        return True
    if all(f'"{part}"' in tables() for part in name.split(" ")):  # a word of a table, or a setting with its default
        return True
    return is_proposed(name, finding) or any(stands(last, at(one)) for one in places)


def said(finding: Finding) -> Iterator[tuple[str, Place]]:
    """The words of a finding about code, each with the place that it is about."""
    yield finding.message, finding.place
    yield finding.label, finding.place
    for related in finding.related:
        yield related.label, related.place


def strangers(finding: Finding, folder: Path) -> list[str]:
    """The names of a finding that stand nowhere, and those that stand where it says that they do not."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix not in PROGRAM)
    text = "\n".join(map(text_of, files))
    wrong = []
    for words, place in said(finding):
        absent = set(ABSENT.findall(words))
        wrong += [words for name in absent if stands(name, at(place))]
        names = set(QUOTED.findall(words)) - absent - PARAMETERS
        wrong += [words for name in names if not is_known(name, finding, place, text)]
    return [f"{finding.code}: {words}" for words in wrong]


def untrue(finding: Finding, folder: Path) -> list[str]:
    """What a finding says that is not so."""
    wrong = strangers(finding, folder)
    wrong += [f"{finding.code}: {what}" for related in finding.related if (what := misplaced(related))]
    fix = finding.fix
    if (
        fix is not None
        and fix.level is Level.SAFE
        and RECEIVED_NOTHING.search(finding.message)
        and SAME.search(fix.reason)
    ):
        wrong.append(f"{finding.code}: {finding.message} | {fix.reason}")
    return wrong


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", [*BAD, *PROJECTS], ids=name_of)
def test_fixtures_are_told_the_truth(path: Path, tmp_path: Path) -> None:
    laid_out(path, tmp_path)
    findings = run(request(tmp_path, path.parent.name)).findings
    assert [wrong for finding in findings for wrong in untrue(finding, tmp_path)] == []


@pytest.mark.parametrize("path", EXAMPLES, ids=name_of)
def test_examples_are_told_the_truth(path: Path, tmp_path: Path) -> None:
    shutil.copytree(path, tmp_path, dirs_exist_ok=True)
    findings = run(request(tmp_path, "STL101")).findings
    assert findings
    assert [wrong for finding in findings for wrong in untrue(finding, tmp_path)] == []


PLANTED = """\
import asyncio

from fastapi import FastAPI
from llama_index.core import VectorStoreIndex

app = FastAPI()
engine = VectorStoreIndex([]).as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    return {"answer": "".join(response.response_gen)}
"""


def test_what_is_not_so_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "application.py"
    path.write_text(PLANTED, "utf-8")
    (finding,) = run(request(tmp_path, "STL102")).findings
    assert untrue(finding, tmp_path) == []
    assert finding.fix is not None
    elsewhere = replace(finding.related[0].place, span=Span(0, len("import asyncio")))
    safe = replace(finding.fix, level=Level.SAFE, reason="the same response, only earlier")
    for planted in (
        replace(finding, message="`GET /other` joins the whole stream"),
        replace(finding, label="`engine.chat` waits for the last token"),
        replace(finding, label="made without `join`"),
        replace(finding, related=(replace(finding.related[0], place=elsewhere),)),
        replace(finding, message="the client receives an empty body", fix=safe),
    ):
        assert len(untrue(planted, tmp_path)) == 1
