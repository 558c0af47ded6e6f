"""The commands in the files of platforms that run programs: `app.yaml`, `fly.toml`, `railway.json` and their kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given
from streamlint.knowledge.command_files import ANY, CommandFile, command_files
from streamlint.surroundings import json_file, toml_file, yaml_file
from streamlint.surroundings.document import Document, Keys, Setting
from streamlint.surroundings.written import Written

_READERS: Mapping[str, Callable[[str], Document]] = {
    ".json": json_file.read,
    ".toml": toml_file.read,
    ".yaml": yaml_file.read,
    ".yml": yaml_file.read,
}


@dataclass(frozen=True)
class HostedCommand:
    """A command as it is written, the name of what runs it, and the variables that its file sets."""

    name: str
    text: Written
    environment: Mapping[str, Given]


def is_hosted(path: Path) -> bool:
    """Whether a file of this name may hold such a command."""
    return path.suffix in _READERS and any(kind.fits(path.name) for kind in command_files())


def hosted(path: Path, text: str) -> Iterator[HostedCommand]:
    document = _READERS[path.suffix](text)
    for kind in command_files():
        if not kind.fits(path.name):
            continue
        environment = dict(_variables(document, kind, path))
        for setting in document.settings:
            if setting.is_text and _lead(setting.keys, kind.command):
                yield HostedCommand(_name(document, setting, kind), yaml_file.written(setting, text), environment)


def _variables(document: Document, kind: CommandFile, path: Path) -> Iterator[tuple[str, Given]]:
    for setting in document.settings if kind.environment else ():
        if _lead(setting.keys, (*kind.environment, ANY)):
            given = Given(setting.value, Anchor(path, setting.span), "$" not in setting.value, setting.inside)
            yield str(setting.keys[-1]), given


def _lead(keys: Keys, pattern: tuple[str, ...]) -> bool:
    same = (sign in (ANY, key) for key, sign in zip(keys, pattern, strict=False))
    return len(keys) == len(pattern) and all(same)


def _name(document: Document, setting: Setting, kind: CommandFile) -> str:
    """What the platform calls the process: the key above the command, or the `name` beside it."""
    if kind.command[-1] == ANY:
        return str(setting.keys[-1])
    beside = document.get(*setting.keys[:-1], "name")
    return beside.value if beside is not None and len(setting.keys) > 1 else ""
