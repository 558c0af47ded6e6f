"""How findings look in each format."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from streamlint import __version__, reporters
from streamlint.finding import Finding, Place, Related, Severity
from streamlint.fix import Edit, Fix, Import, Level
from streamlint.fixing import apply
from streamlint.outcome import Applied, Change, Outcome, Skipped
from streamlint.reporters import diff
from streamlint.reporters.edits import ready
from streamlint.reporters.style import Style, wants_colour
from streamlint.reporters.text import printed
from streamlint.source import Source, Span

TEXT = """\
from fastapi import FastAPI

app = FastAPI()


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    tokens = list(response.response_gen)
    return {"answer": "".join(tokens)}
"""
HELPER = "import x\n\ndef collect(stream):\n    return list(stream)\n"


def place(source: Source, text: str) -> Place:
    start = source.text.index(text)
    span = Span(start, start + len(text))
    line = source.position(span.start).line
    return Place(source.path, span, source.position(span.start), source.position(span.end), source.line(line))


def source_of(name: str, text: str) -> Source:
    return Source(Path.cwd() / name, text)


def outcome_of(*findings: Finding, sources: tuple[Source, ...] = (), **rest: object) -> Outcome:
    return Outcome(findings, {source.path: source for source in sources}, checked=len(sources), **rest)  # type: ignore[arg-type]


def render(name: str, outcome: Outcome, *, colour: bool = False) -> str:
    return reporters.reporter(name)(outcome, Style(colour))


@pytest.fixture
def app(project: Path) -> Source:
    return source_of("app.py", TEXT)


@pytest.fixture
def finding(app: Source) -> Finding:
    helper = source_of("lib/helper.py", HELPER)
    drained = place(app, "list(response.response_gen)")
    fix = Fix("Return `tokens`", (Edit(drained.span, "tokens()"),), Level.UNSAFE, "`tokens` may differ")
    return Finding(
        code="STL102",
        name="materialised-stream",
        severity=Severity.ERROR,
        message="`list` collects every token before `GET /chat` answers",
        place=drained,
        label="collected here",
        related=(
            Related(place(app, "engine.query(q)"), "the stream"),
            Related(place(helper, "list(stream)"), "drained"),
        ),
        help="return the stream",
        notes=("measured", "two\nlines"),
        fix=fix,
    )


FULL = """\
error[STL102]: materialised-stream: `list` collects every token before `GET /chat` answers
 --> app.py:9:14
  |
8 |     response = engine.query(q)
  |                --------------- the stream
9 |     tokens = list(response.response_gen)
  |              ^^^^^^^^^^^^^^^^^^^^^^^^^^^ collected here
 ::: lib/helper.py:4:12
4 |     return list(stream)
  |            ------------ drained
  = help: return the stream (unsafe: `tokens` may differ; applied by --unsafe-fixes)
  = note: measured
  = note: two\\nlines
  |
9 | -     tokens = list(response.response_gen)
9 | +     tokens = tokens()

Found 1 error in 1 file (1 file checked); 1 fixable with --unsafe-fixes
"""


def test_full(app: Source, finding: Finding) -> None:
    assert render("full", outcome_of(finding, sources=(app,))) == FULL


def test_full_elides_distant_lines_and_shows_single_ones(app: Source) -> None:
    related = (Related(place(app, "app = FastAPI()"), "made"), Related(place(app, "def chat"), "the route"))
    found = Finding("STL1", "n", Severity.WARNING, "m", place(app, "list"), "here", related)
    lines = render("full", outcome_of(found, sources=(app,))).splitlines()
    assert lines[3:9] == [
        "3 | app = FastAPI()",
        "  | --------------- made",
        "7 | def chat(q: str):",
        "  | -------- the route",
        "8 |     response = engine.query(q)",
        "9 |     tokens = list(response.response_gen)",
    ]


def test_full_shows_first_and_last_line_of_a_long_span(project: Path) -> None:
    source = source_of("app.py", "def f():\n    x = call(\n        one,\n        two,\n        three,\n    )\n    y\n")
    found = Finding("STL1", "n", Severity.WARNING, "m", place(source, source.text[17:-7]), "all of it")
    lines = render("full", outcome_of(found, sources=(source,))).splitlines()
    assert lines[2:7] == [
        "  |",
        "2 |     x = call(",
        "  |         ^^^^^",
        "6 |     )",
        "  |     ^ all of it",
    ]


@pytest.mark.parametrize(
    ("line", "shown", "underline"),
    [
        ("\tx = drain(y)", "        x = drain(y)"[4:], "        ^^^^^"),
        ("s = '日本'; drain(y)", "s = '日本'; drain(y)", "            ^^^^^"),
        ("e = 'e\u0301'; drain(y)", None, "         ^^^^^"),
        ("b = '\x1b[31m'; drain(y)", "b = '\ufffd[31m'; drain(y)", "             ^^^^^"),
    ],
)
def test_columns_align(project: Path, line: str, shown: str | None, underline: str) -> None:
    source = source_of("app.py", f"{line}\n")
    found = Finding("STL1", "n", Severity.WARNING, "m", place(source, "drain"))
    text, marks = render("full", outcome_of(found, sources=(source,))).splitlines()[3:5]
    if shown is not None:
        assert text == f"1 | {shown}"
    assert marks == f"  | {underline}"


def test_long_lines_are_cut_around_the_span(project: Path) -> None:
    source = source_of("app.py", "x = [" + "1, " * 2000 + "drain(y)" + ", 1" * 2000 + "]\n")
    found = Finding("STL1", "n", Severity.WARNING, "m", place(source, "drain(y)"), "here")
    text, marks = render("full", outcome_of(found, sources=(source,))).splitlines()[3:5]
    assert len(text) < 200
    assert text[marks.index("^") : marks.index("^") + 8] == "drain(y)"


def test_several_places_on_a_line(project: Path) -> None:
    source = source_of("app.py", "answer = engine.query(q).response_gen\n")
    related = (Related(place(source, "engine.query(q)"), "the stream"), Related(place(source, "answer"), "stored"))
    found = Finding(
        "STL1", "n", Severity.WARNING, "m", place(source, "engine.query(q).response_gen"), "drained", related
    )
    assert render("full", outcome_of(found, sources=(source,))).splitlines()[2:8] == [
        "  |",
        "1 | answer = engine.query(q).response_gen",
        "  | ------   ---------------^^^^^^^^^^^^^ drained",
        "  | |        |",
        "  | |        the stream",
        "  | stored",
    ]


@pytest.mark.parametrize("text", ["", "\n", "x", "\n\n", "a\r\nb\r\n", "\t\t\n", "\u00e9"])
def test_any_span_of_any_text_can_be_shown(project: Path, text: str) -> None:
    source = source_of("app.py", text)
    for start in range(len(text) + 1):
        for end in range(start, len(text) + 1):
            position = source.position(start)
            where = Place(source.path, Span(start, end), position, source.position(end), source.line(position.line))
            found = Finding("STL1", "n", Severity.ERROR, "m", where, "here", (Related(where, "there"),))
            for name in reporters.FORMATS:
                assert "n" in render(name, outcome_of(found, sources=(source,)))


def test_span_without_a_source(project: Path) -> None:
    from streamlint.rule import file_place

    found = Finding("STL001", "unreadable-file", Severity.ERROR, "gone", file_place(Path("gone.py")), notes=("n",))
    assert render("full", outcome_of(found)).splitlines()[:3] == [
        "error[STL001]: unreadable-file: gone",
        " --> gone.py:1:1",
        "  = note: n",
    ]


def test_colours(app: Source, finding: Finding) -> None:
    text = render("full", outcome_of(finding, sources=(app,)), colour=True)
    assert text.startswith("\x1b[1;31merror[STL102]\x1b[0m")
    assert re.sub(r"\x1b\[[\d;]*m", "", text) == FULL


@pytest.mark.parametrize(
    ("environment", "terminal", "colour"),
    [
        ({}, True, True),
        ({}, False, False),
        ({"NO_COLOR": "1"}, True, False),
        ({"NO_COLOR": ""}, True, True),
        ({"FORCE_COLOR": "1"}, False, True),
        ({"FORCE_COLOR": "0"}, True, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ({"TERM": "dumb"}, True, False),
    ],
)
def test_wants_colour(environment: dict[str, str], terminal: bool, colour: bool) -> None:
    assert wants_colour(environment, terminal) is colour


def test_concise(app: Source, finding: Finding) -> None:
    assert render("concise", outcome_of(finding, sources=(app,))).splitlines()[0] == (
        "app.py:9:14: error[STL102] materialised-stream: "
        "`list` collects every token before `GET /chat` answers [fix: unsafe, by --unsafe-fixes]"
    )


def test_github_escapes(project: Path) -> None:
    source = source_of("a,b:c%.py", "x\n")
    found = Finding("STL1", "n", Severity.ADVICE, "100%: a,b\nsecond", place(source, "x"), help="h")
    assert render("github", outcome_of(found, sources=(source,))) == (
        "::notice file=a%2Cb%3Ac%25.py,line=1,col=1,endLine=1,endColumn=2,title=STL1 n::100%25: a,b%0Asecond%0Ahelp: h\n"
    )


def test_github_without_findings_is_empty() -> None:
    assert render("github", Outcome()) == ""


def test_json(app: Source, finding: Finding) -> None:
    outcome = outcome_of(finding, sources=(app,), skipped=(Skipped(Path.cwd() / "big.py", "is larger than 2 MB"),))
    outcome = replace(outcome, unwritten=(Skipped(Path.cwd() / "link.py", "is a link"),))
    document = json.loads(render("json", outcome))
    assert document["version"] == __version__
    assert document["schema"] == 1
    assert document["skipped"] == [{"path": "big.py", "reason": "is larger than 2 MB"}]
    assert document["unwritten"] == [{"path": "link.py", "reason": "is a link"}]
    assert document["summary"] == {
        "errors": 1,
        "warnings": 0,
        "advice": 0,
        "fixable": 0,
        "files_checked": 1,
        "stale": 0,
        "excused": 0,
    }
    (found,) = document["findings"]
    assert found["path"] == "app.py"
    assert found["start"] == {"line": 9, "column": 14, "offset": TEXT.index("list(")}
    assert found["end"]["offset"] == TEXT.index("list(") + len("list(response.response_gen)")
    assert found["related"][1]["path"] == "lib/helper.py"
    assert found["fix"]["level"] == "unsafe"
    assert found["fix"]["edits"][0]["text"] == "tokens()"
    assert found["fix"]["edits"][0]["start"] == found["start"]


def test_json_of_nothing_is_valid() -> None:
    document = json.loads(render("json", Outcome()))
    assert [document[name] for name in ("findings", "fixed", "skipped", "unwritten")] == [[], [], [], []]


def test_json_names_imports(app: Source, finding: Finding) -> None:
    fix = Fix("f", (), Level.SAFE, "", frozenset({Import("asyncio"), Import("fastapi.responses", "StreamingResponse")}))
    found = Finding("STL1", "n", Severity.ERROR, "m", finding.place, fix=fix)
    imports = json.loads(render("json", outcome_of(found, sources=(app,))))["findings"][0]["fix"]["imports"]
    assert imports == ["import asyncio", "from fastapi.responses import StreamingResponse"]


def test_fixed_names_the_routes_that_answer_differently(app: Source, finding: Finding) -> None:
    fix = Fix("Stream the tokens", (), Level.RESPONSE, "")
    changed = Finding("STL101", "n", Severity.ERROR, "m", finding.place, fix=fix)
    outcome = outcome_of(
        sources=(app,), applied=(Applied(changed, ("GET /chat", "GET /b")), Applied(changed, ("GET /chat",)))
    )
    assert render("full", outcome) == (
        "Fixed 2 findings in 1 file:\n"
        "  app.py:9: STL101 Stream the tokens (response)\n"
        "  app.py:9: STL101 Stream the tokens (response)\n"
        "\n"
        "Nothing is left (1 file checked)\n"
        "\n"
        "These routes now answer their clients differently:\n"
        "  app.py: GET /chat\n"
        "  app.py: GET /b\n"
        '--fix-level safe, or fix-level = "safe" in the configuration, makes only repairs that no client can see.\n'
    )


def test_unsafe_repairs_are_named_apart(app: Source, finding: Finding) -> None:
    outcome = outcome_of(
        sources=(app,), applied=(Applied(finding, ("GET /chat",)), Applied(finding)), level=Level.UNSAFE
    )
    assert render("concise", outcome).splitlines()[-4:-1] == [
        "These routes were changed in ways that may show in their behaviour:",
        "  app.py: GET /chat",
        "  app.py: the function at line 9",
    ]


def test_safe_repairs_change_no_answer(app: Source, finding: Finding) -> None:
    safe = Finding("STL203", "n", Severity.ERROR, "m", finding.place, fix=Fix("t", (), Level.SAFE, ""))
    text = render("full", outcome_of(sources=(app,), applied=(Applied(safe),)))
    assert text.endswith("Nothing is left (1 file checked)\n")


@pytest.mark.parametrize(
    ("level", "levels", "tail"),
    [
        (Level.RESPONSE, [], ""),
        (Level.RESPONSE, [Level.SAFE, Level.RESPONSE], "; 2 fixable with --fix"),
        (Level.RESPONSE, [Level.SAFE, Level.UNSAFE], "; 1 fixable with --fix, 1 more with --unsafe-fixes"),
        (Level.SAFE, [Level.RESPONSE], "; 1 fixable with --fix-level response"),
        (Level.SAFE, [Level.SAFE, Level.RESPONSE], "; 1 fixable with --fix, 1 more with --fix-level response"),
        (Level.RESPONSE, [Level.DISPLAY], ""),
    ],
)
def test_summary_counts_fixes(app: Source, level: Level, levels: list[Level], tail: str) -> None:
    fixes: list[Fix | None] = [Fix("t", (), each, "") for each in levels]
    findings = [Finding("STL1", "n", Severity.ERROR, "m", place(app, "list"), fix=fix) for fix in fixes or [None]]
    line = render("concise", outcome_of(*findings, sources=(app,), level=level)).splitlines()[-1]
    number = "1 error" if len(findings) == 1 else f"{len(findings)} errors"
    assert line == f"Found {number} in 1 file (1 file checked){tail}"


# Text from outside

HOSTILE = "x\n::error::pwned\r\x1b[31m\x07\u202e\u2066\x85\u2028\udcff##[error]y"
VISIBLE = "x\\n::error::pwned\\r\\x1b[31m\\x07\\u202e\\u2066\\x85\\u2028\\xff#\\x23[error]y"


@pytest.fixture
def hostile(project: Path) -> Outcome:
    """Every text of an outcome holds what a terminal or a CI system would obey."""
    source = source_of(f"{HOSTILE}.py", f"a = '{HOSTILE}'\n::error::z\n".replace("\udcff", ""))
    start, end = source.position(0), source.position(5)
    where = Place(source.path, Span(0, 5), start, end, source.line(1))
    fix = Fix(HOSTILE, (Edit(Span(0, 1), "b"),), Level.RESPONSE, HOSTILE)
    found = Finding(
        "STL1", "n", Severity.ERROR, HOSTILE, where, HOSTILE, (Related(where, HOSTILE),), HOSTILE, (HOSTILE,), fix
    )
    skipped = (Skipped(source.path, HOSTILE),)
    return outcome_of(found, sources=(source,), skipped=skipped, applied=(Applied(found, (HOSTILE,)),))


@pytest.mark.parametrize("name", reporters.FORMATS)
@pytest.mark.parametrize("colour", [False, True])
def test_nothing_from_outside_is_obeyed(hostile: Outcome, name: str, colour: bool) -> None:
    text = re.sub(r"\x1b\[[\d;]*m", "", render(name, hostile, colour=colour))
    assert {character for character in text if not character.isprintable()} == {"\n"}
    lines = [line.strip() for line in text.split("\n")]
    expected = [line for line in lines if name == "github" and line.startswith("::error file=")]
    assert [line for line in lines if line.startswith("::")] == expected
    assert "##[" not in text or name == "json"


def test_text_from_outside_is_readable(hostile: Outcome) -> None:
    line = render("concise", hostile).splitlines()[0]
    assert line == f"{VISIBLE}.py:1:1: error[STL1] n: {VISIBLE} [fix: response]"
    assert render("full", hostile).startswith(f"error[STL1]: n: {VISIBLE}\n --> {VISIBLE}.py:1:1\n")


def test_json_keeps_the_characters(hostile: Outcome) -> None:
    document = json.loads(render("json", hostile))
    assert document["findings"][0]["message"] == HOSTILE
    assert document["findings"][0]["path"] == f"{HOSTILE}.py"


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("::error::x\n", "\\x3a:error::x\n"),
        ("  \u2003::error::x", "  \\u2003::error::x"),
        ("a\n \t::set-env name=x::y", "a\n \t\\x3a:set-env name=x::y"),
        ("  ::group::x", "  \\x3a:group::x"),
        ("  ::: lib/helper.py:4:12", "  ::: lib/helper.py:4:12"),
        ("a ::error::x", "a ::error::x"),
        ("a ##[error]x", "a #\\x23[error]x"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
    ],
)
def test_every_printed_line(text: str, safe: str) -> None:
    assert printed(text) == safe


def test_only_our_colours_stay() -> None:
    assert printed("\x1b[1;31mred\x1b[0m\x1b[2J", colour=True) == "\x1b[1;31mred\x1b[0m\\x1b[2J"


# Patches


def change(name: str, before: str, after: str, **rest: object) -> Change:
    source = Source(Path.cwd() / name, before, **rest)  # type: ignore[arg-type]
    return Change(source, source.with_text(after))


def test_diff(project: Path) -> None:
    assert diff.patch(change("app.py", "a\r\nb\r\nc", "a\r\nB\r\nc")) == (
        b"--- a/app.py\n+++ b/app.py\n@@ -1,3 +1,3 @@\n a\r\n-b\r\n+B\r\n c\n\\ No newline at end of file\n"
    )
    assert diff.patch(change("app.py", "a\n", "a\n")) == b""


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("caf\u00e9.py", "a/caf\u00e9.py"),
        ("two words.py", "a/two words.py\t"),
        ('quote".py', '"a/quote\\".py"'),
        ("back\\slash.py", '"a/back\\\\slash.py"'),
        ("new\n::error::line.py", '"a/new\\012::error::line.py"'),
        ("\u202e\x1b[31m.py", '"a/\\342\\200\\256\\033[31m.py"'),
        ("raw\udcff.py", '"a/raw\\377.py"'),
    ],
)
def test_names_in_a_patch_are_written_as_git_does(project: Path, name: str, header: str) -> None:
    assert diff.patch(change(name, "a\n", "b\n")).decode().split("\n")[0] == f"--- {header}"


@pytest.mark.parametrize(
    "name", ["app.py", "two words.py", "new\n::error::line.py", "\u202e\x1b[31m.py", "caf\u00e9.py"]
)
@pytest.mark.parametrize(
    ("content", "encoding", "has_bom"),
    [
        ("# coding: latin-1\nx = 'caf\u00e9'\ny = 1\n", "iso-8859-1", False),
        ("x = '\x1b[31m\u202e'\r\ny = 1\r\n", "utf-8", False),
        ("x = 1\ny = 1", "utf-8", True),
    ],
)
def test_git_takes_the_patch(project: Path, name: str, content: str, encoding: str, has_bom: bool) -> None:
    one = change(name, content, content.replace("y = 1", "y = 2"), encoding=encoding, has_bom=has_bom)
    path = one.before.path
    path.write_bytes(one.before.encode(one.before.text))
    applied = subprocess.run(
        ["git", "apply", "-"], input=diff.patch(one), cwd=project, capture_output=True, check=False
    )
    assert applied.returncode == 0, applied.stderr
    assert path.read_bytes() == one.after.encode(one.after.text)


def test_a_terminal_obeys_nothing_in_a_patch(project: Path) -> None:
    text = diff.patch_for_terminal(change("app.py", "\tx = 1  # \x1b[2J\u202e\r\n", "\tx = 2  # \x1b[2J\u202e\r\n"))
    assert text == (
        "--- a/app.py\n+++ b/app.py\n@@ -1 +1 @@\n-\tx = 1  # \\x1b[2J\\u202e\n+\tx = 2  # \\x1b[2J\\u202e\n"
    )


def test_an_encoding_that_writes_nothing_is_no_crash(project: Path) -> None:
    assert b"-x = 1\n" in diff.patch(change("app.py", "x = 1\n", f"{'y' * 70}..\n", encoding="idna"))


def test_remarks_are_wrapped_to_the_width(app: Source, finding: Finding) -> None:
    told = replace(finding, help="return the stream " * 12)
    text = reporters.reporter("full")(outcome_of(told, sources=(app,)), Style(width=60))
    remarks = text[text.index("= help") : text.index("= note")].splitlines()
    assert len(remarks) > 3
    assert all(len(line) <= 60 for line in text.splitlines() if "return the stream" in line)
    assert " ".join(" ".join(remarks).split()).count("return the stream") == 12


def test_what_was_measured_is_said_once(app: Source, finding: Finding) -> None:
    other = replace(finding, place=place(app, "engine.query(q)"), related=())
    text = render("full", outcome_of(finding, other, sources=(app,)))
    assert text.count("= note: measured") == 1
    assert text.count("= note: two") == 2


def test_ready_edits_do_the_whole_fix(app: Source, finding: Finding) -> None:
    assert finding.fix is not None
    fix = replace(finding.fix, imports=frozenset((Import("fastapi.responses", "StreamingResponse"),)))
    fix = replace(fix, edits=(Edit(finding.place.span, "StreamingResponse(response)"),))
    document = json.loads(render("json", outcome_of(replace(finding, fix=fix), sources=(app,))))
    text = app.text
    for edit in reversed(document["findings"][0]["fix"]["ready"]):
        text = text[: edit["start"]["offset"]] + edit["text"] + text[edit["end"]["offset"] :]
    assert text == apply(app, (fix,))
    assert "from fastapi.responses import StreamingResponse" in text


def test_a_fix_far_below_its_import_is_told_as_lines_of_both() -> None:
    call = "    time.sleep(200)\n"
    calls = "".join(f"    time.sleep({seconds})\n" for seconds in range(300))
    text = f"import time\n\n\nasync def f():\n{calls}    return 1\n"
    source, start = Source(Path("app.py"), text), text.index(call)
    wait = Edit(Span(start, start + len(call)), "    await asyncio.sleep(1)\n")
    fix = Fix("wait", (wait,), Level.SAFE, "", frozenset((Import("asyncio"),)))
    edits = ready(fix, source)
    assert [(edit.span.start, edit.span.end, edit.text) for edit in edits] == [
        (0, 0, "import asyncio\n"),
        (wait.span.start, wait.span.end, wait.text),
    ]
