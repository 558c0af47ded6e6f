"""The containers that objects of Kubernetes run, and the names and ports under which others reach them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.dockerfiles import Image, Images, Start
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.units import Given, Port, Unit, UnitKind, is_for_development
from streamlint.source import Span
from streamlint.surroundings.document import Keys
from streamlint.surroundings.numbers import whole_number
from streamlint.surroundings.shell_words import Word

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_KINDS = ("Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Pod", "Rollout")
_GRACE = "terminationGracePeriodSeconds"


@dataclass(frozen=True)
class Workload:
    """One container of an object: what it is told to run, and what is said of it."""

    unit: Unit
    entrypoint: Start | None
    command: Start | None


class Workloads:
    """Those of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._resources = deployment.ask(Resources)
        self._services = tuple(self._resources.of("Service"))
        self.rows: tuple[Workload, ...] = tuple(
            workload for resource in self._resources.of(*_KINDS) for workload in self._of(resource)
        )

    @cached_property
    def services(self) -> frozenset[str]:
        """The names of all services of Kubernetes."""
        return frozenset(service.name for service in self._services)

    @property
    def commanded(self) -> set[str]:
        """The services of which it is known what their containers run."""
        found: dict[str, bool] = {}
        for each in self.rows:
            is_told = each.entrypoint is not None or each.command is not None
            for name in each.unit.names:
                found[name] = is_told or found.get(name, False)
        return {name for name, is_told in found.items() if is_told}

    def target(self, service: str, port: str) -> int | None:
        """The port of the container behind a port of a service, by number or name; None where nothing says."""
        for resource in self._services:
            if resource.name != service:
                continue
            for number in resource.names("spec", "ports"):
                if port not in (_text(resource, "port", number), _text(resource, "name", number)):
                    continue
                target = _text(resource, "targetPort", number) or _text(resource, "port", number)
                found = whole_number(target)
                return found if found is not None else self._named(service, target)
        return None

    def _named(self, service: str, port: str) -> int | None:
        for workload in self.rows:
            given = workload.unit.settings.get(f"port {port}")
            if service in workload.unit.names and given is not None and whole_number(given.text) is not None:
                return whole_number(given.text)
        return None

    def _of(self, resource: Resource) -> Iterator[Workload]:
        pod: Keys = ("spec",) if resource.kind == "Pod" else ("spec", "template", "spec")
        labels = resource if resource.kind == "Pod" else None
        names = self._names(resource, ("metadata", "labels") if labels else ("spec", "template", "metadata", "labels"))
        for number in resource.names(*pod, "containers"):
            keys: Keys = (*pod, "containers", number)
            unit = self._unit(resource, pod, keys, names)
            image = self._image(unit)
            entrypoint, command = start(resource, (*keys, "command")), start(resource, (*keys, "args"))
            if image is not None and entrypoint is None:
                entrypoint, command = image.entrypoint, command or image.command
                unit = replace(unit, folder=image.path.parent, ports=unit.ports or image.ports)
            yield Workload(unit, entrypoint, command)

    def _image(self, unit: Unit) -> Image | None:
        return image_named(unit.image, [each for each in self._deployment.ask(Images).rows if each.is_last])

    def _names(self, resource: Resource, way: Keys) -> frozenset[str]:
        """The services that choose it by its labels."""
        labels = {keys: given.text for keys, given in resource.every(*way) if given.is_known}
        found = set()
        for service in self._services:
            wanted = {keys: given.text for keys, given in service.every("spec", "selector") if given.is_known}
            if wanted and wanted.items() <= labels.items():
                found.add(service.name)
        return frozenset(found)

    def _unit(self, resource: Resource, pod: Keys, keys: Keys, names: frozenset[str]) -> Unit:
        name, image = resource.get(*keys, "name"), resource.get(*keys, "image")
        grace = resource.get(*pod, _GRACE)
        if grace is None and resource.is_template:
            grace = Given("", resource.anchor, is_known=False)
        ports = [
            (resource.get(*keys, "ports", each, "containerPort"), resource.get(*keys, "ports", each, "name"))
            for each in resource.names(*keys, "ports")
        ]
        settings = {f"port {title.text}": port for port, title in ports if port is not None and title is not None}
        return Unit(
            UnitKind.POD,
            name.text if name is not None else resource.name,
            resource.anchor,
            names,
            image.text if image is not None and image.is_known else "",
            tuple(_port(port) for port, _ in ports if port is not None),
            _environment(resource, keys),
            settings | ({_GRACE: grace} if grace is not None else {}),
            is_for_development=is_mild(self._deployment, resource),
            folder=self._deployment.root,
        )


def is_mild(deployment: Deployment, resource: Resource) -> bool:
    """Whether its name, or that of its file or folder, says that nobody deploys it."""
    folder = resource.path.parent
    names = (resource.path.name, folder.name if folder != deployment.root else "", resource.name)
    return is_for_development(deployment.knowledge, *names)


def image_named(text: str, images: Iterable[Image]) -> Image | None:
    """The Dockerfile that an image is built from, as far as the names of both say so."""
    name = text.partition("@")[0].rpartition("/")[2].partition(":")[0].lower()
    named = [each for each in images if name and name in (part.lower() for part in _names_of(each.path))]
    return named[0] if len(named) == 1 else None


def _names_of(path: Path) -> Iterator[str]:
    """What an image that is built from a Dockerfile may be called: its folder, or the beginning or end of its own name."""
    yield path.parent.name
    yield from (part for part in path.name.split(".") if part.lower() not in ("dockerfile", "containerfile"))


def _text(service: Resource, key: str, number: str | int) -> str:
    given = service.get("spec", "ports", number, key)
    return given.text if given is not None and given.is_known else ""


def _port(given: Given) -> Port:
    number = whole_number(given.text) if given.is_known else None
    return Port(number, number)


def _environment(resource: Resource, keys: Keys) -> dict[str, Given]:
    found = {}
    for number in resource.names(*keys, "env"):
        name, value = resource.get(*keys, "env", number, "name"), resource.get(*keys, "env", number, "value")
        if name is not None and value is not None:
            found[name.text] = value
    return found


def start(resource: Resource, keys: Keys) -> Start | None:
    words = tuple(
        Word(given.text, given.anchor.span, given.is_known, given.inside) for _, given in resource.every(*keys)
    )
    if not words:
        return None
    return Start(words, Anchor(resource.path, Span(words[0].span.start, words[-1].span.end)))
