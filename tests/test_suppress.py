"""Ignore comments: where they stand, what they reach, and what is said about those that nothing needs."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamlint import suppress
from streamlint.config import Config, Selection
from streamlint.finding import RULE_CRASHED, UNREADABLE_FILE, Finding, Place, Severity
from streamlint.ignores import Ignore
from streamlint.line_ranges import LineRanges
from streamlint.run import Request, run
from streamlint.source import Source, Span
from tests.conftest import BLOCKING, Streamlint, Write

CODES = {
    "STL002": "unused-ignore",
    "STL003": "blanket-ignore",
    "STL101": "iterated-in-handler",
    "STL203": "blocking-call-in-async",
}


def left(text: str, *marked: str, code: str = "STL101", selects: frozenset[str] = frozenset(CODES)) -> list[str]:
    """The findings that remain of one `code` at each marked stretch of text, as `CODE:line`."""
    source = Source(Path("app.py"), text)
    findings = [finding(source, stretch, code) for stretch in marked]
    remaining = suppress.suppress(source, findings, CODES, selects.__contains__)
    return [f"{each.code}:{each.place.start.line}" for each in remaining]


def finding(source: Source, stretch: str, code: str) -> Finding:
    start = source.text.index(stretch)
    span = Span(start, start + len(stretch))
    place = Place(source.path, span, source.position(span.start), source.position(span.end))
    return Finding(code, CODES.get(code, ""), Severity.ERROR, "", place)


@pytest.mark.parametrize(
    "comment",
    [
        "# streamlint: ignore[STL101]",
        "# streamlint: ignore[stl101] the client asked for JSON",
        "#streamlint:ignore[iterated-in-handler]",
        "# streamlint: ignore [ STL203 , STL101 ] two reasons",
        "# noqa: E501  # streamlint: ignore[STL101]  # type: ignore",
    ],
)
def test_trailing_comment(comment: str) -> None:
    assert left(f"drain(x)  {comment}\n", "drain(x)", selects=frozenset({"STL101"})) == []


def test_other_code_does_not_count() -> None:
    assert left("drain(x)  # streamlint: ignore[STL203]\n", "drain(x)") == ["STL101:1", "STL002:1"]


def test_comment_alone_speaks_for_the_next_code_line() -> None:
    text = "# streamlint: ignore[STL101] said\n# more\n\ndrain(x)\ndrain(y)\n"
    assert left(text, "drain(x)", "drain(y)") == ["STL101:5"]


DECORATED = """\
# streamlint: ignore[STL101] said
@app.get(
    '/'
)
@other
async def chat():
    if x:
        drain(x)

    def inner():
        drain(y)
    return drain(z)

drain(after)
"""


def test_comment_above_a_decorator_speaks_for_the_whole_function() -> None:
    stretches = ("app.get", "'/'", "other", "async def chat", "drain(x)", "drain(y)", "drain(z)")
    assert left(DECORATED, *stretches) == []
    assert left(DECORATED, "drain(z)", "drain(after)") == ["STL101:14"]


def test_comment_above_the_second_decorator_does_so_too() -> None:
    text = "@one\n# streamlint: ignore[STL101]\n@two\nclass Chat:\n    def get(self):\n        drain(x)\ndrain(y)\n"
    assert left(text, "drain(x)", "drain(y)") == ["STL101:7"]
    assert left("# streamlint: ignore[STL101]\n@one\ndef f(): drain(x)\ndrain(y)\n", "drain(x)", "drain(y)") == [
        "STL101:4"
    ]


def test_comment_behind_a_decorator_speaks_for_its_line() -> None:
    text = "@one  # streamlint: ignore[STL101]\ndef f():\n    drain(x)\n"
    assert left(text, "one", "drain(x)") == ["STL101:3"]


def test_comment_above_a_plain_function_speaks_for_its_header() -> None:
    text = "# streamlint: ignore[STL101]\ndef f():\n    drain(x)\n"
    assert left(text, "def f") == []
    assert left(text, "drain(x)") == ["STL101:3", "STL002:1"]


@pytest.mark.parametrize(
    ("comment", "remedy"),
    [
        ("ignore[STL101", "ignore[STL101]"),
        ("ignore [stl101, STL203 the client asked for it", "ignore[stl101, STL203]"),
        ("ignore[STL101  # see [1]", "ignore[STL101]"),
        ("ignore[STL101 [sic] x]", "ignore[STL101]"),
        ("ignore(STL101)", "ignore[STL101]"),
        ("ignore{STL101}", "ignore[STL101]"),
        ("ignore STL101 it is meant", "ignore[STL101]"),
        ("ignore: STL101", "ignore[STL101]"),
        ("ignore[", "ignore[STL101]"),
        ("ignore-file[STL203", "ignore-file[STL203]"),
    ],
)
def test_codes_without_closed_brackets_hide_nothing(comment: str, remedy: str) -> None:
    text = f"drain(x)  # streamlint: {comment}\n"
    assert left(text, "drain(x)") == ["STL101:1", "STL002:1"]
    source = Source(Path("app.py"), text)
    (remark,) = suppress.suppress(source, [], CODES, CODES.__contains__)
    assert "closed square brackets" in remark.message
    assert remark.help == f"write `{remedy}`"


@pytest.mark.parametrize("written", ["STL1", "stl10", "STL101", "iterated-in-handler"])
@pytest.mark.parametrize("kind", ["ignore", "ignore-file"])
def test_codes_are_named_as_in_the_settings(kind: str, written: str) -> None:
    assert left(f"drain(x)  # streamlint: {kind}[{written}]\n", "drain(x)") == []
    assert left(f"drain(x)  # streamlint: {kind}[{written}]\n", "drain(x)", code="STL203") == ["STL203:1", "STL002:1"]


def test_the_beginning_of_codes_is_unused_only_where_all_of_them_were_looked_for() -> None:
    text = "x = 1  # streamlint: ignore[STL0]\ny = 2  # streamlint: ignore[STL2]\n"
    assert left(text) == ["STL002:2"]
    codes = {**CODES, "STL204": "blocking-helper-in-async"}
    source = Source(Path("app.py"), text)
    assert suppress.suppress(source, [], codes, CODES.__contains__) == []


def test_a_family_without_rules_is_known_and_another_is_not() -> None:
    assert left("x = 1  # streamlint: ignore[STL5]\n") == []
    assert left("x = 1  # streamlint: ignore[STL9]\n") == ["STL002:1"]


@pytest.mark.parametrize("written", ["ALL", "STL", "STL101, ALL"])
def test_everything_is_a_blanket_under_another_name(written: str) -> None:
    assert left(f"drain(x)  # streamlint: ignore[{written}]\n", "drain(x)") == ["STL003:1"]


@pytest.mark.parametrize("line", [0, 2, 3])
def test_any_line_of_the_reported_statement(line: int) -> None:
    lines = ["drain(", "    first,", "    second,", ")"]
    lines[line] += "  # streamlint: ignore[STL101]"
    text = "\n".join(lines) + "\n"
    whole = text.rstrip("\n") if line != 3 else text[: text.index(")") + 1]
    assert left(text, whole) == []


def test_inner_line_does_not_reach_another_line() -> None:
    text = "both(\n    drain(x),\n    drain(y),  # streamlint: ignore[STL101]\n)\n"
    assert left(text, "drain(x)", "drain(y)") == ["STL101:2"]


def test_header_comment_does_not_reach_the_body() -> None:
    text = "for token in gen:  # streamlint: ignore[STL101]\n    drain(token)\n"
    assert left(text, text) == []
    assert left(text, "drain(token)") == ["STL101:2", "STL002:1"]


def test_text_in_strings_does_not_count() -> None:
    assert left('drain("# streamlint: ignore[STL101]")\n', "drain") == ["STL101:1"]
    assert left('"""\n# streamlint: ignore-file[STL101]\n"""\ndrain(x)\n', "drain") == ["STL101:4"]


def test_whole_file() -> None:
    text = "# streamlint: ignore-file[STL101] an example of what not to do\ndrain(x)\n\ndrain(y)\n"
    assert left(text, "drain(x)", "drain(y)") == []


def test_blanket_hides_and_is_a_finding() -> None:
    assert left("drain(x)  # streamlint: ignore\n", "drain(x)") == ["STL003:1"]
    assert left("drain(x)  # streamlint: ignore[]\n", "drain(x)") == ["STL003:1"]
    assert left("# streamlint: ignore-file\ndrain(x)\n", "drain(x)") == ["STL003:1"]


def test_unused_is_a_finding() -> None:
    assert left("x = 1  # streamlint: ignore[STL101]\n") == ["STL002:1"]
    assert left("drain(x)  # streamlint: ignore[STL101, STL203]\n", "drain(x)") == ["STL002:1"]


def test_unused_ignore_of_a_rule_that_is_not_selected_is_silent() -> None:
    assert left("x = 1  # streamlint: ignore[STL101]\n", selects=frozenset({"STL002", "STL203"})) == []


def test_unknown_code_names_the_nearest() -> None:
    source = Source(Path("app.py"), "x = 1  # streamlint: ignore[iterated-in-handeler]\n")
    (remark,) = suppress.suppress(source, [], CODES, CODES.__contains__)
    assert (remark.code, remark.help) == ("STL002", "write `iterated-in-handler`")
    assert source.slice(remark.place.span) == "iterated-in-handeler"


def test_remarks_can_be_excused_by_name() -> None:
    assert left("x = 1  # streamlint: ignore[STL101, STL002]\n") == []


def test_crash_is_never_hidden() -> None:
    assert left("drain(x)  # streamlint: ignore\n", "drain", code=RULE_CRASHED.code) == ["STL009:1", "STL003:1"]


def test_nothing_is_unused_where_a_run_was_cut_short() -> None:
    text = "drain(x)\ny = 1  # streamlint: ignore[STL101]\n"
    assert left(text, "drain", code=RULE_CRASHED.code) == ["STL009:1"]
    assert left(text, "drain", code=UNREADABLE_FILE.code) == ["STL001:1"]


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_line_ends(ending: str) -> None:
    text = ending.join(["first()", "drain(x)  # streamlint: ignore[STL101]", ""])
    assert left(text, "drain(x)") == []


def test_what_stops_being_python_is_read_up_to_there() -> None:
    assert left("drain(x)  # streamlint: ignore[STL101]\n'''open\n", "drain(x)") == []


def removed(text: str) -> Iterator[str]:
    source = Source(Path("app.py"), text)
    for remark in suppress.suppress(source, [], CODES, CODES.__contains__):
        assert remark.fix is not None
        (edit,) = remark.fix.edits
        yield text[: edit.span.start] + edit.text + text[edit.span.end :]


@pytest.mark.parametrize(
    ("text", "fixed"),
    [
        ("x = 1  # streamlint: ignore[STL101] reason\ny\n", ["x = 1\ny\n"]),
        ("    # streamlint: ignore[STL101]\r\nx\r\n", ["x\r\n"]),
        ("x = 1  # streamlint: ignore[STL101]  # noqa\n", ["x = 1  # noqa\n"]),
        ("x = 1  # noqa  # streamlint: ignore[STL101]\n", ["x = 1  # noqa\n"]),
        (
            "x  # streamlint: ignore[STL101, STL203] why\n",
            ["x  # streamlint: ignore[STL203] why\n", "x  # streamlint: ignore[STL101] why\n"],
        ),
    ],
)
def test_fix_takes_out_what_nothing_needs(text: str, fixed: list[str]) -> None:
    assert list(removed(text)) == fixed


def hints(text: str, *marked: str, selects: frozenset[str] = frozenset(CODES), file: str = "app.py") -> list[str]:
    """What is said beside findings of STL101 about comments near them."""
    source = Source(Path(file), text, is_python=file.endswith(".py"))
    found = [finding(source, stretch, "STL101") for stretch in marked]
    told = suppress.suppress(source, found, CODES, selects.__contains__)
    return [each.hint for each in told if each.code == "STL101"]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (
            "drain(x)  # streamlint: ignore[STL203]\n",
            "the comment in line 1 says `STL203`, and this is STL101: write `ignore[STL101]`",
        ),
        (
            "drain(x)  # streamlint: ignore[STL1O1]\n",
            "the comment in line 1 says `STL1O1`, and this is STL101: write `ignore[STL101]`",
        ),
        (
            "# streamlint: ignore[iterated-in-handeler]\ndrain(x)\n",
            "the comment in line 1 says `iterated-in-handeler`, and this is STL101: write `ignore[STL101]`",
        ),
        (
            "# streamlint: ignore-file[STL1O1]\n\n\n\n\ndrain(x)\n",
            "the comment in line 1 says `STL1O1`, and this is STL101: write `ignore[STL101]`",
        ),
        (
            "begin()  # streamlint: ignore[STL101]\ndrain(x)\n",
            "the comment in line 1 does not reach this: put `ignore[STL101]` in line 2, or alone above it",
        ),
        (
            "drain(x)\nend()  # streamlint: ignore[iterated-in-handler]\n",
            "the comment in line 2 does not reach this: put `ignore[STL101]` in line 1, or alone above it",
        ),
        (
            "def f():  # streamlint: ignore[STL101]\n    a()\n    b()\n    c()\n    d()\n    drain(x)\n",
            "the comment in line 1 does not reach this: put `ignore[STL101]` in line 6, or alone above it",
        ),
        (
            "@one  # streamlint: ignore[STL101]\ndef f():\n    a()\n    b()\n    c()\n    drain(x)\n",
            "the comment in line 1 does not reach this: put `ignore[STL101]` in line 6, or alone above it",
        ),
        (
            "begin()  # streamlint: ignore[STL101]\nnext()  # streamlint: ignore[STL1O1]\ndrain(x)\n",
            "the comment in line 2 does not reach this: put `ignore[STL101]` in line 3, or alone above it",
        ),
    ],
)
def test_a_comment_that_misses_is_named_at_the_finding(text: str, hint: str) -> None:
    assert hints(text, "drain(x)") == [hint]


@pytest.mark.parametrize(
    "text",
    [
        "drain(x)\n",
        "begin()  # streamlint: ignore[STL203]\ndrain(x)\n",  # another line and another code
        "begin()  # streamlint: ignore[STL101]\n\n\n\ndrain(x)\n",  # too far
        "def f():  # streamlint: ignore[STL101]\n    a()\n\n\n\ndrain(x)\n",  # of another function
        "# streamlint: ignore-file[STL203] it is slow\ndrain(x)\n",
        "# streamlint: ignore[STL203] it is slow\n@one\ndef f():\n    drain(x)\n",
        "drain(x)  # streamlint: ignore[STL101\n",  # STL002 says what is wrong
    ],
)
def test_what_was_not_meant_is_not_named(text: str) -> None:
    assert hints(text, "drain(x)") == [""]


def test_a_comment_that_another_finding_needs_misses_nothing() -> None:
    text = "drain(x)  # streamlint: ignore[STL101]\ndrain(y)\n"
    assert hints(text, "drain(x)", "drain(y)") == [""]


def test_a_comment_for_a_rule_that_is_not_selected_misses_nothing() -> None:
    assert hints("drain(x)  # streamlint: ignore[STL203]\n", "drain(x)", selects=frozenset({"STL101"})) == [""]


def test_hints_stand_in_other_files_too() -> None:
    text = "a: 1  # streamlint: ignore[STL101]\nb: drain(x)\n"
    told = "the comment in line 1 does not reach this: put `ignore[STL101]` in line 2, or alone above it"
    assert hints(text, "drain(x)", file="compose.yaml") == [told]


def test_a_hint_is_shown_in_full_and_to_programs(write: Write, streamlint: Streamlint) -> None:
    write("app.py", BLOCKING.replace("time.sleep(1)", "time.sleep(1)  # streamlint: ignore[STL2O3] slow"))
    hint = "the comment in line 10 says `STL2O3`, and this is STL203: write `ignore[STL203]`"
    assert f"   = hint: {hint}\n" in streamlint().stdout
    told = json.loads(streamlint("--output-format", "json").stdout)["findings"]
    assert [each["hint"] for each in told] == [hint, ""]
    assert "ignored" not in streamlint().stdout.splitlines()[-1]
    for quiet in ("concise", "grouped", "github", "junit"):
        assert hint not in streamlint("--output-format", quiet).stdout


def test_lines_that_a_backslash_joins_are_one_statement_elsewhere() -> None:
    text = "# streamlint: ignore[STL101]\nexec a \\\n  drain(x) \\\n  # said\n  b\ndrain(y)\n"
    source = Source(Path("start.sh"), text, is_python=False)
    found = [finding(source, stretch, "STL101") for stretch in ("drain(x)", "drain(y)")]
    told = suppress.suppress(source, found, CODES, CODES.__contains__)
    assert [each.place.start.line for each in told] == [6]


# Many comments


def test_a_finding_is_held_against_the_comments_of_its_lines_alone(
    write: Write, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = "".join(f"    requests.get(q)  # streamlint: ignore[STL20{n % 2 + 2}]\n" for n in range(200))
    path = write(
        "app.py",
        f"import requests\nfrom fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\nasync def f(q):\n{calls}",
    )
    asked: list[Ignore] = []
    reaches = Ignore._reaches
    monkeypatch.setattr(Ignore, "_reaches", lambda ignore, place: asked.append(ignore) or reaches(ignore, place))
    found = run(Request((path,), Config(root=path.parent), Selection(), root=path.parent)).findings
    assert len([one for one in found if one.code == "STL203"]) == 100
    assert len(asked) < 5 * 200


def test_ranges_of_lines_hold_what_a_look_at_each_says() -> None:
    for seed in range(50):
        draw = random.Random(seed)
        ranges = [(first := draw.randrange(30), first + draw.randrange(10), name) for name in range(12)]
        for line in range(45):
            last = line + draw.randrange(3)
            expected = [name for first, end, name in ranges if first <= last and end >= line]
            assert LineRanges(ranges).holding(line, last) == expected
