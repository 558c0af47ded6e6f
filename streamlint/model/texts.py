"""What the files of a project say before any of them is parsed: their words, their imports, the heads of their classes.

All answers are of the kind "may": a word may stand in a text, and so may an import. What is parsed for such an answer decides. What
stands in comments is not looked at, so no answer changes where only comments do.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from streamlint.knowledge.names import names
from streamlint.knowledge.test_files import TEST_FOLDERS, is_test_file
from streamlint.model.comments import uncommented_bytes
from streamlint.model.words import words_of
from streamlint.source import Source, UnreadableFile

_REST = rb"(?:[^\n\r;\\]|\\\r?\n)*"
_IMPORT = re.compile(
    rb"[\n\r;:][ \t\f]*(?:from\b[ \t]*([. \t]*)([\w.\x80-\xff]*)[ \t\\\r\n]+import\b[ \t]*(\((?:[^()#]|#[^\n]*)*\)|"
    + _REST
    + rb")"
    rb"|import\b(" + _REST + rb"))"
)
_STAR = re.compile(rb"import[ \t\\\r\n]*\*")
_COMMENT = re.compile(rb"#[^\n]*")
_IN_COMMENT = re.compile(rb"#[^\n\r]*[;:][ \t\f]*(?:from|import)\b")
_CLASS = re.compile(
    rb"[\n\r;:][ \t\f]*class[ \t]+([\w\x80-\xff]+)[ \t]*(?:\[[^\]]*\][ \t]*)?(?:\(((?:[^()]|\([^()]*\))*))?"
)
_DECORATOR = re.compile(rb"[\n\r][ \t\f]*@[^\n\r(#]*")
_COROUTINE = re.compile(rb"[\n\r;:][ \t\f]*async[ \t]+def[ \t]+([\w\x80-\xff]+)")
_TEST = re.compile(rb"[\n\r;:][ \t\f]*(?:async[ \t]+)?def[ \t]+test")
_NAMED = re.compile(rb"[\n\r]([\w\x80-\xff]+)[ \t]*=[ \t]*([\w.\x80-\xff]+)[ \t]*(?=[#\n\r])")


class Import(NamedTuple):
    """`from <level dots><module> import <member> as <name>`; no member for `import module`."""

    module: str
    member: str
    level: int
    name: str


class ClassHead(NamedTuple):
    """The name of a class, and the words between its parentheses."""

    name: bytes
    words: frozenset[bytes]


class Texts:
    """The texts of files, each read once; `overlay` are those in place of files on disk.

    What `earlier` texts of the same files were read for is not read again where the text is the same. What is on disk is
    read once for all who have `on_disk` in common.
    """

    def __init__(
        self,
        files: Iterable[Path],
        overlay: Mapping[Path, Source],
        earlier: Texts | None = None,
        on_disk: dict[Path, Source | None] | None = None,
    ) -> None:
        self._on_disk = on_disk if on_disk is not None else {}
        self._earlier = earlier if earlier is not None and set(overlay) <= set(earlier.paths) else None
        self.paths: tuple[Path, ...] = tuple(sorted({*files, *overlay}, key=lambda path: path.parts))
        self.numbers = {path: number for number, path in enumerate(self.paths)}
        """Where each path stands among them."""
        self.overlay = overlay
        self._read: dict[Path, Source | None] = {}
        self._imports: dict[Path, tuple[Import, ...]] = {}
        self._by_member: dict[str, list[tuple[Path, Import]]] = {}
        self._tests: dict[Path, bool] = {}

    def source(self, path: Path) -> Source | None:
        """The text of a file; None where it cannot be read."""
        if path not in self._read:
            self._read[path] = self._source(path)
        return self._read[path]

    def _source(self, path: Path) -> Source | None:
        if path in self.overlay:
            return self.overlay[path]
        if self._earlier is not None:
            return self._earlier.source(path)
        if path not in self._on_disk:
            self._on_disk[path] = _read(path)
        return self._on_disk[path]

    def _is_as_before(self, path: Path) -> bool:
        return self._earlier is not None and self.source(path) is self._earlier.source(path)

    def content(self, path: Path) -> bytes:
        """The text in UTF-8 without comments, with a line end before it, so that every line stands behind one."""
        return uncommented_bytes(self._whole(path))

    def _whole(self, path: Path) -> bytes:
        source = self.source(path)
        return b"\n" + source.text.encode("utf-8", "replace") if source is not None else b""

    def matches(self, path: Path, pattern: re.Pattern[bytes]) -> bool:
        """Whether something of this form stands in a file; comments are only taken away where it seems so."""
        return pattern.search(self._whole(path)) is not None and pattern.search(self.content(path)) is not None

    def tells(self, words: Iterable[str], forms: Iterable[tuple[str, re.Pattern[bytes]]]) -> bool:
        """Whether some file holds one of these words, or one of these forms, each of which is sought where its word stands."""
        if self.holding(words):
            return True
        return any(self.matches(path, pattern) for word, pattern in forms for path in self.saying((word,)))

    # Words

    def holds(self, path: Path, text: str) -> bool:
        source = self.source(path)
        return source is not None and text in source.text and text.encode() in self.content(path)

    @cached_property
    def _same(self) -> frozenset[int]:
        """The numbers of the files whose words the earlier texts know."""
        return frozenset(number for number, path in enumerate(self.paths) if self._is_as_before(path))

    @cached_property
    def _index(self) -> dict[bytes, list[int]]:
        index: defaultdict[bytes, list[int]] = defaultdict(list)
        for number, path in enumerate(self.paths):
            for word in words_of(self.content(path)) if number not in self._same else ():
                index[word].append(number)
        return dict(index)

    def saying(self, words: Iterable[str]) -> tuple[Path, ...]:
        """The files that hold one of these texts, as far as the words of each tell; in the order of the paths."""
        return tuple(self.paths[number] for number in sorted(self.holding(words)))

    def holding(self, words: Iterable[str]) -> set[int]:
        """The numbers of the files that `saying` gives."""
        return set[int]().union(*map(self._holding, words))

    def _holding(self, text: str) -> set[int]:
        parts = sorted(words_of(text.encode("utf-8", "replace")))
        if not parts:
            return set(range(len(self.paths)))
        return set[int].intersection(*(self._numbers(part) for part in parts))

    def _numbers(self, word: bytes) -> set[int]:
        """The files that hold a word."""
        own = set(self._index.get(word, ()))
        return own if self._earlier is None else own | (self._earlier._numbers(word) & self._same)

    # Statements

    def imports(self, path: Path) -> tuple[Import, ...]:
        """Everything that a file may import, in functions too."""
        if path not in self._imports:
            earlier = self._earlier if self._is_as_before(path) else None
            self._imports[path] = earlier.imports(path) if earlier else tuple(self._read_imports(path))
        return self._imports[path]

    def _read_imports(self, path: Path) -> Iterator[Import]:
        whole = self._whole(path)
        return _imports(whole if not _IN_COMMENT.search(whole) else self.content(path))

    def importing(self, member: str) -> list[tuple[Path, Import]]:
        """The files that may import something of this name from a module, `*` too."""
        if member not in self._by_member:
            paths = self._starred if member == "*" else self.saying((member,))
            found = ((path, one) for path in paths for one in self.imports(path))
            self._by_member[member] = [(path, one) for path, one in found if one.member == member and member]
        return self._by_member[member]

    @cached_property
    def _starred(self) -> tuple[Path, ...]:
        return tuple(path for path in self.paths if self.matches(path, _STAR))

    def packages(self, path: Path) -> set[str]:
        """The top-level names that a file may import from."""
        return {one.module.partition(".")[0] for one in self.imports(path) if not one.level}

    def classes(self, path: Path) -> Iterator[ClassHead]:
        for match in _CLASS.finditer(self.content(path)):
            yield ClassHead(match[1], frozenset(words_of(match[2] or b"")))

    def descendants(self, names: Iterable[str]) -> dict[str, set[Path]]:
        """The classes that name one of these as their base, those that name them, and so on, by the files that define them.

        The names themselves are among the keys, and those under which they are imported or kept.
        """
        found: dict[str, set[Path]] = {name: set() for name in names}
        pending = list(found)
        while pending:
            word = pending.pop()
            for path in self.saying((word,)):
                for name, is_class in self._naming(path, word):
                    if name not in found:
                        found[name] = set()
                        pending.append(name)
                    if is_class:
                        found[name].add(path)
        return found

    def _naming(self, path: Path, word: str) -> Iterator[tuple[str, bool]]:
        """The classes of a file that say a word as a base, and the other names that the file has for it."""
        wanted = word.encode()
        for head in self.classes(path):
            if wanted in head.words:
                yield head.name.decode(), True
        for one in self.imports(path):
            if one.member == word:
                yield one.name, False
        for name, value in _NAMED.findall(self.content(path)):
            if value.rpartition(b".")[2] == wanted:
                yield name.decode(), False

    def coroutines(self, paths: Collection[Path]) -> dict[str, list[Path]]:
        """The names of the functions that these files may define with `async def`, each with the files."""
        found: dict[str, list[Path]] = {}
        for path in self.saying(("async",)):
            for name in {one.decode() for one in _COROUTINE.findall(self.content(path))} if path in paths else ():
                found.setdefault(name, []).append(path)
        return found

    def is_test(self, path: Path) -> bool:
        """Whether a file only runs in tests: by its name with what stands in it, or because it lies among such files."""
        if path not in self._tests:
            self._tests[path] = not self._test_folders.isdisjoint(path.parents) or self._tells_of_tests(path)
        return self._tests[path]

    def _tells_of_tests(self, path: Path) -> bool:
        if not is_test_file(path.name):
            return False
        return bool(self.packages(path) & names("test_files", "libraries")) or self.matches(path, _TEST)

    @cached_property
    def _test_folders(self) -> frozenset[Path]:
        """Folders of tests, by their names together with what lies in them: their other files help the tests."""
        files = self.paths
        return frozenset(path.parent for path in files if path.parent.name in TEST_FOLDERS and is_test_file(path.name))

    def decorators(self, path: Path) -> set[bytes]:
        """The words of a file's decorators, up to their parentheses."""
        return {word for line in _DECORATOR.findall(self._whole(path)) for word in words_of(line)}


def _read(path: Path) -> Source | None:
    try:
        return Source.read(path)
    except UnreadableFile:
        return None


def _imports(content: bytes) -> Iterator[Import]:
    for dots, module, members, plain in _IMPORT.findall(content):
        text = _COMMENT.sub(b"", members or plain).replace(b"\\", b" ").strip(b"() \t\r\n")
        for item in text.split(b","):
            given = item.split()
            if not given:
                continue
            first, last = (_text(given[0]), _text(given[2]) if len(given) > 2 and given[1] == b"as" else "")
            if plain:
                yield Import(first, "", 0, last or first.partition(".")[0])
            else:
                yield Import(_text(module), first, dots.count(b"."), last or first)


def _text(word: bytes) -> str:
    return word.decode()
