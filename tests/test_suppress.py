"""Ignore comments: where they stand, what they reach, and what is said about those that nothing needs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamlint import suppress
from streamlint.finding import RULE_CRASHED, UNREADABLE_FILE, Finding, Place, Severity
from streamlint.source import Source, Span

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


def test_comment_above_a_decorator_speaks_for_the_function() -> None:
    text = "# streamlint: ignore[STL101]\n@app.get('/')\n@other\ndef chat():\n    drain(x)\n"
    assert left(text, "def chat") == []
    assert left(text, "drain(x)") == ["STL101:5", "STL002:1"]


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
