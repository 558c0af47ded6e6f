"""A form is never missed where the parser sees it: of all fixtures, and of the ways in which people break lines."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from streamlint.model.forms import Form
from streamlint.model.modules import Module
from streamlint.model.summary import UnparsableFile, summarise
from streamlint.source import Source, UnreadableFile
from streamlint.values.puts import Puts
from streamlint.values.said import Said

FIXTURES = Path(__file__).parent / "fixtures"
FOLDERS = sorted(path for path in FIXTURES.iterdir() if path.is_dir())


def stands(module: Module) -> Iterator[tuple[Form, str]]:
    """What the parser sees in a module, in each form."""
    said, puts = Said(module), Puts(module)
    for form, words in (
        (Form.CALLED, {*said.calls, *said.given}),
        (Form.PASSED, said.passed),
        (Form.STORED, said.stores),
        (Form.ITEM, said.items),
        (Form.CHANGED, said.changed),
        (Form.KEY, said.keyed),
        (Form.RENAMED, said.aliases),
        (Form.BASE, said.below),
        (Form.FILLED, puts.by_word),
    ):
        yield from ((form, word) for word in words if word)


def missed(module: Module) -> list[tuple[Form, str]]:
    return [(form, word) for form, word in stands(module) if not form.stands_in(module.source.text, word)]


def module(text: str) -> Module:
    source = Source(Path("one.py"), text)
    return Module(source.path, source, summarise(source))


def modules(folder: Path) -> Iterator[Module]:
    for path in sorted(folder.rglob("*.py")):
        try:
            source = Source.read(path)
            yield Module(path, source, summarise(source))
        except (UnparsableFile, UnreadableFile):
            continue


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda folder: folder.name)
def test_nothing_that_the_parser_sees_is_missed(folder: Path) -> None:
    assert [(one.path.name, *each) for one in modules(folder) for each in missed(one)] == []


WRITTEN = [
    "(word)(1)",
    "(\n    given\n    .word\n)(1)",
    "word \\\n  (1)",
    "(word  # why\n)(1)",
    "@given.word\ndef f(): ...",
    "@(given.word)\ndef f(): ...",
    '@word("x")\ndef f(): ...',
    "@rows[0].word\ndef f(): ...",
    "f(\n    word  # why\n    ,\n)",
    "f(key=(word))",
    "one.word = 1",
    "one. word = 1",
    "one.\\\nword = 1",
    "one.word \\\n  = 1",
    "one.word: dict[\n    str, int\n] = {}",
    "one.word, two = 1, 2",
    "(\n    one.two,  # why\n    one.word\n) = 1, 2",
    "(\n    one.word,\n    one.rows[a == b],\n) = 1, 2",
    "[one.word, *two] = 1, 2",
    "one.rows[(\n  'word'\n)] = 1",
    'one["word"]: int = 1',
    'one["a/word"], two = 1, 2',
    "one[2] = 1",
    "one[2] += 1",
    "one.word \\\n  **= 1",
    "one[(\n  'word'\n)] |= 1",
    "one[None] = 1",
    "one[given.word] = 1",
    "one[(word)], two = 1, 2",
    "from one import word \\\n  as two",
    "from one import (\n    word  # why\n    as two,\n)",
    "class One(given.word): ...",
    "class One[T](f(g(h)), word[T]): ...".replace("[T](", "("),
    "class One(\n    Two,  # why\n    metaclass=word,\n): ...",
    "(word)[1] = 2",
    "one.word.setdefault(1, []).append(2)",
    "(\n    one.word\n    .append(2)\n)",
    "word[1][2] = 3",
]


@pytest.mark.parametrize("text", WRITTEN)
def test_other_ways_to_write_it_are_seen(text: str) -> None:
    one = module(text + "\n")
    assert any(stands(one))
    assert missed(one) == []


@pytest.mark.parametrize(
    ("form", "text"),
    [
        (Form.CALLED, "def word(self): ...\nclass word(Two): ...\nx = self.word\nother_word(1)\n"),
        (Form.PASSED, "word(1)\nx = word\n"),
        (Form.STORED, "word = 1\nx = one.word\nif one.word == 2: f(one.word)\none['word'] = 1\n"),
        (Form.ITEM, "one.word = 1\nx = one['word']\n"),
        (Form.KEY, "x = one[word]\n"),
        (Form.RENAMED, "from one import word\n"),
        (Form.BASE, "class word(Two): ...\nword(1)\n"),
        (Form.FILLED, "x = word.key\nword(1)\n"),
    ],
)
def test_a_file_that_only_says_the_word_is_told_apart(form: Form, text: str) -> None:
    assert not form.stands_in(text, "word")
