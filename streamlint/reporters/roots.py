"""From which folder the paths of a report are told to programs that look at the whole repository."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from streamlint import discovery
from streamlint.fingerprints import home


def root(paths: Iterable[Path]) -> Path:
    """The repository of the working folder where the first path lies in it, else that of the path, else a folder above."""
    here = Path.cwd()
    repository = discovery.repository(here)
    first = next(iter(paths), None)
    if first is None or (repository is not None and first.is_relative_to(repository)):
        return repository or here
    return discovery.repository(first.parent) or (here if first.is_relative_to(here) else home(first))


def below(path: Path, base: Path) -> str:
    """A path below the root, with slashes; whole where it lies elsewhere."""
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def uri(path: Path, base: Path) -> str:
    """The same as a URI, whatever bytes the name holds."""
    return quote(os.fsencode(below(path, base))) if path.is_relative_to(base) else path.as_uri()
