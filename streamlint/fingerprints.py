"""By what a finding is known again when the code around it has changed: no line numbers, no names of functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint import discovery
from streamlint.likeness import Likeness

if TYPE_CHECKING:
    from streamlint.finding import Finding
    from streamlint.source import Source

_LENGTH = 32


def fingerprints(
    findings: Sequence[Finding], sources: Mapping[Path, Source], root: Path | None = None
) -> tuple[str, ...]:
    """One for each finding, in their order; no two are equal.

    Made of the code, the path below `root` (that of the repository where nothing is said), the text of the place in any
    layout, and a number among those of which all this is equal in the file, by position.
    """
    texts = _texts(findings, sources)
    names = {path: below(path, root) for path in {finding.path for finding in findings}}
    order = sorted(range(len(findings)), key=lambda index: findings[index].sort_key)
    seen: Counter[tuple[str, ...]] = Counter()
    made = [""] * len(findings)
    for index in order:
        finding = findings[index]
        key = (finding.code, names[finding.path], texts[index])
        made[index] = _hashed(*key, str(seen[key]))
        seen[key] += 1
    return tuple(made)


def home(path: Path) -> Path:
    """The folder to which the path of a file is told: its repository, its project, or the folder in which it lies."""
    return discovery.repository(path.parent) or discovery.project_root(path.parent) or path.parent


def below(path: Path, root: Path | None = None) -> str:
    """A path as it is written below a root, that of its repository where nothing is said; whole where it lies elsewhere."""
    base = home(path) if root is None else root
    return path.relative_to(base).as_posix() if path.is_relative_to(base) else path.as_posix()


def _texts(findings: Sequence[Finding], sources: Mapping[Path, Source]) -> list[str]:
    """The text of each finding; one file after the other, as what is known of one takes much room."""
    found = [""] * len(findings)
    numbers: dict[Path, list[int]] = {}
    for number, finding in enumerate(findings):
        numbers.setdefault(finding.path, []).append(number)
    for path in numbers.keys() & sources.keys():
        likeness = Likeness(sources[path])
        for number in numbers[path]:
            found[number] = likeness.of(findings[number].place.span)
    return found


def _hashed(*parts: str) -> str:
    return sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:_LENGTH]
