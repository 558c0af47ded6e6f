"""What of a piece of code stays when it is moved, formatted anew, commented, or when local names are renamed."""

from __future__ import annotations

import ast
import builtins
import keyword
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.parsed import Lines, lines_of, parsed
from streamlint.source import LINE_END

if TYPE_CHECKING:
    from streamlint.source import Source, Span

_BLOCKS = frozenset(
    ("async", "class", "def", "elif", "else", "except", "finally", "for", "if", "try", "while", "with")
)  # fmt: skip
_FIXED = frozenset((*keyword.kwlist, *(name for name in dir(builtins) if not name.startswith("_"))))
_STARTS = frozenset(number for name, number in vars(tokenize).items() if name in ("FSTRING_START", "TSTRING_START"))
_ENDS = frozenset(number for name, number in vars(tokenize).items() if name in ("FSTRING_END", "TSTRING_END"))
_BODIES = ("body", "orelse", "finalbody", "handlers", "cases")
_ASSIGNED = re.compile(r"([^\W\d]\w*)(?:[ \t\f]|\\(?:\r\n|\r|\n))*(?:=(?!=)|:(?!=))")
_STRING = re.compile(r"([A-Za-z]*)(\"\"\"|'''|\"|')(.*)\2", re.DOTALL)
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_PLACE = re.compile(r"(?<!\{)\{(?!\{)(?:[^{}]|\{[^{}]*\})*\}")
"""What an f-string takes from elsewhere."""
_NAME = re.compile(r"(?<![.\w!\"'])[^\W\d]\w*(?![\w\"'])")


@immutable(slots=True)
class _Token:
    """A name, number, text or operator; an f-string is one text in every release of Python."""

    kind: int
    text: str
    start: int
    end: int
    depth: int
    """How many brackets are open before it."""


class Likeness:
    """Answers for one file; of a text that is Python only the statements of the top level are read in which somebody asks."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._read: dict[int, tuple[tuple[_Token, ...], ...]] = {}

    def of(self, span: Span) -> str:
        """A span as it reads in any layout, up to the end of its first line; in Python of its first statement or header."""
        tokens = tuple(self._first(span)) if self._source.is_python else ()
        if not tokens:
            return " ".join(LINE_END.split(self._source.slice(span), maxsplit=1)[0].split())
        return " ".join(_Words(self._names).of(tokens))

    @cached_property
    def _pieces(self) -> Sequence[Lines]:
        """The lines of the statements of the top level; all lines where the text is no Python."""
        text = self._source.text
        module = parsed(text)
        return tuple(lines_of(text, module)) if module is not None else (Lines(0, len(text), ()),)

    @cached_property
    def _ends(self) -> list[int]:
        return [piece.end for piece in self._pieces]

    def _lines(self, number: int) -> tuple[tuple[_Token, ...], ...]:
        """The tokens of each logical line of a piece, comments left out; as far as the text can be read."""
        if number not in self._read:
            self._read[number] = tuple(_logical_lines(self._source, self._pieces[number]))
        return self._read[number]

    @cached_property
    def _names(self) -> frozenset[str]:
        """Names that the module imports or makes: what is local to a function is not among them."""
        found: set[str] = set()
        for number, piece in enumerate(self._pieces):
            known = _bound_in(self._source, piece)
            found.update(self._by_tokens(number) if known is None else known)
        return frozenset(found)

    def _by_tokens(self, number: int) -> Iterator[str]:
        at_top = frozenset(self._source.line_starts)
        return (name for line in self._lines(number) for name in _bound(line, line[0].start in at_top))

    def _first(self, span: Span) -> Iterator[_Token]:
        for number in range(bisect_left(self._ends, span.start + 1), len(self._pieces)):
            for line in self._lines(number):
                if line[-1].end <= span.start:
                    continue
                inside = [token for token in line if span.start <= token.start and token.end <= span.end]
                if inside or line[0].start >= span.end:
                    yield from _header(inside)
                    return


class _Words:
    """The words of a row of tokens, where local names are numbered by their order."""

    def __init__(self, kept: frozenset[str]) -> None:
        self._kept = kept
        self._numbers: dict[str, int] = {}

    def of(self, tokens: Sequence[_Token]) -> list[str]:
        words: list[str] = []
        groups: list[bool] = []
        text: list[str] = []
        in_header = any(token.text == "def" for token in tokens[:2])
        for before, token, after in zip((None, *tokens), tokens, (*tokens[1:], None), strict=False):
            if token.kind == tokenize.STRING:
                text.append(self._literal(token.text))
                continue
            is_dropped = _is_layout(before, token, after, groups)
            if text and not is_dropped:
                words.append(f'"{"".join(text)}"')
                text = []
            if not is_dropped:
                words.append(self._word(before, token, after, in_header))
        return [*words, f'"{"".join(text)}"'] if text else words

    def _word(self, before: _Token | None, token: _Token, after: _Token | None, in_header: bool) -> str:
        if token.kind != tokenize.NAME:
            return token.text.lower()
        if before is not None and before.text == ".":
            return token.text
        if before is not None and before.text in ("def", "class"):
            return self._numbered(token.text)
        is_argument = after is not None and after.text == "=" and token.depth > in_header
        return token.text if is_argument else self._renamed(token.text)

    def _renamed(self, name: str) -> str:
        return name if name in self._kept or name in _FIXED else self._numbered(name)

    def _numbered(self, name: str) -> str:
        return f"_{self._numbers.setdefault(name, len(self._numbers))}"

    def _literal(self, written: str) -> str:
        """What stands between the quotes; which quotes they are, and how many pieces a text is written in, is layout."""
        match = _STRING.fullmatch(written)
        if match is None:
            return written
        prefix, content = match[1].lower().replace("u", ""), match[3]
        if "r" not in prefix:
            content = _ESCAPE.sub(lambda escape: escape[1] if escape[1] in "'\"" else escape[0], content)
        if "f" in prefix or "t" in prefix:
            content = _PLACE.sub(lambda place: self._taken(place[0]), content)
        return f"{prefix.replace('f', '')}{content}" if "b" in prefix or "r" in prefix else content

    def _taken(self, place: str) -> str:
        """What stands in braces, without blanks and with one kind of quotes."""
        return "".join(_NAME.sub(lambda name: self._renamed(name[0]), place).split()).replace("'", '"')


def _is_layout(before: _Token | None, token: _Token, after: _Token | None, groups: list[bool]) -> bool:
    """Whether a token is a bracket that only groups, or the comma before a closing one; `groups` says it of the open ones."""
    if token.text in "([{":
        calls = before is not None and (before.text in (")", "]", "}") or _is_callee(before))
        groups.append(token.text == "(" and not calls)
        return groups[-1]
    if token.text in ")]}":
        return bool(groups) and groups.pop()
    return token.text == "," and after is not None and after.text in ")]}"


def _is_callee(token: _Token) -> bool:
    return token.kind == tokenize.STRING or (token.kind == tokenize.NAME and not keyword.iskeyword(token.text))


def _header(tokens: Sequence[_Token]) -> Iterator[_Token]:
    """The tokens up to the colon of a block, where they begin one."""
    lambdas = 0
    for token in tokens:
        level = token.depth == tokens[0].depth
        if level and token.text == ":" and not lambdas and tokens[0].text in _BLOCKS:
            return
        lambdas += level * ((token.text == "lambda") - (token.text == ":" and lambdas > 0))
        yield token


def _bound(line: Sequence[_Token], is_at_top: bool) -> Iterator[str]:
    """The names that a statement gives to its module, and those that an import gives to anything."""
    first, second = line[0].text, line[1].text if len(line) > 1 else ""
    if first in ("import", "from"):
        words = [token.text for token in line if token.kind == tokenize.NAME]
        yield from words[words.index("import") + 1 :] if "import" in words else ()
    elif is_at_top and first in ("def", "class"):
        yield second
    elif is_at_top and first == "async" and second == "def":
        yield line[2].text
    elif is_at_top and line[0].kind == tokenize.NAME and second in ("=", ":"):
        yield first


def _bound_in(source: Source, piece: Lines) -> set[str] | None:
    """What `_bound` gives for all lines of a piece; None where only their tokens say that."""
    if not piece.statements:
        return None
    found: set[str] = set()
    first = piece.statements[0]
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        found.add(first.name)
    elif not piece.is_compound and (assigned := _ASSIGNED.match(source.text, piece.start)) is not None:
        found.add(assigned[1])
    pending: list[ast.AST] = list(piece.statements)
    while pending:
        statement = pending.pop()
        if not isinstance(statement, ast.Import | ast.ImportFrom):
            blocks = (getattr(statement, name, ()) for name in _BODIES)
            pending.extend(one for block in blocks for one in block)
            continue
        if not _is_alone(source, statement):
            return None
        for alias in statement.names:
            found.update((*alias.name.split("."), alias.asname or ""))
    return found - {"", "*"}


def _is_alone(source: Source, statement: ast.Import | ast.ImportFrom) -> bool:
    """Whether nothing else stands on the lines of a statement."""
    first, last = source.line(statement.lineno), source.line(statement.end_lineno or statement.lineno)
    before = source.line(statement.lineno - 1) if statement.lineno > 1 else ""
    behind = last.encode("utf-8", "surrogatepass")[statement.end_col_offset or 0 :].strip()
    is_first = not first[: statement.col_offset].strip(" \t") and not before.endswith("\\")
    return is_first and (not behind or behind.startswith(b"#"))


def _logical_lines(source: Source, piece: Lines) -> Iterator[tuple[_Token, ...]]:
    line: list[_Token] = []
    try:
        for token in _tokens(source, piece):
            if token.kind != tokenize.NEWLINE:
                line.append(token)
            elif line:
                yield tuple(line)
                line = []
    except (tokenize.TokenError, SyntaxError):  # what was read until there is as good as before
        pass
    if line:
        yield tuple(line)


def _tokens(source: Source, piece: Lines) -> Iterator[_Token]:
    text = source.text[piece.start : piece.end]
    starts = [piece.start, *(piece.start + match.end() for match in LINE_END.finditer(text))]
    depth, opened = 0, list[int]()
    lines = (f"{line}\n" for line in LINE_END.split(text))
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        (row, column), (last, behind) = token.start, token.end
        if token.type in _STARTS:
            opened.append(starts[row - 1] + column)
        elif token.type in _ENDS:
            start, end = opened.pop(), starts[last - 1] + behind
            if not opened:
                yield _Token(tokenize.STRING, source.text[start:end], start, end, depth)
        elif not opened and token.type in (tokenize.NAME, tokenize.NUMBER, tokenize.STRING, tokenize.OP):
            depth -= token.string in ")]}"
            yield _Token(token.type, token.string, starts[row - 1] + column, starts[last - 1] + behind, depth)
            depth += token.string in "([{"
        elif not opened and token.type == tokenize.NEWLINE:
            yield _Token(token.type, "", starts[row - 1] + column, starts[row - 1] + column, depth)
