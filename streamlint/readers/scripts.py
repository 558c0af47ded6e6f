"""Where JavaScript asks a server and reads the answer as JSON, or listens to it as events."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cached_property

from streamlint.immutable import immutable
from streamlint.knowledge.names import names
from streamlint.readers.addresses import HOLE
from streamlint.readers.asking import Reading
from streamlint.readers.script_texts import ScriptTexts
from streamlint.readers.tokens import Kind, Tokens
from streamlint.source import Span

_FETCH = "fetch"
_BODY = "json"
_DATA = "data"
_KEPT_BLOCKS = re.compile(r"<script\b[^>]*>(.*?)(?:</script\s*>|\Z)", re.DOTALL | re.IGNORECASE)
_NO_LINE_END = re.compile(r"[^\r\n]")
_FARTHEST = 16
"""How many tokens a type annotation between a name and its value has at most."""


@immutable
class Request:
    """A request as a script spells it; `method` is "" where it cannot be told, `span` is the call."""

    url: str
    method: str
    span: Span
    reading: Reading


def without_markup(text: str) -> str:
    """A page with everything but its scripts blanked out, so that these stand where they stood."""
    kept, end = [], 0
    for match in _KEPT_BLOCKS.finditer(text):
        kept += [_NO_LINE_END.sub(" ", text[end : match.start(1)]), match[1]]
        end = match.end(1)
    return "".join([*kept, _NO_LINE_END.sub(" ", text[end:])])


class Scripts:
    """One text."""

    def __init__(self, text: str) -> None:
        self.tokens = Tokens(text)
        self.texts = ScriptTexts(self.tokens)

    def requests(self) -> Iterator[Request]:
        """The requests whose answers are read, as far as the function that makes each says so."""
        yield from self._fetched()
        yield from self._of_clients()
        yield from self._listened()

    # fetch

    def _fetched(self) -> Iterator[Request]:
        for at in self.tokens.places(_FETCH):
            owner = self.tokens.text(at - 2) if self.tokens.reads(at - 1, ".") else ""
            bracket = self._bracket(at)
            if (
                bracket is not None
                and owner in ("", "window", "globalThis", "self")
                and self._is_read(at, bracket, _BODY)
            ):
                yield from self._request(at, bracket, Reading.JSON)

    def _bracket(self, at: int) -> int | None:
        """The bracket of a call of a name, behind the types that TypeScript may have there."""
        if self.tokens.reads(at + 1, "<"):
            last = next((each for each in range(at + 2, at + _FARTHEST) if self.tokens.reads(each, ">", "(")), None)
            at = last if last is not None else at
        return at + 1 if self.tokens.text(at + 1) == "(" and at + 1 in self.tokens.partner else None

    def _request(self, at: int, bracket: int, reading: Reading, base: str = "") -> Iterator[Request]:
        """The request of a call that is given an address, and then perhaps an object with its method."""
        arguments = self.texts.arguments(bracket)
        if arguments:
            method = self._method(arguments[1]) if len(arguments) > 1 else "GET"
            yield Request(self._url(arguments[0], base), method, self._span(at, bracket), reading)

    def _url(self, argument: tuple[int, int], base: str) -> str:
        text = self.texts.text(*argument)
        return text if "://" in text or text.startswith(HOLE) or not base else f"{base.rstrip('/')}/{text.lstrip('/')}"

    def _method(self, options: tuple[int, int]) -> str:
        start = options[0]
        if options[1] == start + 1 and self.tokens.all[start].kind is Kind.WORD:
            known = self.texts.value_of(self.tokens.text(start))
            start = known[0] if known is not None else start
        if self.tokens.text(start) != "{":
            return ""
        value = self.texts.entry(start, "method")
        if value is None:
            spread = any(self.tokens.text(at) == "." for at, _ in self.texts.arguments(start))
            return "" if spread else "GET"
        said = self.texts.text(*value)
        return "" if HOLE in said else said.upper()

    def _span(self, at: int, bracket: int) -> Span:
        return Span(self.tokens.all[at].start, self.tokens.all[self.tokens.partner[bracket]].end)

    # axios and others that read JSON by themselves

    def _of_clients(self) -> Iterator[Request]:
        for client, base in self._clients.items():
            for at in self.tokens.places(client):
                if self.tokens.text(at - 1) in (".", "?.") and "." not in client:
                    continue
                yield from self._of_client(at, base)
        for name in sorted(names("clients", "json-calls")):
            owner, _, method = name.rpartition(".")
            for at in self.tokens.places(method):
                bracket = self._bracket(at)
                owned = (
                    self.tokens.reads(at - 2, owner, ".")
                    if owner
                    else self.tokens.text(at - 1) not in (".", "function")
                )
                if bracket is not None and owned:
                    yield from self._request(at, bracket, Reading.JSON)

    @cached_property
    def _clients(self) -> dict[str, str]:
        """The names of clients in this file, each with the base of its addresses."""
        found = dict.fromkeys(sorted(names("clients", "json-clients")), "")
        for client in tuple(found):
            for at in self.tokens.places(client):
                if self.tokens.reads(at + 1, ".", "create", "("):
                    name = self._assigned(at)
                    if name:
                        found[name] = self._base(at + 3)
        return found

    def _base(self, bracket: int) -> str:
        arguments = self.texts.arguments(bracket)
        value = (
            self.texts.entry(arguments[0][0], "baseURL")
            if arguments and self.tokens.text(arguments[0][0]) == "{"
            else None
        )
        return self.texts.text(*value) if value is not None else ""

    def _of_client(self, at: int, base: str) -> Iterator[Request]:
        """A call of a client: `client.get(url)`, `client(url)`, `client({ url, method })`."""
        word = self.tokens.text(at + 2) if self.tokens.reads(at + 1, ".") else ""
        bracket = self._bracket(at + 2 if word else at)
        if bracket is None or word not in ("", "request", *names("clients", "methods")):
            return
        arguments = self.texts.arguments(bracket)
        if not arguments or self._is_raw(bracket) or not self._is_read(at, bracket, _DATA):
            return
        if word in names("clients", "methods"):
            yield Request(self._url(arguments[0], base), word.upper(), self._span(at, bracket), Reading.JSON)
        elif self.tokens.text(arguments[0][0]) == "{":
            url = self.texts.entry(arguments[0][0], "url")
            if url is not None:
                yield Request(self._url(url, base), self._method(arguments[0]), self._span(at, bracket), Reading.JSON)
        else:
            yield from self._request(at, bracket, Reading.JSON, base)

    def _is_raw(self, bracket: int) -> bool:
        """Whether the answer is taken in another form than JSON."""
        for at in self.tokens.places("responseType", bracket, self.tokens.partner[bracket]):
            value = self.tokens.all[at + 2] if at + 2 < len(self.tokens.all) else None
            if value is None or value.text != _BODY:
                return True
        return False

    # EventSource

    def _listened(self) -> Iterator[Request]:
        for name in sorted(names("clients", "event-sources")):
            for at in self.tokens.places(name):
                bracket = self._bracket(at)
                if bracket is not None and self.tokens.text(at - 1) not in ("function", "class"):
                    yield from self._request(at, bracket, Reading.EVENTS)

    # Whether an answer is read

    def _is_read(self, at: int, bracket: int, word: str) -> bool:
        """Whether `.word` is taken of the answer of a call: in its chain, or of the name that it is given."""
        first = at - 2 if self.tokens.reads(at - 1, ".") else at
        close = self.tokens.partner[bracket]
        if self._is_read_in_chain(close, word):
            return True
        if self.tokens.text(first - 1) == "await":
            around = self.tokens.around[first]
            if self.tokens.partner.get(around) == close + 1 and self.tokens.reads(close + 2, ".", word):
                return True
        return self._is_read_by_name(first, close, word)

    def _is_read_in_chain(self, close: int, word: str) -> bool:
        """`call(...).then((answer) => answer.json())`, or `call(...).json()`."""
        while self.tokens.reads(close + 1, "."):
            if self.tokens.reads(close + 2, word):
                return True
            bracket = close + 3
            if self.tokens.text(bracket) != "(" or bracket not in self.tokens.partner:
                return False
            if self.tokens.reads(close + 2, "then") and self._is_read_by_callback(bracket, word):
                return True
            close = self.tokens.partner[bracket]
        return False

    def _is_read_by_callback(self, bracket: int, word: str) -> bool:
        """Whether the function that `then` is given takes `.word` of its first parameter."""
        start, end = self.texts.arguments(bracket)[0] if self.texts.arguments(bracket) else (0, 0)
        at = start
        while at < end and self.tokens.text(at) in ("async", "function", "(", "*"):
            at += 1
        if self.tokens.text(at) == "{":
            return word in self._taken(at)
        return self._reads(self.tokens.text(at), at + 1, end, word)

    def _taken(self, bracket: int) -> frozenset[str]:
        """The names that a pattern takes out of an object."""
        return frozenset(self.tokens.text(start) for start, _ in self.texts.arguments(bracket))

    def _is_read_by_name(self, first: int, close: int, word: str) -> bool:
        before = first - 2 if self.tokens.text(first - 1) == "await" else first - 1
        if self.tokens.text(before) != "=":
            return False
        if self.tokens.text(before - 1) == "}":
            return word in self._taken(self.tokens.partner.get(before - 1, before))
        name = self._assigned(first)
        return bool(name) and self._reads(name, close, self._end_of_function(first), word)

    def _assigned(self, first: int) -> str:
        """The name that an expression is given, "" where it is given none."""
        before = first - 2 if self.tokens.text(first - 1) == "await" else first - 1
        if self.tokens.text(before) != "=":
            return ""
        for at in range(before - 1, max(before - _FARTHEST, -1), -1):
            if self.tokens.text(at - 1) in ("const", "let", "var"):
                return self.tokens.text(at)
            if self.tokens.text(at) in (";", "{", "}"):
                break
        return self.tokens.text(before - 1) if self.tokens.all[before - 1].kind is Kind.WORD else ""

    def _end_of_function(self, at: int) -> int:
        """Where the function ends that a token stands in: of a block in it, such as that of a `try`, it is the one around."""
        opening = self.tokens.around[at]
        while opening >= 0 and not self._is_function(opening):
            opening = self.tokens.around[opening]
        return self.tokens.partner.get(opening, len(self.tokens.all)) if opening >= 0 else len(self.tokens.all)

    def _is_function(self, opening: int) -> bool:
        if self.tokens.text(opening) != "{":
            return False
        if self.tokens.text(opening - 1) == "=>":
            return True
        if self.tokens.text(opening - 1) != ")":
            return False
        head = self.tokens.partner.get(opening - 1, opening)
        return self.tokens.text(head - 1) not in ("if", "for", "while", "switch", "catch", "with")

    def _reads(self, name: str, start: int, end: int, word: str) -> bool:
        """Whether `.word` is taken of a name, before the name is given something else."""
        for at in self.tokens.places(name, start, end):
            if self.tokens.text(at - 1) in (".", "?."):
                continue
            if self.tokens.text(at + 1) == "=" or self.tokens.text(at - 1) in ("const", "let", "var"):
                return False
            if self.tokens.reads(at + 1, ".", word) or self._is_parsed(name, at):
                return True
            if self.tokens.text(at - 1) == "=" and self._pattern_takes(at - 1, word):
                return True
        return False

    def _is_parsed(self, name: str, at: int) -> bool:
        """`JSON.parse(await answer.text())`."""
        before = at - 2 if self.tokens.text(at - 1) == "await" else at - 1
        return self.tokens.reads(at + 1, ".", "text", "(") and self.tokens.reads(before - 3, "JSON", ".", "parse", "(")

    def _pattern_takes(self, equals: int, word: str) -> bool:
        """`const { data } = answer`."""
        return self.tokens.text(equals - 1) == "}" and word in self._taken(self.tokens.partner.get(equals - 1, equals))
