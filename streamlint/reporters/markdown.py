"""Markdown as a person reads it on a terminal: the documentation of a rule with headings, code and links."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from streamlint.reporters.style import Style

_FENCE = "```"
_LINK = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
_CODE = re.compile(r"`([^`]+)`")
_ITEM = re.compile(r"(?:[-*]|\d+\.) ")
_WIDEST = 100
"""Columns beyond which lines of text are hard to read."""


def render(text: str, style: Style) -> str:
    return "\n".join(line for block in _blocks(text) for line in (*_block(block, style), "")).rstrip("\n")


def _blocks(text: str) -> Iterator[list[str]]:
    """The lines of each heading, paragraph, list, table and fenced code."""
    block: list[str] = []
    fenced = False
    for line in text.split("\n"):
        fence = line.startswith(_FENCE)
        if (not fenced and not line.strip()) or (fence and not fenced):
            if block:
                yield block
            block = [line] if fence else []
            fenced = fence
        else:
            block.append(line)
            fenced = fenced and not fence
    if block:
        yield block


def _block(lines: list[str], style: Style) -> list[str]:
    first = lines[0]
    if first.startswith(_FENCE):
        code = [line for line in lines[1:] if not line.startswith(_FENCE)]
        return [style.paint("code", f"    {line}") if line.strip() else "" for line in code]
    if first.startswith("#"):
        rest = _block(lines[1:], style) if len(lines) > 1 else []
        return [style.paint("strong", first.lstrip("#").strip()), *rest]
    if first.startswith("|"):
        return [_inline(line, style) for line in lines]
    if _ITEM.match(first):
        return [line for item in _items(lines) for line in _wrapped(item, "  ", style)]
    return _wrapped(" ".join(lines), "", style)


def _items(lines: list[str]) -> list[str]:
    numbers: list[int] = []
    for line in lines:
        numbers.append((numbers[-1] if numbers else 0) + bool(_ITEM.match(line)))
    grouped = groupby(zip(numbers, lines, strict=True), key=lambda row: row[0])
    return [" ".join(line.strip() for _, line in rows) for _, rows in grouped]


def _wrapped(text: str, indent: str, style: Style) -> list[str]:
    wide = min(style.width, _WIDEST)
    plain = _LINK.sub(r"\1 (\2)", text)
    lines = textwrap.wrap(plain, wide, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)
    return _inline("\n".join(lines), style).split("\n")


def _inline(text: str, style: Style) -> str:
    """Code in a colour of its own, a line each where it was broken; without colours its backticks stay."""
    if not style.colour:
        return text
    return _CODE.sub(lambda code: "\n".join(style.paint("code", part) for part in code[1].split("\n")), text)
