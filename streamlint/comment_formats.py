"""Which comments a file that is not Python takes, by its name."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.knowledge.table import Row, read
from streamlint.surroundings import toml_file, yaml_file

if TYPE_CHECKING:
    from pathlib import Path

    from streamlint.surroundings import Document

_READERS: dict[str, Callable[[str], Document]] = {"toml_file": toml_file.read, "yaml_file": yaml_file.read}


@immutable
class CommentFormat:
    """Whether a comment may stand behind text, or between joined lines; `without` says why there is none at all."""

    behind: bool = False
    between: bool = False
    without: str = ""
    _reader: str = ""

    def means_the_same(self, before: str, after: str) -> bool:
        """Whether both texts say the same, where somebody can tell."""
        read_ = _READERS.get(self._reader)
        return read_ is None or _said(read_(before)) == _said(read_(after))


def comment_format(path: Path) -> CommentFormat:
    fitting = (row for row in _rows() if re.fullmatch(row.text("files"), path.name))
    row = next(fitting, Row({}))
    return CommentFormat(row.flag("behind"), row.flag("between"), row.text("without"), row.text("reader"))


@cache
def _rows() -> tuple[Row, ...]:
    return tuple(read("comments").rows("format"))


def _said(document: Document) -> object:
    return [(each.keys, each.value, each.is_text) for each in document.settings], len(document.faults)
