"""The instructions of a Dockerfile as Docker's parser reads them, with the place of each word and of each string of a JSON form."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings.document import Fault
from streamlint.surroundings.json_file import read as read_json
from streamlint.surroundings.shell_words import Word
from streamlint.surroundings.written import Written

_LINE = re.compile(r"([^\n]*)(?:\n|\Z)")
_DIRECTIVE = re.compile(r"#[ \t]*([A-Za-z][A-Za-z0-9]*)[ \t]*=[ \t]*(\S+)")
_COMMENT = re.compile(r"[ \t\v\f\r]*#")
_NAME = re.compile(r"[ \t\v\f\r]*([^ \t\v\f\r]+)[ \t\v\f\r]*")
_FLAG = re.compile(r"(--[^ \t\v\f\r=]+(?:=(?:[^ \t\v\f\r\"'\\]|\\.|\"(?:[^\"\\]|\\.)*+\"|'[^']*')*)?)[ \t\v\f\r]*")
_CONTINUED = {"\\": re.compile(r"(?:^|(?<=[^\\]))\\[ \t]*$"), "`": re.compile(r"(?:^|(?<=[^`]))`[ \t]*$")}
_WORD = re.compile(r"(?:[^ \t\v\f\r\"'\\]|\\.|\"(?:[^\"\\]|\\.)*+\"|'[^']*'|[\"'\\])+")
_HERE_DOCUMENT = re.compile(r"\d*<<(-?)([^<]+)")
_WITH_DOCUMENTS = frozenset(("run", "copy", "add"))
_WITH_JSON = frozenset(("add", "copy", "cmd", "entrypoint", "run", "shell", "volume", "healthcheck"))
_WITH_FLAGS = frozenset(("add", "copy", "from", "healthcheck", "run"))


@immutable(slots=True)
class Instruction:
    """`name` in small letters; `value` is all behind the name and the flags, `strings` the list where that is one in JSON."""

    name: str
    value: Written
    span: Span
    lines: tuple[int, int]
    flags: tuple[Word, ...] = ()
    strings: tuple[Word, ...] | None = None

    @property
    def is_json(self) -> bool:
        return self.strings is not None

    @property
    def words(self) -> tuple[Word, ...]:
        """The words of the value as Docker splits them, with their quotes."""
        if self.strings is not None:
            return self.strings
        found = []
        for match in _WORD.finditer(self.value.text):
            found.append(_word(self.value, match[0], *match.span()))
        return tuple(found)


@immutable(slots=True)
class Stage:
    """What one `FROM` begins; `name` is "" where it has none."""

    base: str
    name: str
    instructions: tuple[Instruction, ...]

    def last(self, name: str) -> Instruction | None:
        """The instruction that holds, of those of which the last one does."""
        return next((each for each in reversed(self.instructions) if each.name == name), None)


@immutable
class Dockerfile:
    instructions: tuple[Instruction, ...] = ()
    faults: tuple[Fault, ...] = ()

    @cached_property
    def stages(self) -> tuple[Stage, ...]:
        starts = [number for number, each in enumerate(self.instructions) if each.name == "from"]
        ends = [*starts[1:], len(self.instructions)]
        return tuple(_stage(self.instructions[start:end]) for start, end in zip(starts, ends, strict=False))


def read(text: str) -> Dockerfile:
    """The instructions of a Dockerfile. Never raises; each line is read once."""
    reader = _Reader(text)
    return Dockerfile(tuple(reader.instructions()), tuple(reader.faults))


def _stage(instructions: tuple[Instruction, ...]) -> Stage:
    words = [word.text for word in instructions[0].words]
    name = words[2] if len(words) > 2 and words[1].lower() == "as" else ""
    return Stage(words[0] if words else "", name, instructions)


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        self.faults: list[Fault] = []
        self.at = 0
        self.line = 0
        """The number of the line that was read last, from 1."""
        self.continued = _CONTINUED["\\"]

    def instructions(self) -> Iterator[Instruction]:
        self._directives()
        while self.at < len(self.text):
            start, line = self._next()
            if not line.strip() or _COMMENT.match(line):
                continue
            first = self.line
            blanks = len(line) - len(line.lstrip(" \t\v\f\r"))
            whole = Written.joined(self._joined(start + blanks, line[blanks:]), start + blanks)
            if name := _NAME.match(whole.text):
                yield self._instruction(whole, name, first)

    def _directives(self) -> None:
        """Read the directives, which stand before all else, blank lines and comments included."""
        if self.text.startswith("\ufeff"):
            self.at = 1
        while (match := _DIRECTIVE.match(self.text, self.at)) is not None:
            if match[1].lower() == "escape" and match[2] in _CONTINUED:
                self.continued = _CONTINUED[match[2]]
            self._next()

    def _next(self) -> tuple[int, str]:
        """The next line without its end, and where it starts."""
        start = self.at
        end = self.text.find("\n", start)
        self.at = end + 1 if end >= 0 else len(self.text)
        self.line += 1
        line = self.text[start : end if end >= 0 else len(self.text)]
        return start, line.removesuffix("\r")

    def _joined(self, start: int, line: str) -> Iterator[tuple[str, int]]:
        """A line and those that continue it, without what joins them."""
        while True:
            match = self.continued.search(line)
            yield (line[: match.start()] if match else line), start
            if match is None:
                return
            while True:
                if self.at >= len(self.text):
                    return
                start, line = self._next()
                if line.strip(" \t\v\f\r") and not _COMMENT.match(line):
                    break

    def _instruction(self, whole: Written, name: re.Match[str], first: int) -> Instruction:
        word, at = name[1].lower(), name.end()
        flags = []
        while word in _WITH_FLAGS and (flag := _FLAG.match(whole.text, at)):
            flags.append(_word(whole, flag[1], *flag.span(1)))
            at = flag.end()
        end = len(whole.text.rstrip(" \t\v\f\r"))
        value = whole.part(at, max(at, end))
        if word in _WITH_DOCUMENTS:
            self._skip_documents(value.text)
        strings = self._strings(word, value)
        return Instruction(word, value, whole.whole, (first, self.line), tuple(flags), strings)

    def _skip_documents(self, value: str) -> None:
        """Skip the here-documents that a line begins."""
        found = [match for word in _WORD.findall(value) if "<<" in word and (match := _HERE_DOCUMENT.fullmatch(word))]
        for match in found:
            end = match[2].replace('"', "").replace("'", "")
            while self.at < len(self.text):
                _, line = self._next()
                if (line.lstrip("\t") if match[1] else line) == end:
                    break
            else:
                self.faults.append(Fault(len(self.text), f"the here-document `{end}` is not closed"))

    def _strings(self, name: str, value: Written) -> tuple[Word, ...] | None:
        """The strings of a JSON form; None where it is none, which then is a text for the shell."""
        if name not in _WITH_JSON or "[" not in value.text:
            return None
        begin = 0
        before: tuple[Word, ...] = ()
        if name == "healthcheck" and (command := _NAME.match(value.text)):
            begin = command.end()
            before = (Word(command[1], value.span(*command.span(1))),)
        document = read_json(value.text[begin:])
        is_whole = all(fault.message == _MORE for fault in document.faults)
        is_list = value.text[begin:].lstrip().startswith("[") and all(len(one.keys) == 1 for one in document.settings)
        if not is_whole or not is_list or not all(one.is_text for one in document.settings):
            return None
        return before + tuple(_string(one.value, one.span, one.inside, value, begin) for one in document.settings)


def _word(written: Written, text: str, start: int, end: int) -> Word:
    span = written.span(start, end)
    return Word(text, span, "$" not in text, span if span.end - span.start == len(text) else None)


_MORE = "the text goes on after its value"


def _string(text: str, span: Span, inside: Span | None, value: Written, begin: int) -> Word:
    place = value.span(begin + span.start, begin + span.end)
    within = value.span(begin + inside.start, begin + inside.end) if inside is not None else None
    is_there = within is not None and within.end - within.start == len(text)
    return Word(text, place, "$" not in text, within if is_there else None)
