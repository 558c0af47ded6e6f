"""The services of Compose files: what each runs, is built from, and how it is stopped."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.dockerfiles import Start
from streamlint.deployment.limits import Anchor
from streamlint.deployment.units import Given, Port
from streamlint.source import Span
from streamlint.surroundings import shell_words, yaml_file
from streamlint.surroundings.document import Document, Setting
from streamlint.surroundings.names import COMPOSE
from streamlint.surroundings.shell_words import Word

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

SIGN = re.compile(r"^services\s*:", re.MULTILINE)
_COMPUTED = re.compile(r"(?<!\$)\$(?!\$)|\ue000")
_DEEPEST = 5
_SETTINGS = ("stop_grace_period", "stop_signal", "init", "container_name", "hostname", "image")


@dataclass(frozen=True)
class Service:
    """One service with what it takes over from others of its file."""

    path: Path
    name: str
    anchor: Anchor
    text: str
    document: Document
    ways: tuple[str, ...]
    """The names under which its keys are looked for: its own, then those that it extends."""

    def get(self, *keys: str) -> Given | None:
        for way in self.ways:
            setting = self.document.get("services", way, *keys)
            if setting is not None:
                return self._given(setting)
        return None

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
        whole = self.get("build")
        context = whole or self.get("build", "context")
        if context is None and not any(self.document.has("services", way, "build") for way in self.ways):
            return None
        folder = self.path.parent / (context.text if context is not None else ".")
        given, target = self.get("build", "dockerfile"), self.get("build", "target")
        known = [one for one in (context, given, target) if one is not None]
        if not all(one.is_known for one in known) or "://" in str(folder):
            return None
        return folder / (given.text if given is not None else "Dockerfile"), target.text if target is not None else ""

    @cached_property
    def labels(self) -> dict[str, Given]:
        return self._pairs("labels")

    @cached_property
    def environment(self) -> dict[str, Given]:
        return self._pairs("environment")

    def _pairs(self, key: str) -> dict[str, Given]:
        """What a table says, or a list of `name=value`."""
        found: dict[str, Given] = {}
        for way in reversed(self.ways):
            for setting in self.document.under("services", way, key):
                given, last = self._given(setting), setting.keys[-1]
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
        return tuple(port for way in self.ways for key in ("ports", "expose") for port in self._ports(way, key))

    @property
    def volumes(self) -> tuple[str, ...]:
        """What is mounted, as it is written."""
        return tuple(each.value for way in self.ways for each in self.document.under("services", way, "volumes"))

    @cached_property
    def names(self) -> frozenset[str]:
        """Those under which other services reach it."""
        own = [self.get(key) for key in ("container_name", "hostname")]
        aliases = [
            each.value for each in self.document.under("services", self.name, "networks") if "aliases" in each.keys
        ]
        return frozenset((self.name, *(given.text for given in own if given is not None), *aliases))

    def _ports(self, way: str, key: str) -> Iterator[Port]:
        long: dict[str | int, dict[str, str]] = {}
        for setting in self.document.under("services", way, key):
            if len(setting.keys) == 4:
                yield _port(setting.value)
            elif len(setting.keys) == 5:
                long.setdefault(setting.keys[3], {})[str(setting.keys[4])] = setting.value
        for each in long.values():
            yield Port(_number(each.get("target", "")), _number(each.get("published", "")))

    def _start(self, key: str) -> Start | None:
        for way in self.ways:
            settings = list(self.document.under("services", way, key))
            place = self.document.places.get(("services", way, key))
            if place is None:
                continue
            words = tuple(word for setting in settings for word in self._words(setting))
            end = max((setting.span.end for setting in settings), default=place.end)
            span = Span(words[0].span.start, words[-1].span.end) if words else Span(place.start, end)
            return Start(words, Anchor(self.path, span))
        return None

    def _words(self, setting: Setting) -> tuple[Word, ...]:
        written = yaml_file.written(setting, self.text)
        if isinstance(setting.keys[-1], int):
            return (Word(setting.value, setting.span, not _COMPUTED.search(setting.value), setting.inside),)
        return shell_words.words(written) if setting.value.strip() and setting.value not in ("null", "~") else ()

    def _given(self, setting: Setting) -> Given:
        return Given(
            setting.value, Anchor(self.path, setting.span), not _COMPUTED.search(setting.value), setting.inside
        )


class Services:
    """Those of all Compose files of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.rows: tuple[Service, ...] = tuple(
            service for path in deployment.files if COMPOSE.fullmatch(path.name) for service in self._of_file(path)
        )

    def _of_file(self, path: Path) -> Iterator[Service]:
        source = self.deployment.source(path)
        if source is None or not SIGN.search(source.text):
            return
        document = next((each for each in yaml_file.documents(source.text) if each.has("services")), None)
        if document is None:
            return
        for name, span in _services(document):
            ways = _extended(document, name)
            yield Service(path, name, Anchor(path, span), source.text, document, ways)


def _services(document: Document) -> Iterator[tuple[str, Span]]:
    for keys, span in document.places.items():
        if len(keys) == 2 and keys[0] == "services" and isinstance(keys[1], str):
            yield keys[1], span


def _extended(document: Document, name: str) -> tuple[str, ...]:
    """A service and those of the same file that it extends."""
    ways = [name]
    while len(ways) < _DEEPEST:
        short = document.get("services", ways[-1], "extends")
        long = document.get("services", ways[-1], "extends", "service")
        is_here = not document.has("services", ways[-1], "extends", "file")
        given = short or (long if is_here else None)
        if given is None or given.value in ways:
            break
        ways.append(given.value)
    return tuple(ways)


def _port(text: str) -> Port:
    *before, target = text.partition("/")[0].split(":")
    return Port(_number(target), _number(before[-1]) if before else None)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 6 else None
