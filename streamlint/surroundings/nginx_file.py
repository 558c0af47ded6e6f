"""The directives of an nginx configuration: names, arguments and blocks with their places; nothing of what they mean."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from streamlint.immutable import immutable
from streamlint.source import Span
from streamlint.surroundings import templates
from streamlint.surroundings.document import Fault
from streamlint.surroundings.templates import HOLE, Template

_TOKEN = re.compile(
    r"""(?P<blank>[ \t\r\n\ufeff]++)
    | (?P<comment>\#[^\n]*+)
    | (?P<mark>[;{}])
    | (?P<quoted>"(?:[^"\\]++|\\.)*+"|'(?:[^'\\]++|\\.)*+')
    | (?P<word>(?:[^ \t\r\n;{\\$]++|\\.|\$\{*+|\\\Z)++)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPED = re.compile(r"""\\(["'\\trn])""")
_ESCAPES = {"t": "\t", "r": "\r", "n": "\n"}
_LUA = re.compile(r".*_by_lua_block")
_LUA_PIECE = re.compile(
    r"""--\[(?P<comment>=*)\[|\[(?P<text>=*)\[|--[^\n]*+|"(?:[^"\\\n]++|\\.)*+"|'(?:[^'\\\n]++|\\.)*+'|(?P<brace>[{}])""",
    re.DOTALL,
)
_DEEPEST = 60
"""Blocks in one another; deeper ones are read as if they stood beside."""
_FAULTS = 20
"""How many faults of one file are kept."""
_NOT_INSIDE = {
    "server": frozenset(("server", "location", "upstream", "if", "limit_except")),
    "upstream": frozenset(("server", "location", "upstream", "if", "limit_except")),
    "http": frozenset(("http", "server", "location", "upstream", "if")),
}
"""Blocks that end where one of a kind begins that can never stand in them: somebody forgot a brace."""


@immutable(slots=True)
class Argument:
    """A word behind a directive's name; `text` is what nginx makes of it, `span` what is written, quotes included."""

    text: str
    span: Span
    is_quoted: bool = False

    @property
    def is_known(self) -> bool:
        """Whether the text is the value: no variable, and no template fills it."""
        return "$" not in self.text and HOLE not in self.text


@dataclass(frozen=True, eq=False)
class Directive:
    """One statement; `span` reaches from its name to the semicolon or the closing brace."""

    name: str
    arguments: tuple[Argument, ...]
    span: Span
    head: Span
    """Its name and its arguments."""
    opening: int | None = None
    """Where its block begins: the offset of the brace."""
    inner: tuple[Directive, ...] = ()
    is_conditional: bool = False
    """Whether a template writes it only sometimes where its block is written."""
    is_computed: bool = False
    """Whether a template has its hand in the name or the arguments."""

    @property
    def is_block(self) -> bool:
        return self.opening is not None

    @property
    def is_unknown(self) -> bool:
        """Whether it stands for any text that a template writes here."""
        return self.name.startswith(HOLE)

    @property
    def is_known(self) -> bool:
        return not self.is_computed and all(each.is_known for each in self.arguments)

    @property
    def texts(self) -> tuple[str, ...]:
        return tuple(each.text for each in self.arguments)

    def walk(self) -> Iterator[Directive]:
        """This directive and all in it, in the order of the text."""
        yield self
        for each in self.inner:
            yield from each.walk()


@dataclass(frozen=True, eq=False)
class NginxFile:
    """What a file holds at its outermost level, as far as it can be read."""

    directives: tuple[Directive, ...] = ()
    faults: tuple[Fault, ...] = ()
    is_template: bool = False

    def walk(self) -> Iterator[Directive]:
        for each in self.directives:
            yield from each.walk()


def read(text: str) -> NginxFile:
    """The directives of a text in nginx's syntax, whether or not a template makes the file. Never raises; linear."""
    template = templates.read(text)
    reader = _Reader(text, template.masked(text, alone=";"), template)
    reader.read()
    return NginxFile(tuple(reader.blocks[0].inner), tuple(reader.faults), bool(template.marks))


@dataclass
class _Block:
    """A block that is open: its directive's words, and what it holds so far."""

    name: str = ""
    words: list[Argument] = field(default_factory=list)
    start: int = 0
    opening: int = -1
    is_conditional: bool = False
    inner: list[Directive] = field(default_factory=list)


class _Reader:
    """One pass over a text; `masked` is the text without its template's marks, of the same length."""

    def __init__(self, text: str, masked: str, template: Template) -> None:
        self.text = text
        self.masked = masked
        self.template = template
        self.faults: list[Fault] = []
        self.blocks = [_Block()]
        self.words: list[Argument] = []
        self.crowded = 0
        """Braces that were opened too deeply to be blocks."""
        self.is_lua_lost = False
        """Whether some Lua code did not end; no more is looked for, as each time the rest of the file would be read."""

    def read(self) -> None:
        offset = 0
        while offset < len(self.masked):
            match = _TOKEN.match(self.masked, offset)
            if match is None:  # no text is known that gets here
                offset += 1
                continue
            offset = match.end()
            if match.lastgroup == "mark":
                offset = self._mark(match[0], match.start())
            elif match.lastgroup in ("word", "quoted"):
                self.words.append(_argument(match, match.lastgroup == "quoted"))
        if self.words:
            self._fault(self.words[0].span.start, "this directive is not ended by `;`")
            self._end(self.words[-1].span.end)
        while len(self.blocks) > 1:
            self._fault(self.blocks[-1].opening, "this brace is not closed")
            self._close(len(self.text))

    def _mark(self, mark: str, at: int) -> int:
        """Take in a brace or semicolon, and say where to go on."""
        if mark == "{":
            return self._open(at)
        if mark == ";":
            if self.words:
                self._end(at + 1)
            return at + 1
        if self.words:
            self._fault(self.words[0].span.start, "this directive is not ended by `;`")
            self._end(self.words[-1].span.end)
        if self.crowded:
            self.crowded -= 1
        elif len(self.blocks) > 1:
            self._close(at + 1)
        else:
            self._fault(at, "no block is open that this brace could close")
        return at + 1

    def _open(self, at: int) -> int:
        name = self.words[0].text if self.words else ""
        if _LUA.fullmatch(name) and not self.is_lua_lost:
            end = _end_of_lua(self.text, at)
            if end is not None:
                self._end(end, opening=at)
                return end
            self.is_lua_lost = True
            self._fault(at, "this Lua code does not end")
        if not self.words:
            self._fault(at, "this block has no name")
        if len(self.blocks) > _DEEPEST:
            self._fault(at, "blocks stand in one another too deeply")
            self.crowded += 1
            self.words = []
            return at + 1
        self._close_before(name, at)
        start = self.words[0].span.start if self.words else at
        self.blocks.append(_Block(name, self.words, start, at, self._is_conditional(start)))
        self.words = []
        return at + 1

    def _close_before(self, name: str, at: int) -> None:
        """End what cannot hold a block of this name."""
        while self.blocks[-1].name in _NOT_INSIDE.get(name, ()):
            self._fault(self.blocks[-1].opening, f"this brace is not closed before a `{name}` begins")
            inner = self.blocks[-1].inner
            self._close(inner[-1].span.end if inner else self.blocks[-1].opening + 1)

    def _close(self, end: int) -> None:
        block = self.blocks.pop()
        made = self._made(block.words, Span(block.start, end), block.opening, block.is_conditional, tuple(block.inner))
        self.blocks[-1].inner.append(made)

    def _end(self, end: int, opening: int | None = None) -> None:
        start = self.words[0].span.start
        made = self._made(self.words, Span(start, end), opening, self._is_conditional(start), ())
        self.blocks[-1].inner.append(made)
        self.words = []

    def _made(
        self, words: list[Argument], span: Span, opening: int | None, is_conditional: bool, inner: tuple[Directive, ...]
    ) -> Directive:
        head = Span(span.start, words[-1].span.end if words else span.start)
        name = words[0].text if words else ""
        is_computed = HOLE in name or self.template.touches(head)
        return Directive(name, tuple(words[1:]), span, head, opening, inner, is_conditional, is_computed)

    def _is_conditional(self, start: int) -> bool:
        return self.template.depends(start, self.blocks[-1].opening)

    def _fault(self, offset: int, message: str) -> None:
        if len(self.faults) < _FAULTS:
            self.faults.append(Fault(offset, message))


def _argument(match: re.Match[str], is_quoted: bool) -> Argument:
    written = match[0][1:-1] if is_quoted else match[0]
    text = _ESCAPED.sub(lambda each: _ESCAPES.get(each[1], each[1]), written) if "\\" in written else written
    return Argument(text, Span(match.start(), match.end()), is_quoted)


def _end_of_lua(text: str, opening: int) -> int | None:
    """Just behind the brace that closes the Lua code which begins with this one."""
    depth = 0
    missing: set[str] = set()
    offset = opening
    while match := _LUA_PIECE.search(text, offset):
        offset = match.end()
        if match["brace"]:
            depth += 1 if match["brace"] == "{" else -1
            if not depth:
                return offset
        elif match["comment"] is not None or match["text"] is not None:
            closer = f"]{match['comment'] or match['text'] or ''}]"
            end = -1 if closer in missing else text.find(closer, offset)
            if end < 0:
                missing.add(closer)
            offset = end + len(closer) if end >= 0 else offset
    return None
