"""The containers of tasks of Amazon ECS, as Terraform and CloudFormation define them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from streamlint.deployment.dockerfiles import Image, Images, Start
from streamlint.deployment.limits import Anchor
from streamlint.deployment.resources import Resource, Resources
from streamlint.deployment.units import Given, Port, Unit, UnitKind
from streamlint.deployment.workloads import Workload, image_named, is_mild, start
from streamlint.surroundings.document import Keys

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_TERRAFORM, _CLOUDFORMATION = "aws_ecs_task_definition", "AWS::ECS::TaskDefinition"
_CONTAINERS = {_TERRAFORM: "container_definitions", _CLOUDFORMATION: "ContainerDefinitions"}
_STOP = "stopTimeout"


class Tasks:
    """Those of a deployment."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self.rows: tuple[Workload, ...] = tuple(
            workload for resource in deployment.ask(Resources).of(*_CONTAINERS) for workload in self._of(resource)
        )

    def _of(self, resource: Resource) -> Iterator[Workload]:
        way = (_CONTAINERS[resource.kind],)
        parts = [_Part(resource, (*way, number)) for number in resource.names(*way)]
        unknown = [part for part in parts if not part.image]
        for part in parts:
            image = self._image(part, is_only=len(unknown) == 1)
            unit = self._unit(part)
            entrypoint, command = part.start("entryPoint"), part.start("command")
            if image is not None and entrypoint is None:
                entrypoint, command = image.entrypoint, command or image.command
            if image is not None:
                unit = replace(unit, folder=image.path.parent, ports=unit.ports or image.ports)
            yield Workload(unit, entrypoint, command)

    def _image(self, part: _Part, *, is_only: bool) -> Image | None:
        """The Dockerfile of a container: by its name, or the only one there is for the only image whose name is computed."""
        images = [each for each in self._deployment.ask(Images).rows if each.is_last]
        if not part.image:
            return images[0] if is_only and len(images) == 1 else None
        return image_named(part.image, images)

    def _unit(self, part: _Part) -> Unit:
        resource, name = part.resource, part.get("name")
        stop, init = part.get(_STOP), part.get("linuxParameters", "initProcessEnabled")
        ports = [part.get("portMappings", each, "containerPort") for each in part.names("portMappings")]
        return Unit(
            UnitKind.TASK,
            name.text if name is not None and name.is_known else resource.name,
            part.anchor,
            frozenset(),
            part.image,
            tuple(Port(int(port.text), int(port.text)) for port in ports if port is not None and port.text.isdecimal()),
            part.environment,
            {part.spelled(_STOP): stop} if stop is not None else {},
            init is not None and init.text == "true",
            is_mild(self._deployment, resource),
            folder=self._deployment.root,
        )


@dataclass(frozen=True)
class _Part:
    """One container of a task; its keys are asked for as Terraform spells them."""

    resource: Resource
    way: Keys

    def spelled(self, key: str) -> str:
        return key if self.resource.kind == _TERRAFORM else key[:1].upper() + key[1:]

    def _keys(self, keys: Keys) -> Keys:
        return (*self.way, *(self.spelled(key) if isinstance(key, str) else key for key in keys))

    def get(self, *keys: str | int) -> Given | None:
        return self.resource.get(*self._keys(keys))

    def names(self, *keys: str | int) -> tuple[str | int, ...]:
        return self.resource.names(*self._keys(keys))

    def start(self, key: str) -> Start | None:
        return start(self.resource, self._keys((key,)))

    @property
    def image(self) -> str:
        """The name of its image; "" where it is computed."""
        given = self.get("image")
        return given.text if given is not None and given.is_known else ""

    @property
    def anchor(self) -> Anchor:
        name = self.get("name")
        return name.anchor if name is not None and name.anchor.path == self.resource.path else self.resource.anchor

    @property
    def environment(self) -> dict[str, Given]:
        found = {}
        for each in self.names("environment"):
            name, value = self.get("environment", each, "name"), self.get("environment", each, "value")
            if name is not None and value is not None:
                found[name.text] = value
        return found
