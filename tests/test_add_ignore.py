"""`--add-ignore`: comments that take findings back, where they speak for them, and nothing else that changes."""

from __future__ import annotations

import ast
import io
import json
import os
import tokenize
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlint import ignoring, suppress
from streamlint.finding import Finding, Place, Severity
from streamlint.reporters.diff import lines
from streamlint.run import run
from streamlint.source import Source, Span
from tests.conftest import BLOCKING, Streamlint, Write
from tests.test_fixtures import BAD, PROJECTS, name
from tools.fixtures import laid_out, request

CODES = {"STL002": "unused-ignore", "STL101": "iterated-in-handler", "STL203": "blocking-call-in-async"}
REASON = "it may stay"
FIRST_OF_EACH_RULE = list({path.parent: path for path in reversed(BAD)}.values())
BESIDE_CODE = [path for path in PROJECTS if path.parent.name >= "STL404"]
WITHOUT_COMMENTS = {"uv.lock", "vercel.json", "policy.xml", "api-policy.xml", "compose.yaml", "proxy.yaml"}
"""Of the fixtures: a lock file, JSON, XML, a command that is one folded text, and nginx in the text of a ConfigMap."""


def findings(source: Source, marks: Iterable[str], code: str) -> list[Finding]:
    found = []
    for mark in marks:
        start = source.text.index(mark)
        span = Span(start, start + len(mark))
        place = Place(source.path, span, source.position(span.start), source.position(span.end))
        found.append(Finding(code, CODES[code], Severity.ERROR, "", place))
    return found


def commented(text: str, *marks: str, code: str = "STL101", file: str = "app.py", reason: str = REASON) -> str:
    """The text with comments for findings at these stretches; they are taken back, and a second time nothing changes."""
    source = Source(Path(file), text, is_python=file.endswith(".py"))
    after = ignoring.Ignoring(source, reason, CODES, 60).commented(findings(source, marks, code))
    again = source.with_text(after)
    left = suppress.suppress(again, findings(again, marks, code), CODES, CODES.__contains__)
    assert [each.code for each in left if each.code == code] == []
    assert ignoring.Ignoring(again, "other", CODES, 60).commented([]) == after
    return after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("MARK()\n", "MARK()  # streamlint: ignore[STL101] it may stay\n"),
        ("MARK()", "MARK()  # streamlint: ignore[STL101] it may stay"),
        ("MARK()   \n", "MARK()   # streamlint: ignore[STL101] it may stay\n"),
        ("MARK()  # noqa\n", "MARK()  # noqa  # streamlint: ignore[STL101] it may stay\n"),
        ("x = MARK()  # type: ignore\n", "# streamlint: ignore[STL101] it may stay\nx = MARK()  # type: ignore\n"),
        (
            "if x:\r\n\tlong = long or MARK(long)\r\n",
            "if x:\r\n\t# streamlint: ignore[STL101] it may stay\r\n\tlong = long or MARK(long)\r\n",
        ),
        ("MARK(\n    1,\n)\n", "MARK(  # streamlint: ignore[STL101] it may stay\n    1,\n)\n"),
        ("f(\n    MARK(),\n    1,\n)\n", "f(\n    MARK(),  # streamlint: ignore[STL101] it may stay\n    1,\n)\n"),
        ("x = 1 + \\\n  MARK()\n", "x = 1 + \\\n  MARK()  # streamlint: ignore[STL101] it may stay\n"),
        ("x = MARK() + \\\n  1\n", "# streamlint: ignore[STL101] it may stay\nx = MARK() + \\\n  1\n"),
        (
            'x = f"""\n {MARK()}\n"""\n',
            'x = f"""\n {MARK()}\n"""  # streamlint: ignore[STL101] it may stay\n',
        ),
        (
            '"""a\nb"""; MARK(a_name, another_name, third)\n',
            '# streamlint: ignore[STL101] it may stay\n"""a\nb"""; MARK(a_name, another_name, third)\n',
        ),
        (
            "@MARK\n@two(aaaaaaaaaaaaaaaaaaaaaaaaaaaaa)\ndef f(): ...\n",
            "@MARK  # streamlint: ignore[STL101] it may stay\n@two(aaaaaaaaaaaaaaaaaaaaaaaaaaaaa)\ndef f(): ...\n",
        ),
        (
            "@MARK(aaaaaaaaaaaaaaaaaaaaaaaaaaaaa)\ndef f(): ...\n",
            "@MARK(aaaaaaaaaaaaaaaaaaaaaaaaaaaaa)  # streamlint: ignore[STL101] it may stay\ndef f(): ...\n",
        ),
        (
            "@one\n@two\ndef MARK(a, b, c): return a\n",
            "@one\n@two\n# streamlint: ignore[STL101] it may stay\ndef MARK(a, b, c): return a\n",
        ),
        (
            "MARK()  # streamlint: ignore[STL203] slow\n",
            "MARK()  # streamlint: ignore[STL203, STL101] slow; it may stay\n",
        ),
        (
            "MARK()  # streamlint: ignore[STL203]  # noqa\n",
            "MARK()  # streamlint: ignore[STL203, STL101] it may stay  # noqa\n",
        ),
        (
            "# streamlint: ignore[STL203] it may stay\nMARK()\n",
            "# streamlint: ignore[STL203, STL101] it may stay\nMARK()\n",
        ),
        (
            "MARK()  # streamlint: ignore[STL203\n",
            "# streamlint: ignore[STL101] it may stay\nMARK()  # streamlint: ignore[STL203\n",
        ),
        (
            "# streamlint: ignore[STL203] all of it\n@one\ndef f():\n    MARK()\n",
            "# streamlint: ignore[STL203] all of it\n@one\ndef f():\n    MARK()  # streamlint: ignore[STL101] it may stay\n",
        ),
        (
            "MARK()  # streamlint: ignore-file[STL203] the file\n",
            "# streamlint: ignore[STL101] it may stay\nMARK()  # streamlint: ignore-file[STL203] the file\n",
        ),
        ("one()\rMARK()\r", "one()\rMARK()  # streamlint: ignore[STL101] it may stay\r"),
    ],
)
def test_where_a_comment_stands_in_python(before: str, after: str) -> None:
    assert commented(before, "MARK") == after


def test_several_findings_of_a_line_share_a_comment() -> None:
    source = Source(Path("app.py"), "ONE(TWO)\n")
    found = [*findings(source, ["ONE", "TWO"], "STL203"), *findings(source, ["TWO"], "STL101")]
    after = ignoring.Ignoring(source, REASON, CODES, 88).commented(found)
    assert after == "ONE(TWO)  # streamlint: ignore[STL101, STL203] it may stay\n"


def test_a_long_reason_goes_on_below() -> None:
    reason = "the client of this route is a machine, which has no use for single tokens"
    assert commented("if x:\n    MARK()\n", "MARK", reason=reason) == (
        "if x:\n"
        "    # streamlint: ignore[STL101] the client of this route is\n"
        "    # a machine, which has no use for single tokens\n"
        "    MARK()\n"
    )


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("requirements.txt", "MARK\n", "MARK  # streamlint: ignore[STL101] it may stay\n"),
        (
            "requirements.txt",
            "MARK==1 \\\n    --hash=sha256:0\n",
            "# streamlint: ignore[STL101] it may stay\nMARK==1 \\\n    --hash=sha256:0\n",
        ),
        ("pyproject.toml", 'a = "MARK"\n', 'a = "MARK"  # streamlint: ignore[STL101] it may stay\n'),
        (
            "compose.yaml",
            "a:\n  - MARK\n  - b\n",
            "a:\n  - MARK  # streamlint: ignore[STL101] it may stay\n  - b\n",
        ),
        ("Dockerfile", "RUN a\nMARK\n", "RUN a\n# streamlint: ignore[STL101] it may stay\nMARK\n"),
        (
            "Dockerfile",
            "CMD a \\\n  MARK \\\n  b\n",
            "CMD a \\\n  # streamlint: ignore[STL101] it may stay\n  MARK \\\n  b\n",
        ),
        (
            "start.sh",
            "exec a \\\n  MARK \\\n  b\n",
            "# streamlint: ignore[STL101] it may stay\nexec a \\\n  MARK \\\n  b\n",
        ),
        (
            "nginx.conf",
            "location / {\n  MARK;\n}\n",
            "location / {\n  # streamlint: ignore[STL101] it may stay\n  MARK;\n}\n",
        ),
        ("Procfile", "web: MARK\r\n", "# streamlint: ignore[STL101] it may stay\r\nweb: MARK\r\n"),
        ("chat.service", "ExecStart=MARK\n", "# streamlint: ignore[STL101] it may stay\nExecStart=MARK\n"),
        (
            "nginx.conf",
            "# streamlint: ignore[STL203] slow\nMARK;\n",
            "# streamlint: ignore[STL203, STL101] slow; it may stay\nMARK;\n",
        ),
    ],
)
def test_where_a_comment_stands_in_other_files(file: str, before: str, after: str) -> None:
    assert commented(before, "MARK", file=file) == after


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("compose.yaml", "command: >\n  one\n  MARK\n  two\n"),
        ("pyproject.toml", 'a = """\nMARK\n"""\n'),
        ("uv.lock", 'name = "MARK"\n'),
        ("Pipfile.lock", '{"MARK": 1}\n'),
    ],
)
def test_where_none_can_stand_nothing_is_written(file: str, text: str) -> None:
    source = Source(Path(file), text, is_python=False)
    assert ignoring.Ignoring(source, REASON, CODES, 60).commented(findings(source, ["MARK"], "STL101")) == text


PIECES = st.sampled_from(
    [
        "{}\n",
        "{}; {}  # noqa\n",
        "x = {}  # type: ignore\n",
        "x = [\n    {},\n    # said\n    {},\n]\n",
        "x = 1 + \\\n    {}\n",
        "x = {} + \\\n    {}\n",
        'x = f"""\n{{{}}}\n"""\n',
        'x = """\n# no comment\n""" + {}\n',
        "@one({})\ndef f():\n    {}\n",
        "@one(\n    {},\n)\n@two({})\nclass C:\n    def f(self, a={}):\n        '''text'''\n        {}\n",
        "for x in {}:\n    if {}:\n        {}\n    else:\n        {}\n",
        "with {} as x, \\\n        {}:\n    pass\n",
        "{}  # streamlint: ignore[STL203] an old one\n",
        "# streamlint: ignore[STL203] above\n{}\n",
        "{}  # streamlint: ignore[STL203 broken\n",
        "\n\n# a comment \\\n{}\n",
        "x = {}  # streamlint: ignore-file[STL203] all\n",
    ]
)


@given(st.lists(PIECES, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n"]), st.data())
def test_every_finding_is_taken_back_and_the_program_stays(pieces: list[str], end: str, data: st.DataObject) -> None:
    calls = iter([f"mark{number}()" for number in range(100)])
    text = "".join(piece.format(*(next(calls) for _ in range(piece.count("{}")))) for piece in pieces)
    text = text.replace("\n", end)
    marks = [f"mark{number}()" for number in range(100) if f"mark{number}()" in text]
    chosen = data.draw(st.lists(st.sampled_from(marks), min_size=1, unique=True))
    after = commented(text, *chosen)
    assert code_of(after) == code_of(text)
    assert ast.dump(ast.parse(after)) == ast.dump(ast.parse(text))
    assert {line[-2:] == "\r\n" for line in lines(after)} <= {end == "\r\n"}
    source = Source(Path("app.py"), after)
    told = suppress.suppress(source, findings(source, chosen, "STL101"), CODES, CODES.__contains__)
    assert [each for each in told if "STL101" in source.line(each.place.start.line) and "STL101" in each.message] == []


def code_of(text: str) -> list[str]:
    """The tokens of a text without comments and blank lines."""
    silent = (tokenize.COMMENT, tokenize.NL)
    tokens = tokenize.generate_tokens(io.StringIO(text, newline="").readline)
    return [token.string for token in tokens if token.type not in silent]


@pytest.mark.parametrize("path", [*FIRST_OF_EACH_RULE, *BESIDE_CODE], ids=name)
def test_after_it_a_run_is_clean(path: Path, tmp_path: Path) -> None:
    laid_out(path, tmp_path)
    asked = request(tmp_path, path.parent.name)
    outcome = run(replace(asked, reason=REASON))
    assert {finding.path.name for finding in outcome.findings} <= WITHOUT_COMMENTS
    for change in outcome.changes:
        assert without_comments(change.after.text) == change.before.text
        change.before.path.write_bytes(change.after.encode(change.after.text))
    assert run(asked).findings == tuple(replace(each, notes=each.notes[:-1]) for each in outcome.findings)
    assert run(replace(asked, reason="another")).changes == ()


def without_comments(text: str) -> str:
    """A text without the comments that were written into it."""
    own = [line for line in lines(text) if not line.lstrip().startswith("# streamlint: ignore[")]
    return "".join(
        line.partition("  # streamlint: ignore[")[0] + end_of(line) if "  # streamlint: ignore[" in line else line
        for line in own
    )


def end_of(line: str) -> str:
    return line[len(line.rstrip("\r\n")) :]


def test_it_says_what_it_wrote(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--add-ignore", "  slow on \n purpose ")
    assert result.exit_code == 0
    assert result.stdout == (
        "Wrote comments that ignore 1 finding in 1 file\n\nNothing is left (1 file checked, 1 ignored)\n"
    )
    assert "    time.sleep(1)  # streamlint: ignore[STL203] slow on purpose\n" in path.read_text()
    once = path.read_bytes()
    assert streamlint("--add-ignore", "other").stdout == "No findings (1 file checked, 1 ignored)\n"
    assert path.read_bytes() == once


def test_diff_only_shows(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--diff", "--add-ignore", REASON)
    assert result.exit_code == 1
    assert "+    time.sleep(1)  # streamlint: ignore[STL203] it may stay\n" in result.stdout
    assert result.stderr == "Would write comments that ignore 1 finding in 1 file\n"
    assert path.read_text() == BLOCKING


def test_standard_input_comes_back_with_comments(streamlint: Streamlint) -> None:
    result = streamlint("--add-ignore", REASON, "-", text=BLOCKING)
    assert "    time.sleep(1)  # streamlint: ignore[STL203] it may stay\n" in result.stdout
    assert "Wrote comments that ignore 1 finding" in result.stderr


def test_the_numbers_are_told_to_programs(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING)
    told = json.loads(streamlint("--add-ignore", REASON, "--output-format", "json").stdout)
    assert (told["findings"], len(told["ignored"]), told["summary"]["excused"]) == ([], 1, 1)


def test_what_no_comment_can_take_back_is_left_and_says_so(write: Write, streamlint: Streamlint) -> None:
    write("app.py", "from llama_index.core import VectorStoreIndex\n")
    write(
        "Pipfile.lock",
        '{"default": {"llama-index": {"version": "==0.9.0"}, "llama-index-core": {"version": "==0.11.0"}}}',
    )
    result = streamlint("--add-ignore", REASON)
    assert result.exit_code == 1
    assert "no comment can take this back where it stands; per-file-ignores in the configuration can" in " ".join(
        result.stdout.split()
    )


def test_what_the_encoding_cannot_hold_is_not_written(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", b"# -*- coding: latin-1 -*-\n" + BLOCKING.encode())
    before = path.read_bytes()
    result = streamlint("--add-ignore", "→ later")
    assert result.exit_code == 1
    assert "app.py: not written: its encoding, iso-8859-1, has no bytes for '→'" in result.stderr
    assert "STL203" in result.stdout
    assert "Wrote" not in result.stdout
    assert path.read_bytes() == before


@pytest.mark.skipif(os.name == "nt", reason="links need a privilege there")
def test_no_link_is_written_through(
    write: Write, streamlint: Streamlint, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "app.py"
    outside.write_text(BLOCKING)
    (project / "app.py").symlink_to(outside)
    result = streamlint("--add-ignore", REASON)
    assert "not written: is a link" in result.stderr
    assert "no comment can take this back" not in result.stdout
    assert outside.read_text() == BLOCKING


def test_what_is_known_gets_no_comment(write: Write, streamlint: Streamlint) -> None:
    path = write("app.py", BLOCKING)
    streamlint("--write-baseline")
    assert streamlint("--add-ignore", REASON, "--baseline", ".streamlint-baseline.json").exit_code == 0
    assert path.read_text() == BLOCKING


@pytest.mark.parametrize(
    "options", [("",), (" \t",), ("\x1b[31m",), (REASON, "--fix"), (REASON, "--fix-only"), (REASON, "--write-baseline")]
)
def test_usage_errors(write: Write, streamlint: Streamlint, options: tuple[str, ...]) -> None:
    path = write("app.py", BLOCKING)
    result = streamlint("--add-ignore", *options)
    assert result.exit_code == 2
    assert "--add-ignore" in result.stderr
    assert path.read_text() == BLOCKING
