"""Findings that earlier commits had already: their trees are laid out in a folder of their own, and judged as this one is."""

from __future__ import annotations

import os
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import reduce
from operator import or_
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import git, run
from streamlint.baseline import Baseline, Entry
from streamlint.outcome import Interrupted

if TYPE_CHECKING:
    from streamlint.projects import Request


def known(request: Request, revision: str) -> Baseline:
    """What the commits before the change had already, each of them; raises `GitError`."""
    repository = git.repository(request.paths)
    seen = [_seen(request, repository, commit) for commit in repository.before(revision)]
    return Baseline(repository.top, reduce(or_, seen, Counter()))


def _seen(request: Request, repository: git.Repository, commit: str) -> Counter[Entry]:
    """What is found in the tree of a commit; files and folders of the run that were not there yet have no findings there."""
    with _laid_out(repository, commit) as tree:
        seen = Baseline(tree)
        moved = (tree / repository.inside(path) for path in request.paths)
        paths = tuple(path for path in moved if path.exists())
        try:
            if paths:
                run.run(replace(_moved(request, repository, tree), paths=paths, baseline=seen))
        except Interrupted:
            raise KeyboardInterrupt from None  # of this tree nobody has heard
        return seen.seen()


def _moved(request: Request, repository: git.Repository, tree: Path) -> Request:
    """The request for the same places in another tree, where nothing is repaired."""
    root = request.config.root
    config = replace(request.config, root=tree / repository.inside(root)) if repository.holds(root) else request.config
    nearest = replace(request.nearest, base=config, _found={}) if request.nearest is not None else None
    return replace(request, config=config, nearest=nearest, text=None, fix=False, tracks=None)


@contextmanager
def _laid_out(repository: git.Repository, commit: str) -> Iterator[Path]:
    """The tree of a commit in a folder that is gone afterwards; nothing of the repository changes."""
    with tempfile.TemporaryDirectory(prefix="streamlint-") as folder:
        tree = Path(os.path.realpath(folder), repository.top.name or "tree")
        (tree / ".git").mkdir(parents=True)  # marks the root, as in the repository
        index = str(Path(folder, "index"))
        repository.git("read-tree", commit, GIT_INDEX_FILE=index)
        repository.git("checkout-index", "--all", "--quiet", f"--prefix={tree}{os.sep}", GIT_INDEX_FILE=index)
        yield tree
