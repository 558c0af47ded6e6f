"""Which files a run looks at: walking folders, `.gitignore`, exclude patterns, and what cannot be walked."""

from __future__ import annotations

import codecs
import os
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from streamlint import disk, links, writing
from streamlint.immutable import immutable
from streamlint.outcome import Skipped
from streamlint.patterns import Rules
from streamlint.surroundings.names import is_dependency_file, is_deployment_file

DEFAULT_EXCLUDE = (
    ".bzr", ".direnv", ".eggs", ".git", ".hg", ".ipynb_checkpoints", ".mypy_cache", ".nox", ".pyenv", ".pytest_cache",
    ".pytype", ".ruff_cache", ".streamlint_cache", ".svn", ".tox", ".venv", ".vscode", "__pycache__", "__pypackages__",
    "_build", "buck-out", "build", "dist", "node_modules", "site-packages", "venv",
)  # fmt: skip
SUFFIXES = (".py", ".pyw")
CONFIGURING = ("streamlint.toml", "pyproject.toml")
"""Files that hold settings, the one that is only for them first."""
EXCLUDED = "the configuration excludes it"
UNTRACKED = "git does not track it"
ROOT_MARKERS = ("pyproject.toml", ".git", "setup.py", "setup.cfg")
_FOLDERS_A_FILE = 10
"""How many folders are opened for each file that is looked for."""
_PLAIN = re.compile(r"[^*?\[\]!/\\#]+")


@dataclass
class Found:
    """Files in the order of the walk, each once, and what was passed over with a word.

    `beside` are files that say which packages are needed, `deploying` those that may say how the program is served.
    `links` are those of the files that are links; `leftovers` are what killed runs left beside files.
    """

    files: dict[Path, None] = field(default_factory=dict)
    beside: dict[Path, None] = field(default_factory=dict)
    deploying: dict[Path, None] = field(default_factory=dict)
    named: set[Path] = field(default_factory=set)
    """Those of them that were named, not found."""
    links: dict[Path, None] = field(default_factory=dict)
    skipped: list[Skipped] = field(default_factory=list)
    leftovers: list[Path] = field(default_factory=list)
    left_out: bool = False
    """Whether something was passed over that somebody chose to leave out; what nobody wants, as `.git`, does not count."""

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look at, although nothing was left out on purpose."""
        return not (self.files or self.named or self.left_out or any(each.failed for each in self.skipped))

    def homes(self, path: str, *, is_python: bool) -> list[dict[Path, None]]:
        """Where a file of this name belongs; a configuration that is written in Python has two homes."""
        homes = [self.files] if is_python else [self.beside] if is_dependency_file(path) else []
        return [*homes, self.deploying] if is_deployment_file(path) else homes

    def settle(self) -> None:
        """Keep one name of each real file."""
        for path in tuple(links.surplus(self._all(), self.links)):
            self._forget(path)

    def leave_out(self, named: Path) -> None:
        """Pass over what was named, with a word."""
        self.skipped.append(Skipped(named, EXCLUDED))
        self.left_out = True

    def keep(self, wanted: Callable[[Path], bool]) -> None:
        """Forget what is not wanted; of what was named, say so."""
        for path in [path for path in self._all() if not wanted(path)]:
            self._forget(path)
            self.left_out = True
            if path in self.named:
                self.skipped.append(Skipped(path, UNTRACKED))

    def _all(self) -> dict[Path, None]:
        return dict.fromkeys(path for home in (self.files, self.beside, self.deploying) for path in home)

    def _forget(self, path: Path) -> None:
        for home in (self.files, self.beside, self.deploying, self.links):
            home.pop(path, None)


@dataclass
class _Asked(Found):
    """What only takes files with some endings."""

    suffixes: tuple[str, ...] = SUFFIXES

    def homes(self, path: str, *, is_python: bool) -> list[dict[Path, None]]:
        del is_python
        return [self.files] if path.endswith(self.suffixes) else []


class Patterns:
    """Patterns as in `.gitignore`, relative to a folder."""

    def __init__(self, root: Path, lines: Sequence[str]) -> None:
        self.names = frozenset(line for line in lines if _PLAIN.fullmatch(line))
        self._root = f"{root}{os.sep}" if str(root) != os.sep else os.sep
        rest = [line for line in lines if line not in self.names]
        self._rules = Rules(rest) if rest else None

    def within(self, _folder: Path) -> Patterns:
        """The patterns that hold for what lies in a folder which has settings of its own."""
        return self

    def matches_entry(self, path: str, name: str, is_folder: bool) -> bool:
        """Whether this file or folder itself is meant, whatever its parents are."""
        if name in self.names:
            return True
        if self._rules is None or not path.startswith(self._root):
            return False
        return bool(self._rules.decide(_relative(path, self._root), is_folder))

    def match(self, path: Path) -> bool:
        """Whether this file or a folder above it, up to the root of the patterns, is meant."""
        inside = str(path).startswith(self._root)
        steps = Path(str(path).removeprefix(self._root)).parts if inside else (path.name,)
        folder = self._root if inside else f"{path.parent}{os.sep}"
        return any(
            self.matches_entry(folder + os.sep.join(steps[: number + 1]), name, number + 1 < len(steps))
            for number, name in enumerate(steps)
        )


def discover(paths: Sequence[Path], exclude: Patterns, own_exclude: Patterns) -> Found:
    """The Python files that `paths` mean.

    Named paths are taken as they are unless the user's own patterns exclude them; what the folders among them hold
    passes `.gitignore` and all patterns. Links to folders are not followed. A named link to a file of the same project
    means that file.
    """
    found = Found()
    for path in paths:
        named = Path(os.path.abspath(path))
        absolute = _behind_link(named)
        if _is_excluded(own_exclude, named) or _is_excluded(own_exclude, absolute):
            found.leave_out(named)
            continue
        if disk.is_folder(absolute):
            _walk(absolute, exclude, found)
        else:
            _name(absolute, found)
    found.settle()
    return found


def discover_text(path: Path, own_exclude: Patterns) -> Found:
    """What `discover` finds for a text that stands in for the file of `path`, whatever lies there."""
    found = Found()
    if own_exclude.within(path.parent).match(path):
        found.leave_out(path)
    else:
        _name(path, found)
    found.links.clear()
    return found


def _name(path: Path, found: Found) -> None:
    """Take a file that was named."""
    homes = found.homes(str(path), is_python=is_python(path))
    if not homes:
        unread = _refusal(path)
        found.skipped.append(Skipped(path, unread or "is not a Python file", failed=bool(unread)))
        return
    for home in homes:
        home[path] = None
    found.named.add(path)
    found.leftovers += writing.leftovers_of(path)
    if disk.is_link(path):
        found.links[path] = None


def is_beside(path: Path) -> bool:
    """Whether a file that is not Python says which packages are needed, or how the program is served."""
    return path.suffix not in SUFFIXES and (is_dependency_file(str(path)) or is_deployment_file(str(path)))


def _refusal(path: Path) -> str:
    """Why nobody can tell whether a file without a suffix is Python, or nothing."""
    try:
        if not path.suffix and disk.lies(path):
            disk.read_bytes(path, 0)
    except OSError as error:
        return error.strerror or str(error)
    return ""


def _is_excluded(patterns: Patterns, path: Path) -> bool:
    """Whether a named file or folder is meant."""
    own = patterns.within(path.parent)
    return own.match(path) or (disk.is_folder(path) and own.matches_entry(str(path), path.name, True))


def _behind_link(path: Path) -> Path:
    """The file of the same project that a link means; else the path itself."""
    return links.name_in(project_root(path.parent) or path.parent, path) if disk.is_link(path) else path


def project_root(path: Path, is_marked: Callable[[Path], bool] | None = None) -> Path | None:
    """The nearest folder at or above `path` that is marked as a project, or None; a marker inside a package does not count.

    Who asks for many paths remembers which folders are marked.
    """
    folder = path if disk.is_folder(path) else path.parent
    marked = (above for above in (folder, *folder.parents) if (is_marked or is_project)(above))
    return next((above for above in marked if not (is_package(above) and is_package(above.parent))), None)


def repository(folder: Path) -> Path | None:
    """The nearest folder at or above `folder` that is a working tree of git."""
    return next((above for above in (folder, *folder.parents) if disk.exists(above / ".git")), None)


def is_project(folder: Path) -> bool:
    """Whether a folder is marked as the root of a project."""
    return any(disk.exists(os.path.join(folder, marker)) for marker in ROOT_MARKERS)


def is_package(folder: Path) -> bool:
    return disk.is_file(folder / "__init__.py")


def outside_packages(folder: Path) -> Path:
    """The folder that holds the outermost package around `folder`; `folder` itself where it is no package."""
    while is_package(folder) and folder != folder.parent:
        folder = folder.parent
    return folder


def project_files(
    root: Path, exclude: Patterns, depth: int = -1, suffixes: tuple[str, ...] = SUFFIXES
) -> tuple[Path, ...]:
    """The files of a folder with these endings, in a fixed order; with a `depth`, only so many folders down."""
    found = _Asked(suffixes=suffixes)
    _walk(root, exclude, found, depth)
    return tuple(found.files)


def first_files(root: Path, exclude: Patterns, depth: int, most: int) -> tuple[Path, ...]:
    """The first Python files of a folder, as `project_files` has them; it is walked no further than to find them."""
    found = _Asked()
    for _ in islice(_steps(root, exclude, found, depth), _FOLDERS_A_FILE * most):
        if len(found.files) >= most:
            break
    return tuple(islice(found.files, most))


def everything(root: Path, exclude: Patterns) -> Found:
    """What a folder holds of all kinds."""
    found = Found()
    _walk(root, exclude, found)
    return found


def folders(root: Path, exclude: Patterns) -> tuple[Path, ...]:
    """The folders in a folder that are neither excluded nor links."""
    entries = _entries(str(root), Found())
    inside = (
        entry for entry in entries if _is_folder(entry) and not exclude.matches_entry(entry.path, entry.name, True)
    )
    return tuple(Path(entry.path) for entry in inside)


def is_python(path: Path) -> bool:
    """Whether a named file is Python by its suffix or, where it has none, by its first line."""
    if path.suffix in (*SUFFIXES, ".pyi"):
        return True
    if path.suffix:
        return False
    try:
        first = disk.read_bytes(path, 200).partition(b"\n")[0]
    except OSError:
        return False
    return first.startswith(b"#!") and b"python" in first


def _walk(top: Path, exclude: Patterns, found: Found, depth: int = -1) -> None:
    for _ in _steps(top, exclude, found, depth):
        pass


def _steps(top: Path, exclude: Patterns, found: Found, depth: int) -> Iterator[None]:
    """Walk, one folder a step."""
    pending = [(str(top), _ignores_above(top), depth, exclude.within(top))]
    while pending:
        folder, above, left, exclude = pending.pop()
        entries = _entries(folder, found)
        if any(entry.name in CONFIGURING for entry in entries):
            exclude = exclude.within(Path(folder))
        speaks = any(entry.name in (".gitignore", ".git") for entry in entries)
        own = _ignores_in(folder) if speaks else None
        ignores = above if own is None else (*above, own)
        folders = []
        for entry in entries:
            if entry.name in exclude.names:
                found.left_out |= entry.name not in DEFAULT_EXCLUDE
                continue
            is_folder = _is_folder(entry)
            homes = found.homes(entry.path, is_python=entry.name.endswith(SUFFIXES))
            if not is_folder and not homes:
                if writing.is_leftover(entry.name):
                    found.leftovers.append(Path(entry.path))
                continue
            if exclude.matches_entry(entry.path, entry.name, is_folder) or _ignored(ignores, entry.path, is_folder):
                found.left_out = True
                continue
            if is_folder:
                folders.append((entry.path, ignores, left - 1, exclude))
            else:
                _take(entry, found, homes)
        if left != 0:
            pending.extend(reversed(folders))
        yield


def _take(entry: os.DirEntry[str], found: Found, homes: Sequence[dict[Path, None]]) -> None:
    path = Path(entry.path)
    try:
        if entry.is_file():
            for home in homes:
                home[path] = None
            if entry.is_symlink():
                found.links[path] = None
        elif not entry.is_dir():
            what = "is a link to nothing" if entry.is_symlink() and not disk.exists(path) else "is not a regular file"
            found.skipped.append(Skipped(path, what))
    except OSError as error:
        found.skipped.append(Skipped(path, error.strerror or str(error), failed=True))


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _entries(folder: str, found: Found) -> list[os.DirEntry[str]]:
    try:
        return disk.entries(folder)
    except OSError as error:
        found.skipped.append(Skipped(Path(folder), error.strerror or str(error), failed=True))
        return []


@immutable
class _Ignore:
    """A `.gitignore` and the folder that it speaks about, with a separator at its end."""

    folder: str
    rules: Rules


def _ignores_in(folder: str) -> _Ignore | None:
    lines: list[str] = []
    for name in (os.path.join(".git", "info", "exclude"), ".gitignore"):
        try:
            content = disk.read_bytes(os.path.join(folder, name))
        except OSError:
            continue
        lines += content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape").split("\n")
    meant = [line for line in lines if line.strip() and not line.startswith("#")]
    return _Ignore(folder.rstrip(os.sep) + os.sep, Rules(meant)) if meant else None


def _ignores_above(top: Path) -> tuple[_Ignore, ...]:
    """The `.gitignore` files from the repository down to `top`; none where they ignore `top`, as it was asked for."""
    repository_of_top = repository(top)
    if repository_of_top is None or repository_of_top == top:
        return ()
    between = [above for above in reversed(top.parents) if above.is_relative_to(repository_of_top)]
    ignores = tuple(ignore for above in between if (ignore := _ignores_in(str(above))) is not None)
    steps = [above for above in (*between, top) if above != repository_of_top]
    return () if any(_ignored(ignores, str(step), True) for step in steps) else ignores


def _ignored(ignores: tuple[_Ignore, ...], path: str, is_folder: bool) -> bool:
    for ignore in reversed(ignores):
        if not path.startswith(ignore.folder):
            continue
        decision = ignore.rules.decide(_relative(path, ignore.folder), is_folder)
        if decision is not None:
            return decision
    return False


def _relative(path: str, folder: str) -> str:
    return path.removeprefix(folder).replace(os.sep, "/")
