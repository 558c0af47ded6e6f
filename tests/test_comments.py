"""What is taken for a comment is one to Python, in fixtures and in texts that are hard to read."""

from __future__ import annotations

import io
import tokenize
from pathlib import Path

import pytest

from streamlint.model.comments import uncommented, uncommented_bytes

FIXTURES = sorted((Path(__file__).parent / "fixtures").rglob("*.py"))


def _without(text: str) -> str:
    """The text with blanks where the tokenizer of Python sees comments."""
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, start = token.start[0] - 1, token.start[1]
            end = token.end[1]
            lines[row] = lines[row][:start] + " " * (end - start) + lines[row][end:]
    return "".join(lines)


@pytest.mark.parametrize(
    "text",
    [
        "a = 1  # one\n",
        "a = '#'  # '''\nb = \"#\" # \"\n",
        'a = """\n# no comment\n""" # one\n',
        "a = '''it's # none'''\n# it's one\n'# none'\n",
        "a = 'x\\\n# none' # one\n",
        "a = r'\\' # one\n' # and this\n",
        "#\n##\n#!x\n",
        "größe = 1  # größe\n",
        'a = f"{b}#{c}"  # one\n',
        'a = """x\\"""# none"""  # one\n',
        "a = '' # one\nb = ''''''# one\n",
    ],
)
def test_hard_texts(text: str) -> None:
    assert uncommented(text) == _without(text)
    assert uncommented_bytes(text.encode()).split() == _without(text).encode().split()


def test_the_comments_of_fixtures() -> None:
    read = [text for path in FIXTURES[::9] if "\f" not in (text := path.read_text("utf-8"))]
    assert len(read) > 100
    for text in read:
        try:
            expected = _without(text)
        except (tokenize.TokenError, SyntaxError):
            continue
        if "}" not in text:
            assert uncommented(text) == expected
        else:  # what stands in braces is left alone where it may be code
            kept = zip(uncommented(text), text, expected, strict=True)
            assert all(one in (before, after) for one, before, after in kept)


def test_quotes_in_the_braces_of_a_text_are_code_since_python_3_12() -> None:
    text = 'a = f"{made["#"]} {other}"\n'
    assert uncommented(text) == text
    assert uncommented_bytes(text.encode()) == text.encode()
