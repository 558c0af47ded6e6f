"""The border between a table of TOML and a Config: everything that leaves here has the right type."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

from streamlint.config import Config, ConfigError, Row, Selection, resolve, suggestion
from streamlint.discovery import DEFAULT_EXCLUDE
from streamlint.finding import Severity
from streamlint.fix import Level
from streamlint.immutable import immutable
from streamlint.selectors import Codes
from streamlint.settings.keys import KEYS, LEVELS, SEVERITIES, TABLES

_KINDS = {
    bool: "a boolean",
    int: "a number",
    float: "a number",
    str: "a string",
    dict: "a table",
    list: "a list with other values",
}


@immutable
class Reader:
    """One table; `where` is how people know it, `folder` what its paths and patterns are relative to."""

    where: str
    folder: Path
    table: dict[str, Any]
    codes: Codes
    file: Path | None = None

    def config(self) -> Config:
        """The settings; raises `ConfigError`."""
        self._reject_unknown_keys()
        own = self._strings("exclude") or ()
        extra = self._strings("extend-exclude") or ()
        return Config(
            root=self.folder,
            file=self.file,
            selection=Selection(
                self._selectors("select"), self._selectors("extend-select") or (), self._selectors("ignore") or ()
            ),
            per_file_ignores=self._per_file_ignores(),
            severities=self._severities(),
            exclude=DEFAULT_EXCLUDE if self._strings("exclude") is None else own,
            extend_exclude=extra,
            own_exclude=own + extra,
            fix_level=Level(self._word("fix-level", LEVELS, Level.RESPONSE.value)),
            output_format=self._text("output-format"),
            baseline=self.path("baseline"),
            rows={name: self._rows(name) for name in TABLES if name in self.table},
            names=self._names(),
            versions=self._versions(),
            versions_from_environment=self._truth("versions-from-environment"),
            async_library=self._truth("async-library"),
            streaming_paths=self._url_paths("streaming-paths"),
            longest_silence=self._seconds("longest-silence", Config.longest_silence),
            longest_stream=self._seconds("longest-stream", Config.longest_stream),
        )

    def path(self, key: str) -> Path | None:
        """A file that is named relative to the configuration's folder."""
        value = self.table.get(key)
        if value is not None and (not isinstance(value, str) or not value):
            raise self._error(key, f"must be the path of a file, not {_kind(value) if value != '' else 'nothing'}")
        return Path(os.path.normpath(self.folder / value)) if value is not None else None

    def _error(self, key: str, message: str) -> ConfigError:
        return ConfigError(f"{self.where}: `{key}`: {message}")

    def _reject_unknown_keys(self) -> None:
        for key in self.table:
            if key not in KEYS:
                known = ", ".join(KEYS)
                raise ConfigError(f"{self.where}: unknown key `{key}`{suggestion(key, KEYS)}; known keys: {known}")

    def _strings(self, key: str) -> tuple[str, ...] | None:
        return None if key not in self.table else self._of_strings(key, self.table[key])

    def _of_strings(self, key: str, value: object) -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(entry, str) for entry in value):
            raise self._error(key, f"must be a list of strings, not {_kind(value)}")
        return tuple(value)

    def _selectors(self, key: str) -> tuple[str, ...] | None:
        written = self._strings(key)
        return None if written is None else resolve(f"{self.where}: `{key}`", written, self.codes)

    def _table(self, key: str, of: str) -> dict[str, Any]:
        table = self.table.get(key, {})
        if not isinstance(table, dict):
            raise self._error(key, f"must be a table of {of}, not {_kind(table)}")
        return table

    def _per_file_ignores(self) -> tuple[tuple[str, tuple[str, ...]], ...]:
        where = f"{self.where}: `per-file-ignores`"
        return tuple(
            (pattern, resolve(where, self._of_strings(f"per-file-ignores.{pattern}", value), self.codes))
            for pattern, value in self._table("per-file-ignores", "pattern = [codes]").items()
        )

    def _severities(self) -> tuple[tuple[str, Severity], ...]:
        found = []
        for selector, value in self._table("severity", "rule = severity").items():
            (prefix,) = resolve(f"{self.where}: `severity`", (selector,), self.codes)
            found.append((prefix, Severity(self._one_of(f"severity.{selector}", value, SEVERITIES))))
        return tuple(found)

    def _text(self, key: str) -> str:
        value = self.table.get(key, "")
        if not isinstance(value, str):
            raise self._error(key, f"must be a string, not {_kind(value)}")
        return value

    def _word(self, key: str, words: tuple[str, ...], default: str) -> str:
        return self._one_of(key, self.table.get(key, default), words)

    def _one_of(self, key: str, value: object, words: tuple[str, ...]) -> str:
        if not isinstance(value, str) or value not in words:
            near = suggestion(value, words) if isinstance(value, str) else ""
            raise self._error(key, f"must be one of {', '.join(words)}, not {value!r}{near}")
        return value

    def _versions(self) -> dict[str, str]:
        table = self._table("versions", "package = version")
        for package, text in table.items():
            from streamlint.releases import ranges as version_ranges  # dear to a run that names none

            if not isinstance(text, str) or version_ranges.parse(text) is None:
                shown = repr(text) if isinstance(text, str) else _kind(text)
                raise self._error(
                    f"versions.{package}", f'must be a version or a range such as ">=0.10,<0.11", not {shown}'
                )
        return dict(table)

    def _truth(self, key: str) -> bool:
        value = self.table.get(key, False)
        if not isinstance(value, bool):
            raise self._error(key, f"must be true or false, not {_kind(value)}")
        return value

    def _url_paths(self, key: str) -> tuple[str, ...]:
        """Paths of URLs, with a `*` only at the end of one."""
        written = self._strings(key) or ()
        for path in written:
            if not path.startswith("/") or "*" in path[:-1]:
                raise self._error(key, f'must be paths such as "/chat" or "/api/*", not {path!r}')
        return written

    def _seconds(self, key: str, default: float) -> float:
        value = self.table.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise self._error(key, f"must be a number of seconds, not {_kind(value)}")
        if not 0 < value < math.inf:
            raise self._error(key, f"must be more than 0 seconds, not {value}")
        return value

    def _names(self) -> dict[str, dict[str, tuple[str, ...]]]:
        if "names" not in self.table:
            return {}
        from streamlint.knowledge import user_rows

        found: dict[str, dict[str, tuple[str, ...]]] = {}
        for table, lists in self._table("names", "tables of lists").items():
            if why := user_rows.table_fault(table):
                raise self._error(f"names.{table}", why)
            if not isinstance(lists, dict):
                raise self._error(f"names.{table}", f"must be a table of lists, not {_kind(lists)}")
            for name, words in lists.items():
                where = f"names.{table}.{name}"
                if why := user_rows.list_fault(table, name):
                    raise self._error(where, why)
                found.setdefault(table, {})[name] = self._of_strings(where, words)
                for why in filter(None, (user_rows.name_fault(table, name, word) for word in words)):
                    raise self._error(where, why)
        return found

    def _rows(self, key: str) -> tuple[Row, ...]:
        value = self.table[key]
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise self._error(key, f"must be a list of tables ([[tool.streamlint.{key}]]), not {_kind(value)}")
        from streamlint.knowledge import user_rows

        for number, row in enumerate(value, 1):
            if found := user_rows.fault(key, row):
                name, why = found
                raise self._error(f"{key}.{name}", f"{why} (row {number})")
        return tuple(value)


def _kind(value: object) -> str:
    return _KINDS.get(type(value), type(value).__name__)
