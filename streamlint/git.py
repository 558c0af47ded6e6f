"""What git says of the repository around a run: its root, which files it tracks, which commits a change is compared with."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from streamlint import disk
from streamlint.immutable import immutable
from streamlint.links import real_path

_NEWEST = "HEAD"
_FROM = "PRE_COMMIT_FROM_REF"
"""Where pre-commit and prek say what a push, or `--from-ref`, begins with."""
_OF_HOOKS = ("GIT_DIR", "GIT_INDEX_FILE", "GIT_PREFIX")
"""What git tells its hooks, relative to where it started them."""


class GitError(Exception):
    """What git could not give; the message says why, in words for its owner."""


@immutable
class Repository:
    """The working tree with its root at `top`, which is a real path."""

    top: Path

    def git(self, *arguments: str, **environment: str) -> str:
        return _git(self.top, arguments, environment)

    @cached_property
    def _tracked(self) -> frozenset[str]:
        return frozenset(self.git("ls-files", "-z").split("\0"))

    def tracks(self, path: Path) -> bool:
        """Whether a file is part of the next commit, so that what others or another repository left beside it does not count."""
        return self.inside(path).as_posix() in self._tracked

    def holds(self, path: Path) -> bool:
        return _real(path).is_relative_to(self.top)

    def inside(self, path: Path) -> Path:
        """A path relative to the root. Raises `GitError`."""
        real = _real(path)
        if not real.is_relative_to(self.top):
            raise GitError(f"{path} is outside the repository {self.top}")
        return real.relative_to(self.top)

    def before(self, revision: str) -> tuple[str, ...]:
        """The commits that a change since the revision is compared with. Raises `GitError`.

        Of a branch it is the commit where it was left; of HEAD it is all that the next commit follows: none before the first one,
        several in a merge, and where a push begins.
        """
        if revision == _NEWEST:
            pushed = os.environ.get(_FROM)
            if not pushed:
                return self._parents()
            revision = pushed
        commit = self._commit(revision)
        try:
            return (self.git("merge-base", commit, _NEWEST),)
        except GitError:
            return (commit,)

    def _parents(self) -> tuple[str, ...]:
        if not self._has(_NEWEST):
            return ()
        merged = Path(self.top, self.git("rev-parse", "--git-path", "MERGE_HEAD"))
        others = merged.read_text("ascii").split() if merged.is_file() else []
        return tuple(dict.fromkeys((self._commit(_NEWEST), *others)))

    def _has(self, revision: str) -> bool:
        try:
            return bool(self._commit(revision))
        except GitError:
            return False

    def _commit(self, revision: str) -> str:
        return self.git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")


def repository(paths: Sequence[Path]) -> Repository:
    """The repository that holds the first of some paths. Raises `GitError`."""
    first = Path(os.path.abspath(paths[0]))
    folder = first if first.is_dir() else first.parent
    return Repository(Path(os.path.realpath(_git(folder, ("rev-parse", "--show-toplevel"), {}))))


def _real(path: Path) -> Path:
    absolute = Path(os.path.abspath(path))
    return Path(os.path.realpath(absolute)) if absolute.is_dir() else real_path(absolute)


def _git(folder: Path, arguments: Sequence[str], more: dict[str, str]) -> str:
    inherited = {**os.environ, "GIT_LFS_SKIP_SMUDGE": "1"}
    if "GIT_WORK_TREE" not in inherited:
        inherited = {name: value for name, value in inherited.items() if name not in _OF_HOOKS}
    command = ("git", "-C", str(folder), *arguments)
    try:
        disk.depends_on_more()
        done = subprocess.run(command, capture_output=True, check=True, env={**inherited, **more})
    except FileNotFoundError as error:
        raise GitError("git is not installed") from error
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise GitError(told[-1] if told else "the repository does not have it (a shallow clone?)") from error
    return done.stdout.decode("utf-8", "surrogateescape").rstrip("\n")
