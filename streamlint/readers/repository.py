"""Where the clients of a project may lie: in its repository, or in a folder beside it that is named for them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from streamlint import discovery, disk
from streamlint.discovery import SUFFIXES, Patterns
from streamlint.knowledge.names import names


def files_around(root: Path, exclude: Patterns, suffixes: tuple[str, ...] = SUFFIXES) -> tuple[Path, ...]:
    """The files with these endings that git and the configuration do not leave out, in a fixed order."""
    folders = _folders(root)
    return tuple(
        dict.fromkeys(
            path for folder in folders for path in discovery.project_files(folder, exclude, suffixes=suffixes)
        )
    )


def _folders(root: Path) -> tuple[Path, ...]:
    home = Path(os.path.expanduser("~"))
    marked = (folder for folder in (root, *root.parents) if folder != home and disk.exists(folder / ".git"))
    repository = next(marked, None)
    return (repository,) if repository is not None else (root, *_beside(root))


def _beside(root: Path) -> Iterator[Path]:
    """Folders beside a project that hold clients by their names, where no repository is around."""
    for name in sorted(names("clients", "folders") - {root.name}):
        folder = root.parent / name
        if disk.is_folder(folder) and not disk.is_link(folder):
            yield folder
