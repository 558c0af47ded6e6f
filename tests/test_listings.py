"""What is told of rules: the list for programs, the documentation on a terminal, and what was meant by a mistyped word."""

from __future__ import annotations

import inspect
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.reporters import markdown
from streamlint.reporters.style import Style
from streamlint.selectors import nearest
from tests.conftest import Streamlint

DOCUMENT = """\
# STL1 name

## What it does

Finds `list()` in a
handler, see [the guide](https://example.org/a).

- one item that
  goes on
- another

```python
## no heading
x = `1`

y = 2
```

| a | b |
|---|---|
"""
COLOUR = re.compile(r"\x1b\[[\d;]*m")


def test_rules_for_programs(streamlint: Streamlint) -> None:
    rows = json.loads(streamlint("--list-rules", "--output-format", "json").stdout)["rules"]
    assert [row["code"] for row in rows] == sorted(rule.codes())
    assert {row["code"]: row["name"] for row in rows} == rule.codes()
    (row,) = (row for row in rows if row["code"] == "STL101")
    assert row["severity"] == "error"
    assert row["summary"].startswith("Finds ")
    assert row["documentation"].startswith("## What it does")


def test_documentation_is_rendered() -> None:
    assert markdown.render(DOCUMENT, Style(width=40)).splitlines() == [
        "STL1 name",
        "",
        "What it does",
        "",
        "Finds `list()` in a handler, see the",
        "guide (https://example.org/a).",
        "",
        "- one item that goes on",
        "- another",
        "",
        "    ## no heading",
        "    x = `1`",
        "",
        "    y = 2",
        "",
        "| a | b |",
        "|---|---|",
    ]


def test_colours_of_documentation_change_no_character() -> None:
    text = markdown.render(DOCUMENT, Style(colour=True, width=40))
    assert "\x1b[1mWhat it does\x1b[0m" in text
    assert "\x1b[36mlist()\x1b[0m" in text
    assert COLOUR.sub("", text) == markdown.render(DOCUMENT, Style(width=40)).replace("`list()`", "list()")
    for line in text.split("\n"):
        assert len(COLOUR.findall(line)) % 2 == 0, "no colour goes on in the next line"


@pytest.mark.parametrize("width", [40, 80, 200])
def test_documentation_of_every_rule_loses_no_word(width: int) -> None:
    for each in rule.discover():
        text = inspect.getdoc(type(each)) or ""
        shown = markdown.render(text, Style(width=width))
        assert re.findall(r"\w+", shown) == re.findall(r"\w+", re.sub(r"```\w+$", "", text, flags=re.MULTILINE)), (
            each.code
        )
        prose = [line for line in shown.splitlines() if not line.startswith(("    ", "|")) and " " in line.strip("- ")]
        assert max(map(len, prose)) <= max(width, 110)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("STL99", ""),
        ("STL999", ""),
        ("F401", ""),
        ("SIM102", ""),
        ("SRL102", "STL102"),
        ("STL209", ""),
        ("STL2O3", "STL203"),
        ("stl20l", "STL201"),
        ("SLT203", "STL203"),
        ("stl-203", "STL203"),
        ("unusd-ignore", "unused-ignore"),
        ("shared-engine", "shared-chat-engine"),
        ("helper-blocking", "blocking-helper-in-async"),
        ("xyzzy", ""),
    ],
)
def test_what_was_meant_by_a_rule(written: str, meant: str) -> None:
    codes = rule.codes()
    assert nearest(written, (*codes, *codes.values())) == meant


@pytest.mark.parametrize(
    ("written", "meant"),
    [("--format", "--output-format"), ("--fixlevel", "--fix-level"), ("--rules", "--list-rules"), ("--zzz", "")],
)
def test_what_was_meant_by_an_option(streamlint: Streamlint, written: str, meant: str) -> None:
    result = streamlint(written)
    assert result.exit_code == 2
    assert ("Did you mean" in result.stderr) == bool(meant)
    assert meant in result.stderr


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_complete_rules_and_options(shell: str, tmp_path: Path) -> None:
    program = "import sys; sys.argv[0] = 'streamlint'; from streamlint.cli import main; main()"
    asked = {"COMP_WORDS": "streamlint --explain STL20", "COMP_CWORD": "STL20" if shell == "fish" else "2"}
    environment = {**os.environ, **asked, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**environment, "_STREAMLINT_COMPLETE": f"{shell}_complete"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "STL203" in done.stdout
    assert "STL101" not in done.stdout


@pytest.mark.parametrize(
    ("options", "hint"),
    [
        (("--select", "STL99"), "there is no rule `STL99`; --list-rules shows what there is"),
        (("--output-format", "jsonlines"), "Did you mean 'json-lines'?"),
        (("--fix-level", "saef"), "Did you mean 'safe'?"),
        (("--statistic",), "Did you mean '--statistics'?"),
        (("--add-ingore", "x"), "Did you mean '--add-ignore'?"),
        (("--writetest", "/x"), "Did you mean '--write-test'?"),
    ],
)
def test_what_was_mistyped_is_mended_or_shown_where_to_look(
    streamlint: Streamlint, options: tuple[str, ...], hint: str
) -> None:
    result = streamlint(*options)
    assert result.exit_code == 2
    assert hint in result.stderr


def test_a_word_that_is_like_no_choice_is_not_mended(streamlint: Streamlint) -> None:
    assert "Did you mean" not in streamlint("--output-format", "yaml").stderr


def test_the_shell_completes_every_option(project: Path) -> None:
    told = {"_STREAMLINT_COMPLETE": "bash_complete", "COMP_WORDS": "streamlint --", "COMP_CWORD": "1"}
    program = "from streamlint.cli import command; command(prog_name='streamlint')"
    source = str(Path(__file__).parents[1])
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=project,
        env={**os.environ, "PYTHONPATH": source, **told},
        capture_output=True,
        text=True,
        check=False,
    )
    names = {line.partition(",")[2] for line in done.stdout.splitlines()}
    assert names >= {"--statistics", "--add-ignore", "--write-test", "--since", "--output-format"}
