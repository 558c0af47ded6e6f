"""Which settings hold for a file: those of the nearest configuration above it, whatever the run was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from streamlint import disk
from streamlint.config import Config
from streamlint.selectors import Codes
from streamlint.settings.files import OWN, SHARED, Given, in_folder, load, over

_Finish = Callable[[Config], Config]
_NAMED = b"streamlint"
"""What a file holds that has a table for streamlint; another one may be broken, it is nothing to us."""


@dataclass
class Nearest:
    """Answers for one run. `base` are the run's own settings, `finished` says what the command line makes of others."""

    base: Config
    codes: Codes
    given: Given
    finished: _Finish
    _found: dict[Path, Config] = field(default_factory=dict)

    def of(self, path: Path) -> Config:
        """The settings for a file. Raises `ConfigError`."""
        return self.base if self.given.is_fixed else self.below(path.parent)

    def below(self, folder: Path) -> Config:
        """The settings for what lies in a folder. Raises `ConfigError`."""
        if folder not in self._found:
            self._found[folder] = self._find(folder)
        return self._found[folder]

    def _find(self, folder: Path) -> Config:
        if self._may_say(folder):
            if self.base.file is not None and self.base.file.parent == folder:
                return self.base
            own = in_folder(folder, self.codes, self.given)
            if own is not None:
                return self.finished(own)
        if folder == folder.parent or disk.exists(folder / ".git"):
            return self.base if self.base.file is None else self.finished(over(Config(folder), self.codes, self.given))
        return self.below(folder.parent)

    def _may_say(self, folder: Path) -> bool:
        if disk.lies(folder / OWN):
            return True
        try:
            return _NAMED in disk.read_bytes(folder / SHARED)
        except OSError:
            return False


def nearest(
    paths: Sequence[Path],
    codes: Codes,
    given: Given | None = None,
    *,
    select: Sequence[str] | None = None,
    extend_select: Sequence[str] = (),
    ignore: Sequence[str] = (),
) -> Nearest:
    """The settings of a run over `paths`, with what its command line says about rules. Raises `ConfigError`."""
    given = given or Given()

    def finished(config: Config) -> Config:
        selection = config.selection.override(codes, select=select, extend_select=extend_select, ignore=ignore)
        return replace(config, selection=selection)

    return Nearest(finished(load(paths, codes, given)), codes, given, finished)
