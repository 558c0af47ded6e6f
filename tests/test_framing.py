"""How a text that is sent as an event is framed, as far as its text tells."""

from __future__ import annotations

import pytest

from streamlint.faults.framing import Framed, _is_event, _is_plain, _of_event


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"data: one\n\n", Framed.WHOLE),
        (r"data: one\r\n\r\n", Framed.WHOLE),
        (r"data: one\r\r", Framed.WHOLE),
        (r"data: one\n", Framed.HALF),
        (r"event: one\ndata: two\n", Framed.HALF),
        (r"event: one\n", Framed.UNKNOWN),
        (r"data: one\ntwo\n", Framed.UNKNOWN),
        ("data: one", Framed.OPEN),
        ("event: one", Framed.UNKNOWN),
        ("data: {one}", Framed.UNKNOWN),
        ("data: ", Framed.UNKNOWN),
        (r"data: one\ttwo", Framed.UNKNOWN),
        (r"data: one\ndata: two", Framed.UNKNOWN),
    ],
)
def test_how_an_event_ends(text: str, expected: Framed) -> None:
    assert _of_event(text) is expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("event: one", Framed.OPEN),
        (r"event: one\ndata: two", Framed.OPEN),
        (r"event: one\ntwo", Framed.UNKNOWN),
        (r"one\ndata: two", Framed.UNKNOWN),
        ("event:", Framed.UNKNOWN),
        ("event: ", Framed.UNKNOWN),
    ],
)
def test_how_a_constant_ends(text: str, expected: Framed) -> None:
    assert _of_event(text, is_constant=True) is expected


@pytest.mark.parametrize(
    ("text", "is_event"),
    [
        ("data: one", True),
        (r"event: one\ndata: two\n\n", True),
        (r"event: one\ndata: two", False),
        (r"event: one\n\n", False),
        (r"one\ndata: two\n\n", False),
        ("one", False),
    ],
)
def test_what_is_the_data_of_an_event(text: str, is_event: bool) -> None:
    assert _is_event(text) is is_event


@pytest.mark.parametrize(
    ("text", "is_plain"),
    [
        ("[DONE]", True),
        ("###END###{usage}", True),
        ("", False),
        ("{usage}", False),
        ("data: one", False),
        ("da{rest}", False),
        ("ret{rest}", False),
        (r"one\n", True),
        (r"one\ndata: two", False),
        ("one: two", True),
        ("one{data:}", False),
    ],
)
def test_what_is_no_field(text: str, is_plain: bool) -> None:
    assert _is_plain(text) is is_plain
