"""Findings that an earlier revision had already: its tree is laid out in a folder of its own, and judged as this one is."""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import run
from streamlint.baseline import Baseline

if TYPE_CHECKING:
    from streamlint.projects import Request


_NEWEST = "HEAD"


class UnknownRevision(Exception):
    """A revision that cannot be had; the message says why, in words for its owner."""


def known(request: Request, revision: str) -> Baseline:
    """What was found at the revision, or where this branch left it; raises `UnknownRevision`.

    Files and folders of the run that were not there yet have no findings there, and before the first commit nothing has.
    """
    top = Path(os.path.realpath(_git(_folder(request), "rev-parse", "--show-toplevel")))
    if revision == _NEWEST and not _git(top, "rev-list", "--all", "--max-count=1"):
        return Baseline(top)
    with _laid_out(top, _commit(top, revision)) as tree:
        seen = Baseline(tree)
        paths = tuple(path for path in (_moved(path, top, tree) for path in request.paths) if path.exists())
        config = replace(request.config, root=_moved(request.config.root, top, tree))
        if paths:
            run.run(replace(request, paths=paths, config=config, text=None, fix=False, baseline=seen))
    return Baseline(top, seen.seen())


def _commit(top: Path, revision: str) -> str:
    """The commit where the branch left the revision; the revision itself where they have nothing in common."""
    commit = _git(top, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{revision}^{{commit}}")
    try:
        return _git(top, "merge-base", commit, "HEAD")
    except UnknownRevision:
        return commit


@contextmanager
def _laid_out(top: Path, commit: str) -> Iterator[Path]:
    """The tree of a commit in a folder that is gone afterwards; nothing of the repository changes."""
    with tempfile.TemporaryDirectory(prefix="streamlint-") as folder:
        tree = Path(os.path.realpath(folder), top.name or "tree")
        (tree / ".git").mkdir(parents=True)  # marks the root, as in the repository
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        _git(top, "read-tree", commit, environment=index)
        _git(top, "checkout-index", "--all", "--quiet", f"--prefix={tree}{os.sep}", environment=index)
        yield tree


def _moved(path: Path, top: Path, tree: Path) -> Path:
    real = Path(os.path.realpath(path))
    if not real.is_relative_to(top):
        raise UnknownRevision(f"{path} is outside the repository {top}")
    return tree / real.relative_to(top)


def _folder(request: Request) -> Path:
    first = Path(os.path.abspath(request.paths[0]))
    return first if first.is_dir() else first.parent


def _git(folder: Path, *arguments: str, environment: dict[str, str] | None = None) -> str:
    try:
        environment = {**os.environ, "GIT_LFS_SKIP_SMUDGE": "1", **(environment or {})}
        command = ("git", "-C", str(folder), *arguments)
        done = subprocess.run(command, capture_output=True, check=True, env=environment)
    except FileNotFoundError as error:
        raise UnknownRevision("git is not installed") from error
    except subprocess.CalledProcessError as error:
        told = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise UnknownRevision(told[-1] if told else "the repository does not have it (a shallow clone?)") from error
    return done.stdout.decode("utf-8", "surrogateescape").strip()
