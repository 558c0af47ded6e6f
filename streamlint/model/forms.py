"""In which forms a word stands in a text: a look at the characters, which saves the parse of a file that only says the word."""

from __future__ import annotations

import re
from enum import Enum
from functools import cache

_BLANK = r"(?:\s|\\|#[^\n]*+)*+"
"""What may stand between two tokens."""
_CLOSED = rf"(?:{_BLANK}\))*{_BLANK}"
_LINE = rf"(?:,{_BLANK}|{_BLANK}[)\]]|[^\n=]|==)*+"
"""The rest of a line, on to the next one behind a comma and in front of a bracket."""
_TARGET = rf"(?:=(?!=)|:[ \t]*+[^\s#]|(?=[,)\]]){_LINE}=)"
"""What follows on what is assigned to: `=`, an annotation, or the rest of a row of targets."""
_ADDING = r"append|add|appendleft|put|put_nowait|insert|extend|extendleft|setdefault|get|set|update"
_PLAIN = re.compile(r"[\w/:.@ -]+", re.ASCII)
"""A text that is written as it is."""
_WORD = r"{}(?<!\w{})\b"
"""The word, which stands for `{}`; it is found fast, as what stands before it is asked last."""


_CHANGED = r"(?:\*\*|//|<<|>>|[-+*/%@&|^])="
"""What follows on what is changed in place."""
_KEYED = rf"""{{}}["']?{_CLOSED}\]{_BLANK}{_TARGET}"""


class Form(Enum):
    """What a word is in a text."""

    CALLED = (rf"{_WORD}(?<!def {{}})(?<!class {{}}){_CLOSED}\(", r"@[^\n]*\b{}\b")
    """The end of what is called, or of a decorator."""
    PASSED = (rf"{_WORD}{_BLANK}[,)]",)
    """The end of an argument."""
    STORED = (rf"{_WORD}(?:(?<=\.{{}})|(?<=\.\s{{}})|(?<=\\\n{{}})){_BLANK}{_TARGET}",)
    """The attribute under which something is stored."""
    ITEM = (_KEYED,)
    """The constant key under which something is stored."""
    CHANGED = (rf"{_WORD}{_BLANK}{_CHANGED}", rf"""{{}}["']?{_CLOSED}\]{_BLANK}{_CHANGED}""")
    """The attribute, or the constant key, that is changed in place."""
    KEY = (rf"{_WORD}{_CLOSED}\]{_BLANK}{_TARGET}",)
    """The end of a key, which is no constant, under which something is stored."""
    RENAMED = (rf"{_WORD}{_BLANK}\bas\b",)
    """A name that is imported under another one."""
    BASE = (r"class\b\s*\w+\s*(?:\[[^\]]*\]\s*)?\((?:[^()]|\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\))*?\b{}\b",)
    """A word of the bases of a class."""
    FILLED = (rf"{_WORD}{_CLOSED}(?:\[|\.{_BLANK}(?:{_ADDING})\b|[+|]=)",)
    """What something is put into."""

    def stands_in(self, text: str, word: str) -> bool:
        """Whether the word may be this there. Of what is no name, which may be a key, and written in many ways, little is known."""
        if not (word.isidentifier() and word.isascii()):
            form = _OF_KEYS.get(self)
            return form is None or not _PLAIN.fullmatch(word) or _key(form, word).search(text) is not None
        return any(pattern.search(text) is not None for pattern in _patterns(self, word))


_OF_KEYS = {Form.ITEM: _KEYED, Form.CHANGED: Form.CHANGED.value[1]}


@cache
def _key(form: str, word: str) -> re.Pattern[str]:
    return re.compile(form.replace("{}", re.escape(word)))


@cache
def _patterns(form: Form, word: str) -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(each.replace("{}", word)) for each in form.value)
