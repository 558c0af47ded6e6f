"""The readers of files that are not Python say what the libraries say, know where it stands, and end on any input."""

from __future__ import annotations

import configparser
import json
import random
import string
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from streamlint.surroundings import Document, ini_file, json_file, toml_file, yaml_file

ROOT = Path(__file__).parent.parent
READERS: list[Callable[[str], Document]] = [toml_file.read, json_file.read, yaml_file.read, ini_file.read]

TOML = '''\
# a comment with "quotes"
title = "one"
"quoted key".'and another' = 1
a.b . c = true
date = 1979-05-27 07:32:00Z
local = 07:32:00
number = -1_000.5e-3
odd = [ "x", 'y # no comment', # a comment ]
        """
three
 lines \\
    joined \\u00e9 \\" \\"\\"\\"""", ]
empty = []
inline = { version = "^0.10", extras = ["a", "b"], deep = { er = 'x' } }
literal = \'\'\'
C:\\temp
\'\'\'

[table]
key = "value"  # comment

[ table . "sub.table" ]
key = 0xFF

[[list]]
name = "first"

[[list]]
name = "second"
[[list.inner]]
n = 1
[[list.inner]]
n = 2
[list.table]
n = 3
'''


def leaves(value: Any, keys: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from leaves(inner, (*keys, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            yield from leaves(inner, (*keys, number))
    else:
        yield keys, value


def assert_same_as_tomllib(text: str) -> None:
    document = toml_file.read(text)
    assert document.faults == ()
    expected = dict(leaves(tomllib.loads(text)))
    assert {each.keys for each in document.settings} == set(expected)
    for each in document.settings:
        value = expected[each.keys]
        if each.is_text:
            assert each.value == value
        else:
            assert repr(tomllib.loads(f"x = {each.value}")["x"]) == repr(value)
        assert tomllib.loads(f"x = {text[each.span.start : each.span.end]}")["x"] == value or value != value
        if each.inside is not None:
            assert text[each.inside.start : each.inside.end] == each.value


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_toml_as_tomllib_reads_it(newline: str) -> None:
    assert_same_as_tomllib(TOML.replace("\n", newline))


def test_real_toml_files() -> None:
    files = [ROOT / "pyproject.toml", *sorted((ROOT / "streamlint" / "knowledge").glob("*.toml"))]
    assert len(files) > 20
    for path in files:
        assert_same_as_tomllib(path.read_text("utf-8"))


KEY = st.text(alphabet=string.ascii_letters + "-_ .é\"'", min_size=1, max_size=6)
SCALAR = (
    st.text(alphabet=string.printable + "é\u2028", max_size=12)
    | st.integers(-(2**40), 2**40)
    | st.booleans()
    | st.dates()
)
VALUES = st.recursive(
    SCALAR, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEY, inner, max_size=3), max_leaves=8
)


def written(value: Any, rng: random.Random) -> str:
    """A TOML value in one of the ways in which it can be written."""
    between = rng.choice(["", " ", "\n  ", " # why\n"])
    match value:
        case bool():
            return "true" if value else "false"
        case str():
            basic = json.dumps(value).replace("\x7f", "\\u007f")
            if rng.random() < 0.3 and not set(value) & set("'\r\n\x0b\x0c\x7f") and value.isprintable():
                return f"'{value}'"
            return f'""{basic}""' if rng.random() < 0.3 else basic
        case list():
            return f"[{between}{','.join(written(each, rng) + between for each in value)}]"
        case dict():
            return "{" + ", ".join(f"{json.dumps(key)} = {written(each, rng)}" for key, each in value.items()) + "}"
    return str(value)


@given(st.dictionaries(KEY, VALUES, max_size=4), st.integers(0, 1000))
def test_generated_toml(document: dict[str, Any], seed: int) -> None:
    rng = random.Random(seed)
    text = "".join(f"{json.dumps(key)} = {written(value, rng)}\n" for key, value in document.items())
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        return
    assert_same_as_tomllib(text)


def test_toml_goes_on_after_a_fault() -> None:
    text = 'a = "x\nb = 1\n[t]\nc = [1, 2\nd = "y"\n= 3\nthis is nothing\ne = "z" f\n[t\ng = true\n'
    document = toml_file.read(text)
    assert [(each.keys, each.value) for each in document.settings] == [
        (("b",), "1"),
        (("t", "d"), "y"),
        (("t", "g"), "true"),
    ]
    assert [text.count("\n", 0, fault.offset) + 1 for fault in document.faults] == [1, 5, 6, 7, 8, 9]


@given(
    st.recursive(
        SCALAR.filter(lambda value: not hasattr(value, "year")),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEY, inner, max_size=4),
        max_leaves=12,
    ),
    st.booleans(),
)
def test_generated_json(value: Any, indented: bool) -> None:
    text = json.dumps(value, indent=2 if indented else None)
    document = json_file.read(text)
    assert document.faults == ()
    expected = [(keys, leaf) for keys, leaf in leaves(value)]
    assert [each.keys for each in document.settings] == [keys for keys, _ in expected]
    for each, (_, leaf) in zip(document.settings, expected, strict=True):
        assert json.loads(text[each.span.start : each.span.end]) == leaf
        assert not each.is_text or each.value == leaf
        assert each.inside is None or text[each.inside.start : each.inside.end] == each.value


def test_json_up_to_a_fault() -> None:
    document = json_file.read('{"a": {"b": [1, "x"], "c": "==1.0"}, "d": [tru')
    assert [(each.keys, each.value) for each in document.settings] == [
        (("a", "b", 0), "1"),
        (("a", "b", 1), "x"),
        (("a", "c"), "==1.0"),
    ]
    assert document.faults[0].offset == 43


YAML = """\
name: app  # comment
dependencies:
  - python=3.11
  - "pip"
  - pip:
      - llama-index==0.10.1
      - 'fastapi>=0.100'
      - >-
        folded
        text
anchor: &x [1, two]
again: *x
"""


def test_yaml() -> None:
    document = yaml_file.read(YAML)
    plain = yaml.safe_load(YAML)
    del plain["again"]  # an alias stands where it was first meant
    assert [each.keys for each in document.settings] == [keys for keys, _ in leaves(plain)]
    assert [str(leaf) for _, leaf in leaves(plain)] == [each.value for each in document.settings]
    for each in document.settings:
        assert each.inside is None or YAML[each.inside.start : each.inside.end] == each.value
    assert [each.value for each in document.settings if each.inside is None] == ["folded text"]


def test_yaml_before_a_fault() -> None:
    document = yaml_file.read("a:\n  - x\n  - y\nb: [1\nc: }\n")
    assert [each.value for each in document.settings][:2] == ["x", "y"]
    assert len(document.faults) == 1


SETUP_CFG = """\
[metadata]
name = app
# comment
[options]
packages = find:
install_requires =
    llama-index>=0.10
    # another
    fastapi; python_version > "3.8"
[options.extras_require]
web: flask
"""


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_ini_as_configparser_reads_it(newline: str) -> None:
    text = SETUP_CFG.replace("\n", newline)
    parser = configparser.ConfigParser()
    parser.read_string(text)
    found: dict[tuple[str, str], list[str]] = {}
    for each in ini_file.read(text).settings:
        assert text[each.span.start : each.span.end] == each.value
        found.setdefault((str(each.keys[0]), str(each.keys[1])), []).append(each.value)
    expected = {
        (section, key): [line for line in value.split("\n") if line]
        for section in parser.sections()
        for key, value in parser.items(section)
    }
    assert found == expected


@pytest.mark.parametrize("read", READERS)
@given(st.text(alphabet="[]{}\"'=,.:#-&*!|>\\ \n\r\ta1\x00é\u2028", max_size=60))
def test_nothing_raises(read: Callable[[str], Document], text: str) -> None:
    document = read(text)
    for each in document.settings:
        assert 0 <= each.span.start <= each.span.end <= len(text)
    for fault in document.faults:
        assert 0 <= fault.offset <= len(text)


HOSTILE = [
    "[" * 100_000, "{" * 100_000, "a = [\n1,\n" * 20_000, "a = \"\"\"\n" * 20_000, "a." * 100_000, "'" * 100_000,
    '"' * 100_001, "a = " + "[" * 50_000 + "]" * 50_000, "\\" * 100_000, '["' + '\\"' * 50_000, "- " * 20_000,
    "a: &b [*b, *b]\n" * 5_000, "a = { b = " * 20_000, "x = " + "9" * 100_000, " " * 200_000, "\r" * 100_000,
    '{"a":' * 50_000, "[a]\n" * 50_000, "[[a]]\nb=1\n" * 20_000, "#" * 100_000, "a = '''" * 20_000,
]  # fmt: skip


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:8])
def test_nothing_takes_long(read: Callable[[str], Document], text: str) -> None:
    before = time.process_time()
    read(text)
    assert time.process_time() - before < 10, "about a second at the worst, for what a quadratic reader needs minutes"
