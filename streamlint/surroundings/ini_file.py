"""Where the values of an INI file such as `setup.cfg` stand: every line of a value is one, under section, key and number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.source import Span
from streamlint.surroundings.document import Document, Fault, Setting

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_SECTION = re.compile(r"\[([^\]]+)\][ \t]*(?:[#;].*)?$")
_PAIR = re.compile(r"([^=:\s][^=:]*+)[=:][ \t]*(.*)$")


def read(text: str) -> Document:
    """The settings of an INI text; comments stand on lines of their own, as `configparser` has it. Never raises."""
    faults: list[Fault] = []
    return Document(tuple(_settings(text, faults)), tuple(faults))


def _settings(text: str, faults: list[Fault]) -> Iterator[Setting]:
    section, key, number = "", "", 0
    for match in _LINE.finditer(text):
        line, start = match[1], match.start()
        if not line.strip() or line.lstrip().startswith(("#", ";")):
            continue
        if line[0] in " \t":
            written, offset = line.strip(), start + len(line) - len(line.lstrip())
        elif head := _SECTION.match(line):
            section, key = head[1].strip(), ""
            continue
        elif pair := _PAIR.match(line):
            key, number = pair[1].strip().lower(), 0
            written, offset = pair[2].strip(), start + pair.start(2)
        else:
            key = ""
            faults.append(Fault(start, "this is neither a section, nor a key with a value"))
            continue
        if key and written:
            span = Span(offset, offset + len(written))
            yield Setting((section, key, number), written, span, span)
            number += 1
