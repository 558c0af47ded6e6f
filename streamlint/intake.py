"""The texts of a run: what is read, and the faults of what cannot be read or parsed."""

from __future__ import annotations

import ast
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import disk, form_feeds
from streamlint.finding import UNREADABLE_FILE, Finding, Place, Severity
from streamlint.ignores import MARK
from streamlint.knowledge.test_files import is_test_file
from streamlint.outcome import Skipped
from streamlint.rule import file_place
from streamlint.source import SIZE_LIMIT, TOO_LARGE, Source, Span, UnreadableFile
from streamlint.surroundings.names import (
    LARGEST,
    LARGEST_DECLARING,
    declares_resources,
    is_about_serving,
)
from streamlint.working import told

if TYPE_CHECKING:
    from streamlint.discovery import Found, Patterns
    from streamlint.readers import Pages

_COROUTINE = b"async def "
_REFUSED = "from __future__ import braces\n"
_REFUSAL = "not a chance"
"""What Python says of that import once it has parsed a text."""
_NEWER = re.compile(
    r"\btype\s+\w|\b(?:def|class)\s+\w+\s*\[|\bexcept\b[ \t*]*[^\n:]*,|\b(?:[rR]?[fFtT]|[fFtT][rR])['\"]",
    re.MULTILINE,
)
"""What a text of a newer Python holds, so that a broken file seldom costs a parse by libcst."""
THROUGH_LINK = "is a link to a file that is no part of this run, and no link is written through"

LLAMA_MODULE = "llama_index"
_LLAMA_PACKAGE = re.compile(r"llama[-_.]*index", re.IGNORECASE)
_SETUP = "setup.py"
UNREAD = ("STL599", "deployment-file-unreadable")
"""The rule that tells of files around the code which can be read in part; what cannot at all has no text to judge."""
FORM_FEEDS = "has form feeds in its indentation, which a repair would misplace"


@dataclass
class Texts:
    """The files of a run: those that must be looked at, and the faults of those that cannot be."""

    matter: dict[Path, Source] = field(default_factory=dict)
    interesting: set[Path] = field(default_factory=set)
    faults: list[Finding] = field(default_factory=list)
    unjudged: set[Path] = field(default_factory=set)
    """Files of which nobody can say what they hold."""
    held: dict[Path, str] = field(default_factory=dict)
    """Files that no fix is written to, and why."""
    declaring: set[Path] = field(default_factory=set)
    """Files that name LlamaIndex among the packages that are needed; `setup.py` is Python beside."""
    deploying: set[Path] = field(default_factory=set)
    """Files that are judged for how they serve the program."""
    known: dict[Path, list[Finding]] = field(default_factory=dict)
    """The findings of each file that the baseline has."""
    taken_back: dict[Path, list[Finding]] = field(default_factory=dict)
    """The findings of each file that a comment takes back."""
    written: dict[Path, list[Finding]] = field(default_factory=dict)
    """The findings of each file to which this run writes comments, as they were before."""
    beside: int = 0
    """How many files that are not Python were looked at."""
    coroutine: Path | None = None
    """The first file with a coroutine function, tests aside."""
    passed: set[Path] = field(default_factory=set)
    """Files of Python that were read, and in which nothing can matter."""
    _syntax: dict[tuple[Path, str], tuple[Finding, ...]] = field(default_factory=dict)
    _pages: Pages | None = field(default=None, repr=False)

    def pages(self, exclude: Patterns) -> Pages:
        """The files that are not Python and may ask the servers of the run; made for the first repair of an answer."""
        if self._pages is None:
            from streamlint.readers import Pages

            self._pages = Pages(exclude)
        return self._pages

    def check_syntax(self, source: Source) -> tuple[Finding, ...]:
        """The syntax error of a file that is not looked at otherwise, in each round."""
        key = (source.path, source.text)
        if key not in self._syntax:
            self._syntax[key] = tuple(syntax_fault(source))
        return self._syntax[key]

    def refuses(self, path: Path, fixed: str) -> bool:
        """Whether a fixed text cannot be written; the reason is kept."""
        from streamlint import fixing, writing

        if path not in self.held:
            try:
                fixing.encode(self.matter[path], fixed)
            except writing.UnwritableFile as error:
                self.held[path] = str(error)
        return path in self.held

    def refused(self, findings: Iterable[Finding], is_wanted: Callable[[Finding], bool]) -> tuple[Skipped, ...]:
        """The files in which something would be done about a finding if they could be written."""
        wanted = {finding.path for finding in findings if is_wanted(finding)}
        return tuple(Skipped(path, reason) for path, reason in self.held.items() if path in wanted)

    def shown(self, finding: Finding) -> Finding:
        """A finding; its fix is only shown where the file cannot be written."""
        return finding.without(f"the file {self.held[finding.path]}") if finding.path in self.held else finding


def read(found: Found, text: Source | None = None, names: Callable[[Path], Sequence[str]] | None = None) -> Texts:
    """Read what was found; `text` stands in for the only file. What is too large moves to the skipped.

    `names` gives dotted names that register functions in a file, beside those of the frameworks.
    """
    texts = Texts(held=dict.fromkeys(found.links, THROUGH_LINK))
    for path in told("reading", list(found.files)):
        try:
            content = _content(path, text)
            if len(content) > SIZE_LIMIT:
                found.skipped.append(Skipped(path, TOO_LARGE, failed=path in found.named))
                del found.files[path]
                continue
            source = text or Source.decode(path, content)
        except UnreadableFile as error:
            texts.faults.append(unreadable(file_place(path), str(error)))
            continue
        if texts.coroutine is None and _COROUTINE in content and not is_test_file(path.name):
            texts.coroutine = path
        interesting = _interesting(content, names(path) if names is not None else ())
        if interesting:
            texts.interesting.add(path)
        if declares_resources(content):
            found.deploying[path] = None
        elif not interesting:
            texts.passed.add(path)
        declares = path.name == _SETUP and _LLAMA_PACKAGE.search(source.text) is not None
        if interesting or declares or MARK.encode() in content:
            texts.matter[path] = source
            if form_feeds.in_indentation(source.text):
                texts.held.setdefault(path, FORM_FEEDS)
        else:
            texts.faults.extend(syntax_fault(source))
    _read_beside(found, text, texts)
    texts.unjudged.update(fault.path for fault in texts.faults)
    return texts


def _read_beside(found: Found, text: Source | None, texts: Texts) -> None:
    """The files that say which packages are needed: those that were named, and, where the code names LlamaIndex, all of them."""
    is_used = any(LLAMA_MODULE in source.text for source in texts.matter.values())
    if is_used:
        texts.declaring |= {path for path in texts.matter if path.name == _SETUP}
    for path in found.beside:
        if not is_used and path not in found.named:
            continue
        try:
            source = text or Source.read_plain(path, LARGEST_DECLARING)
        except UnreadableFile as error:
            texts.faults.append(unreadable(file_place(path), str(error)))
            texts.beside += 1
            continue
        if _LLAMA_PACKAGE.search(source.text):
            texts.declaring.add(path)
        texts.beside += path in texts.declaring or path in found.named
        if path in texts.declaring or MARK in source.text:
            texts.matter[path] = source


def read_deploying(paths: Iterable[Path], texts: Texts, text: Source | None = None) -> None:
    """Read files that say how the program is served; of what cannot be read is advised only, as it may be anything."""
    for path in paths:
        if path in texts.unjudged:
            continue
        try:
            source = texts.matter.get(path) or text or Source.read_any(path, LARGEST)
        except UnreadableFile as error:
            if path.suffix != ".py":
                texts.faults.append(_unread(file_place(path), str(error)))
            continue
        if not is_about_serving(str(path), source.text):
            continue
        texts.deploying.add(path)
        texts.beside += not source.is_python
        texts.matter[path] = source


def _content(path: Path, text: Source | None) -> bytes:
    """What a file holds, or what a text would hold in UTF-8; the words that are looked for are the same in any encoding."""
    if text is not None:
        return text.text.encode("utf-8", "replace")
    try:
        return disk.read_bytes(path, SIZE_LIMIT + 1)
    except OSError as error:
        raise UnreadableFile(error.strerror or str(error)) from error


def _interesting(content: bytes, names: Sequence[str]) -> bool:
    from streamlint import project

    return project.interesting(content, names)


def syntax_fault(source: Source) -> Iterator[Finding]:
    """The finding for a text that is not Python, at most one."""
    if _is_python(source.text):
        return
    error = _parse_error(source.text)
    newer = _newer(source) if isinstance(error, SyntaxError) else None
    if newer is not None:
        yield newer
    elif isinstance(error, SyntaxError):
        yield unreadable(place_at(source, error.lineno or 1, error.offset or 1), f"is not valid Python: {error.msg}")
    elif error is not None:
        yield unreadable(place_at(source, 1, 1), f"cannot be parsed: {str(error) or type(error).__name__}")


def _newer(source: Source) -> Finding | None:
    """The warning for a text of a newer Python: no fault of the file, but nobody looked at it."""
    if not _NEWER.search(source.text):
        return None
    from streamlint.tree import newer

    found = newer.newest(source.text)
    if found is None:
        return None
    needed, running = (".".join(map(str, release)) for release in (found.release, sys.version_info[:2]))
    start, end = source.position(found.span.start), source.position(found.span.end)
    fault = unreadable(
        Place(source.path, found.span, start, end, source.line(start.line)),
        f"needs Python {needed}, and streamlint runs on Python {running}",
    )
    return replace(
        fault,
        severity=Severity.WARNING,
        label=f"{found.name} came with Python {needed}",
        help=f"install streamlint for Python {needed} or later, or pass this file over with `exclude`",
    )


def _is_python(text: str) -> bool:
    """Whether the parser takes the text, and not sure of the answer no.

    What is refused only when all of it has been parsed costs two thirds of its tree (measured with 3.11 to 3.13, 2026-11-27).
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(_REFUSED + text, "<text>", "exec", dont_inherit=True)
    except SyntaxError as error:
        return error.msg == _REFUSAL
    except (ValueError, RecursionError, MemoryError):
        return False
    return True


def _parse_error(text: str) -> Exception | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec", flags=ast.PyCF_ONLY_AST, dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return error
    return None


def unreadable(place: Place, message: str) -> Finding:
    """The finding for a file that cannot be checked."""
    note = "nothing else in this file was checked"
    code = UNREADABLE_FILE
    return Finding(code.code, code.name, code.severity, message, place, notes=(note,))


def _unread(place: Place, message: str) -> Finding:
    """The advice for a file around the code that cannot be read at all."""
    code, name = UNREAD
    notes = ("nothing in this file was judged",)
    return Finding(code, name, Severity.ADVICE, f"this file cannot be read: {message}", place, notes=notes)


def place_at(source: Source, line: int, column: int) -> Place:
    """The character at a line and column, both from 1; what lies outside of the text is brought to its edge."""
    line = min(max(line, 1), len(source.line_starts))
    text = source.line(line)
    start = source.line_starts[line - 1] + min(max(column, 1) - 1, len(text))
    end = min(start + 1, source.line_starts[line - 1] + len(text))
    return Place(source.path, Span(start, end), source.position(start), source.position(end), text)
