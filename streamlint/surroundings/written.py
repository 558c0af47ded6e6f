"""A text as its file means it, with the place of each of its characters: lines may be joined, folded or indented there."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator

from streamlint.immutable import immutable
from streamlint.source import Span


@immutable(slots=True)
class Written:
    """`pieces` say which offset of the text stands where in the file, each up to the next; without any only `whole` is known."""

    text: str
    whole: Span
    pieces: tuple[tuple[int, int], ...] = ()

    @classmethod
    def plain(cls, text: str, start: int) -> Written:
        """What stands in the file as it is."""
        return cls(text, Span(start, start + len(text)), ((0, start),))

    @classmethod
    def joined(cls, parts: Iterable[tuple[str, int]], start: int) -> Written:
        """Parts of a text with their places, without what stands between them; `start` is where it would be if there are none."""
        texts, pieces, length = [], [], 0
        end = start
        for text, place in parts:
            if text:
                pieces.append((length, place))
                texts.append(text)
                length += len(text)
                end = place + len(text)
        return cls("".join(texts), Span(pieces[0][1] if pieces else start, end), tuple(pieces))

    @property
    def is_exact(self) -> bool:
        """Whether parts of the text can be found in the file, and so be edited."""
        return bool(self.pieces)

    def span(self, start: int, end: int) -> Span:
        """Where a part of the text stands, with all that the file has in between."""
        if not self.pieces:
            return self.whole
        if end <= start:
            place = (
                self._place(start)
                if start < len(self.text)
                else self._place(start - 1) + 1
                if start
                else self.whole.start
            )
            return Span(place, place)
        return Span(self._place(start), self._place(end - 1) + 1)

    def part(self, start: int, end: int) -> Written:
        """A part of the text, as a text of its own."""
        whole = self.span(start, end)
        first = bisect_right(self.pieces, (start, _FAR)) - 1
        pieces = list(self._pieces(max(first, 0), start, end))
        return Written(self.text[start:end], whole, tuple(pieces))

    def _pieces(self, first: int, start: int, end: int) -> Iterator[tuple[int, int]]:
        for begin, place in self.pieces[first:]:
            if begin >= end:
                return
            ahead = max(start - begin, 0)
            yield begin + ahead - start, place + ahead

    def _place(self, offset: int) -> int:
        begin, place = self.pieces[max(bisect_right(self.pieces, (offset, _FAR)) - 1, 0)]
        return place + offset - begin


_FAR = 1 << 62


def aligned(text: str, source: str, span: Span) -> Written:
    """A text that differs from its part of the file in blanks and line ends only; inexact where it differs in more."""
    pieces: list[tuple[int, int]] = []
    place = span.start
    for number, character in enumerate(text):
        if character.isspace():
            continue
        while place < span.end and source[place] != character and (source[place].isspace() or not pieces):
            place += 1
        if place >= span.end or source[place] != character:
            return Written(text, span)
        if not pieces or place - number != pieces[-1][1] - pieces[-1][0]:
            pieces.append((number, place))
        place += 1
    return Written(text, span, tuple(pieces))
