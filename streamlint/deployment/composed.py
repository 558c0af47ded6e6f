"""The services of Compose files: what each runs, is built from, and how it is stopped."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.compose_files import COMPUTED, ComposeFiles, Part
from streamlint.deployment.dockerfiles import Start
from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, Port, assumed
from streamlint.source import Span
from streamlint.surroundings import env_file, shell_words, yaml_file
from streamlint.surroundings.document import Setting
from streamlint.surroundings.numbers import whole_number
from streamlint.surroundings.shell_words import Word
from streamlint.surroundings.templates import HOLE

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_BUILT_FROM = ("dockerfile", "target")
_SETTINGS = ("stop_grace_period", "stop_signal", "init", "container_name", "hostname", "image")


@dataclass(frozen=True)
class Service:
    """One service with what it takes over: from the file that its own completes, and from those that it extends."""

    path: Path
    name: str
    anchor: Anchor
    parts: tuple[Part, ...]
    """As each file has it, its own first."""
    is_completed: bool = False
    """Whether another file says more of it, and that one is deployed."""
    files: tuple[tuple[Path, str], ...] = ()
    """The files of variables that it names, with their texts."""

    def get(self, *keys: str) -> Given | None:
        return next((given for part in self.parts if (given := part.get(*keys)) is not None), None)

    @cached_property
    def settings(self) -> Mapping[str, Given]:
        found = ((key, self.get(key)) for key in _SETTINGS)
        return {key: given for key, given in found if given is not None}

    @cached_property
    def entrypoint(self) -> Start | None:
        return self._start("entrypoint")

    @cached_property
    def command(self) -> Start | None:
        return self._start("command")

    @property
    def dockerfile(self) -> tuple[Path, str] | None:
        """The Dockerfile that it is built from, and the stage."""
        part = next((each for each in self.parts if each.has("build")), None)
        if part is None:
            return None
        given = part.get("build") or part.get("build", "context"), *(part.get("build", key) for key in _BUILT_FROM)
        context, file, stage = (assumed(one.text) if one is not None else "" for one in given)
        if context is None or file is None or stage is None or "://" in context:
            return None
        return part.path.parent / (context or ".") / (file or "Dockerfile"), stage

    @cached_property
    def labels(self) -> dict[str, Given]:
        return self._pairs("labels")

    @cached_property
    def environment(self) -> dict[str, Given]:
        return self._pairs("environment")

    def _pairs(self, key: str) -> dict[str, Given]:
        """What a table says, or a list of `name=value`."""
        found: dict[str, Given] = {}
        for path, text in self.files:
            for variable in env_file.read(text):
                inside = variable.value.whole if variable.is_plain else None
                anchor = Anchor(path, variable.value.whole)
                found[variable.name] = Given(variable.value.text, anchor, variable.is_known, inside)
        for part in reversed(self.parts):
            for setting in part.under(key):
                given, last = part.given(setting), setting.keys[-1]
                if isinstance(last, str):
                    found[last] = given
                elif "=" in given.text:
                    name, _, value = given.text.partition("=")
                    start = given.inside.start + len(name) + 1 if given.inside is not None else 0
                    inside = Span(start, given.inside.end) if given.inside is not None else None
                    found[name] = replace(given, text=value, inside=inside)
        return found

    @cached_property
    def ports(self) -> tuple[Port, ...]:
        return tuple(port for part in self.parts for key in ("ports", "expose") for port in _ports(part, key))

    @property
    def volumes(self) -> tuple[str, ...]:
        """What is mounted, as it is written."""
        return tuple(each.value for part in self.parts for each in part.under("volumes"))

    @cached_property
    def names(self) -> frozenset[str]:
        """Those under which other services reach it."""
        own = [self.get(key) for key in ("container_name", "hostname")]
        aliases = [each.value for part in self.parts for each in part.under("networks") if "aliases" in each.keys]
        return frozenset((self.name, *(given.text for given in own if given is not None), *aliases))

    def _start(self, key: str) -> Start | None:
        for part in self.parts:
            place = part.place(key)
            if place is None:
                continue
            settings = list(part.under(key))
            words = tuple(word for setting in settings for word in _words(part, setting))
            end = max((setting.span.end for setting in settings), default=place.end)
            span = Span(words[0].span.start, words[-1].span.end) if words else Span(place.start, end)
            return Start(words, Anchor(part.path, span))
        return None


class Services:
    """Those of all Compose files of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._files = ComposeFiles(deployment)
        self.rows: tuple[Service, ...] = tuple(self._found())

    def _found(self) -> Iterator[Service]:
        for path in self._files.paths:
            for part in self._files.parts(path):
                parts = self._files.whole(part)
                yield Service(
                    path,
                    part.name,
                    Anchor(path, part.span),
                    parts,
                    self._files.is_completed(part),
                    tuple(self._variables(parts)),
                )

    def _variables(self, parts: tuple[Part, ...]) -> Iterator[tuple[Path, str]]:
        """The files of variables that can be had, the weakest first."""
        for part in reversed(parts):
            for setting in part.under("env_file"):
                if setting.keys[-1] != "required":
                    path = part.path.parent / setting.value
                    source = self.deployment.source(path) if path.name else None
                    if source is not None:
                        yield path, source.text


def _ports(part: Part, key: str) -> Iterator[Port]:
    long: dict[str | int, dict[str, str]] = {}
    for setting in part.under(key):
        if len(setting.keys) == 4:
            yield _port(assumed(setting.value) or setting.value)
        elif len(setting.keys) == 5:
            long.setdefault(setting.keys[3], {})[str(setting.keys[4])] = assumed(setting.value) or ""
    for each in long.values():
        yield Port(whole_number(each.get("target", "")), whole_number(each.get("published", "")))


def _words(part: Part, setting: Setting) -> tuple[Word, ...]:
    if isinstance(setting.keys[-1], int):
        return (Word(setting.value, setting.span, not COMPUTED.search(setting.value), setting.inside),)
    if not setting.value.strip() or setting.value in ("null", "~"):
        return ()
    found = shell_words.words(yaml_file.written(setting, part.text))
    return tuple(replace(word, is_known=word.is_known and HOLE not in word.text) for word in found)


def _port(text: str) -> Port:
    *before, target = text.partition("/")[0].split(":")
    return Port(whole_number(target), whole_number(before[-1]) if before else None)
