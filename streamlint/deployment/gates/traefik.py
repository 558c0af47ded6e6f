"""The routers of Traefik, of its files, of labels in Compose files, and of its objects in Kubernetes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.composed import Services
from streamlint.deployment.documents import YamlFiles
from streamlint.deployment.gates.gate import ANYWHERE, MOST_SERVERS, Gate, Match, Reading
from streamlint.deployment.gates.ingresses import address
from streamlint.deployment.limits import Anchor, Failure, Layer, Limit
from streamlint.deployment.nginx_passing import Address
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.resources.values import plain
from streamlint.deployment.units import Given, duration
from streamlint.deployment.workloads import Workloads
from streamlint.source import Span
from streamlint.surroundings import toml_file
from streamlint.surroundings.document import Document, Keys
from streamlint.surroundings.numbers import whole_number

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_RULE = re.compile(r"(!?)\b(PathPrefix|PathRegexp|Path)\(\s*((?:[`\"'][^`\"']*[`\"']\s*,?\s*)+)\)")
_HOST = re.compile(r"\bHost\([`\"']([\w.-]+)[`\"']")
_TEXT = re.compile(r"[`\"']([^`\"']*)[`\"']")
_KINDS = {"PathPrefix": "prefix", "Path": "exact", "PathRegexp": "pattern"}
_LABEL = re.compile(r"traefik\.(http\..+)", re.IGNORECASE)
_ADDRESS = re.compile(r"https?://([^:/]+)(?::(\d+))?/?")
_WRITE = re.compile(r"entrypoints\.[^.]+\.transport\.respondingtimeouts\.writetimeout")
_STATIC = ("entryPoints", "entrypoints")
_NAME = re.compile(r".*\.(?:ya?ml|toml)", re.IGNORECASE)
_SIGN = re.compile(r"\brouters\b|\bmiddlewares\b|\bentry[Pp]oints\b")


@dataclass(frozen=True)
class _Setting:
    """One value by its keys in small letters."""

    keys: Keys
    given: Given


@dataclass(frozen=True)
class _Router:
    name: str
    anchor: Anchor
    rule: str
    middlewares: tuple[str, ...]
    addresses: tuple[Address, ...]


class Traefik:
    """What all files of a deployment say of it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self.routers: list[_Router] = []
        self.buffering: dict[str, Anchor] = {}
        """Where a middleware that collects answers is made, by its name."""
        self.cutting: dict[str, str] = {}
        """The beginning of the path that a middleware takes off, by its name."""
        self._shortest: dict[Path, Reading] = {}
        """Of each file the shortest time in which one of its entry points ends an answer."""
        for path in deployment.files:
            source = deployment.source(path) if _NAME.fullmatch(path.name) else None
            if source is not None and _SIGN.search(source.text):
                self._of_document(path, self._document(path, source.text))
        self._of_labels()
        self._of_commands()
        self._of_objects()

    # Where it is written

    def _of_document(self, path: Path, document: Document) -> None:
        settings = [_Setting(_small(each.keys), plain(path, each)) for each in document.settings]
        self._add(settings, ())
        for each in settings:
            if _WRITE.fullmatch(".".join(map(str, each.keys))):
                self._limit(each.given)

    def _document(self, path: Path, text: str) -> Document:
        return toml_file.read(text) if path.suffix == ".toml" else self.deployment.ask(YamlFiles).of(path).first

    def _of_labels(self) -> None:
        for service in self.deployment.ask(Services).rows:
            labels = [
                _Setting(_small(match[1].split(".")), given)
                for name, given in service.labels.items()
                if (match := _LABEL.fullmatch(name))
            ]
            ports = [each.given.text for each in labels if each.keys[-2:] == ("server", "port")]
            port = whole_number(ports[0]) if ports else None
            self._add(labels, (Address(service.name, port),))

    def _of_commands(self) -> None:
        for service in self.deployment.ask(Services).rows:
            start = service.command
            for word in start.words if start is not None else ():
                name, _, value = word.text.partition("=")
                if _WRITE.fullmatch(name.lower().lstrip("-")):
                    inside = (
                        Span(word.inside.start + len(name) + 1, word.inside.end) if word.inside is not None else None
                    )
                    self._limit(Given(value, Anchor(service.path, word.span), word.is_known, inside))

    def _of_objects(self) -> None:
        resources = self.deployment.ask(Resources)
        for each in resources.of("Middleware"):
            place = each.head("spec", "buffering")
            if place is not None:
                self.buffering[each.name.lower()] = Anchor(each.path, place)
        for each in resources.of("IngressRoute"):
            self.routers += _routes(each, self.deployment.ask(Workloads))

    def _add(self, settings: Sequence[_Setting], own: tuple[Address, ...]) -> None:
        services: dict[str, list[Address]] = {}
        routers: dict[str, dict[str, list[_Setting]]] = {}
        for each in settings:
            match each.keys:
                case ("http", "middlewares", str(name), "buffering", *_):
                    self.buffering.setdefault(name, each.given.anchor)
                case ("http", "middlewares", str(name), "stripprefix", "prefixes", *_):
                    self.cutting.setdefault(name, each.given.text)
                case ("http", "services", str(name), "loadbalancer", "servers", _, "url"):
                    match = _ADDRESS.fullmatch(each.given.text)
                    found = (
                        Address(match[1], whole_number(match[2] or "80")) if match and each.given.is_known else ANYWHERE
                    )
                    if len(services.setdefault(name, [])) < MOST_SERVERS:
                        services[name].append(found)
                case ("http", "routers", str(name), str(key), *_):
                    routers.setdefault(name, {}).setdefault(key, []).append(each)
        for name, said in routers.items():
            rule = said.get("rule", [])
            if not rule:
                continue
            behind = [_plain(each.given.text) for each in said.get("service", [])]
            addresses = own or tuple(one for each in behind for one in services.get(each, ()))
            middlewares = tuple(
                _plain(part) for each in said.get("middlewares", []) for part in each.given.text.split(",")
            )
            self.routers.append(_Router(name, rule[0].given.anchor, rule[0].given.text, middlewares, addresses))

    def _limit(self, given: Given) -> None:
        seconds = duration(given.text) if given.is_known else None
        before = self._shortest.get(given.anchor.path)
        if seconds and (before is None or before.limit.seconds is None or seconds < before.limit.seconds):
            limit = Limit(Failure.TOTAL, "writeTimeout", seconds, given.anchor)
            self._shortest[given.anchor.path] = Reading(limit, given)

    # What it comes to

    def gates(self) -> Iterator[Gate]:
        for router in self.routers:
            held = [(name, self.buffering[name]) for name in router.middlewares if name in self.buffering]
            readings = [
                Reading(Limit(Failure.BUFFER, "buffering", None, anchor), Given("", anchor)) for _, anchor in held
            ]
            yield Gate(
                "traefik",
                "Traefik",
                f"router `{router.name}`",
                Layer.PROXY,
                router.anchor,
                (*readings, *self._shortest.values()),
                router.addresses or (ANYWHERE,),
                tuple(_matches(router.rule)),
                next((self.cutting[name] for name in router.middlewares if name in self.cutting), ""),
                f"https://{host[1]}" if (host := _HOST.search(router.rule)) else "",
            )


def gates(deployment: Deployment) -> Iterator[Gate]:
    yield from deployment.ask(Traefik).gates()


def _small(keys: Sequence[str | int]) -> Keys:
    return tuple(key.lower() if isinstance(key, str) else key for key in keys)


def _plain(name: str) -> str:
    """A name without its provider: `limit@docker`."""
    return name.strip().partition("@")[0].lower()


def _matches(rule: str) -> Iterator[Match]:
    """The paths of a rule; what only asks for the host takes all of them."""
    is_plain = "!" not in rule
    for match in _RULE.finditer(rule):
        for text in _TEXT.findall(match[3]):
            yield Match(text, _KINDS[match[2]], is_plain)


def _routes(resource: Resource, workloads: Workloads) -> Iterator[_Router]:
    for way in resource.ways(("spec", "routes", "*")):
        rule = resource.get(*way, "match")
        if rule is None:
            continue
        names = [resource.get(*way, "middlewares", each, "name") for each in resource.names(*way, "middlewares")]
        yield _Router(
            resource.name,
            rule.anchor,
            rule.text,
            tuple(each.text.lower() for each in names if each is not None),
            tuple(_services(resource, way, workloads)),
        )


def _services(resource: Resource, way: Keys, workloads: Workloads) -> Iterator[Address]:
    for each in resource.ways(("services", "*"), way):
        name = resource.get(*each, "name")
        if name is not None:
            yield address(name, resource.get(*each, "port"), workloads)
