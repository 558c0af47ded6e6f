"""The commands of a deployment: of services, images, processes, units and scripts, each as often as something runs it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.deployment.composed import Service, Services
from streamlint.deployment.dockerfiles import Image, Images, Start
from streamlint.deployment.following import Command, Following, Running
from streamlint.deployment.hosted import hosted, is_hosted
from streamlint.deployment.limits import Anchor
from streamlint.deployment.tasks import Tasks
from streamlint.deployment.units import Given, Unit, UnitKind, is_for_development
from streamlint.deployment.workloads import Workloads
from streamlint.source import Span
from streamlint.surroundings import procfile, shell_words, unit_files
from streamlint.surroundings.names import PROCFILE
from streamlint.surroundings.written import Written

if TYPE_CHECKING:
    from streamlint.deployment.whole import Deployment

_VARIABLE = re.compile(r"""(?:(?<=")|(?<=[\s,])|^)([A-Za-z_]\w*)=(?:"([^"]*)"|'([^']*)'|([^"']*(?=")|[^"'\s,]*))""")
_SYSTEMD_PREFIX = "-@:+!"
__all__ = ["Command", "Commands"]


class Commands:
    """Those of all units of a deployment, each as often as units run it."""

    def __init__(self, deployment: Deployment) -> None:
        self.deployment = deployment
        self._following = Following(deployment)
        self.rows: tuple[Command, ...] = tuple(self._found())

    def _found(self) -> Iterator[Command]:
        yield from self._of_containers()
        for workload in (*self.deployment.ask(Workloads).rows, *self.deployment.ask(Tasks).rows):
            yield from self._of_starts(workload.entrypoint, workload.command, workload.unit)
        for path in self.deployment.files:
            if PROCFILE.fullmatch(path.name):
                yield from self._of_procfile(path)
            elif path.suffix == ".service":
                yield from self._of_systemd(path)
            elif is_hosted(path):
                yield from self._of_platform(path)
            elif path.suffix in (".conf", ".ini") or path.name.startswith("supervisor"):
                yield from self._of_supervisord(path)
        for path in self._following.scripts:
            if path not in self._following.run_scripts:
                unit = self._script(path)
                yield from self._following.of_script(path, Running(unit, path))

    # Units

    def _of_containers(self) -> Iterator[Command]:
        images = self.deployment.ask(Images)
        used: set[int] = set()
        for service in self.deployment.ask(Services).rows:
            built = service.dockerfile
            image = images.built(*built) if built is not None else None
            unit = self._serving(service, image)
            own = service.command is None and service.entrypoint is None
            if image is not None and own and not unit.is_for_development:
                used.add(id(image))
            entrypoint = service.entrypoint or (image.entrypoint if image is not None else None)
            command = service.command or (image.command if image is not None and service.entrypoint is None else None)
            yield from self._of_starts(entrypoint, command, unit)
        for image in images.rows:
            if id(image) not in used:
                yield from self._of_starts(image.entrypoint, image.command, self._image(image))

    def _serving(self, service: Service, image: Image | None) -> Unit:
        init = service.settings.get("init")
        given = service.settings.get("image")
        base = image.base if image is not None else given.text if given is not None and given.is_known else ""
        folder = image.path.parent if image is not None else service.path.parent
        return Unit(
            UnitKind.SERVICE,
            service.name,
            service.anchor,
            service.names,
            base,
            service.ports or (image.ports if image is not None else ()),
            {**(image.environment if image is not None else {}), **service.environment},
            service.settings,
            init is not None and init.text.lower() in ("true", "yes", "on"),
            is_for_development(self.deployment.knowledge, service.path.name, service.name),
            service.is_completed,
            folder,
        )

    def _image(self, image: Image) -> Unit:
        folder = image.path.parent.name if image.path.parent != self.deployment.root else ""
        is_mild = is_for_development(self.deployment.knowledge, image.path.name, image.stage, folder)
        return Unit(
            UnitKind.IMAGE,
            image.stage,
            image.anchor,
            image=image.base,
            ports=image.ports,
            environment=image.environment,
            is_for_development=is_mild,
            folder=image.path.parent,
        )

    def _script(self, path: Path) -> Unit:
        root = self.deployment.root
        folders = path.relative_to(root).parts if path.is_relative_to(root) else (path.name,)
        is_mild = is_for_development(self.deployment.knowledge, *folders)
        return Unit(
            UnitKind.SCRIPT, path.name, Anchor(path, Span(0, 0)), is_for_development=is_mild, folder=path.parent
        )

    def _unit(
        self,
        kind: UnitKind,
        name: str,
        anchor: Anchor,
        settings: Mapping[str, Given] | None = None,
        environment: Mapping[str, Given] | None = None,
    ) -> Unit:
        is_mild = is_for_development(self.deployment.knowledge, anchor.path.name, name)
        return Unit(
            kind,
            name,
            anchor,
            environment=environment or {},
            settings=settings or {},
            is_for_development=is_mild,
            folder=anchor.path.parent,
        )

    def _of_procfile(self, path: Path) -> Iterator[Command]:
        for process in procfile.read(self._text(path)).processes:
            unit = self._unit(UnitKind.PROCESS, process.name, Anchor(path, process.command.whole))
            yield from self._following.of_text(process.command, "bash", Running(unit, path))

    def _of_platform(self, path: Path) -> Iterator[Command]:
        for command in hosted(path, self._text(path)):
            anchor = Anchor(path, command.text.whole)
            unit = self._unit(UnitKind.PROCESS, command.name, anchor, environment=command.environment)
            yield from self._following.of_text(command.text, "bash", Running(unit, path))

    def _of_systemd(self, path: Path) -> Iterator[Command]:
        found = unit_files.systemd(self._text(path))
        environment = _variables((one.value for one in found.of("Service", "Environment")), path)
        settings = {one.key: _given(one.value, path) for one in found.entries if one.section == "Service"}
        for entry in found.of("Service", "ExecStart"):
            unit = self._unit(UnitKind.UNIT, path.stem, Anchor(path, entry.value.whole), settings, environment)
            cut = len(entry.value.text) - len(entry.value.text.lstrip(_SYSTEMD_PREFIX))
            words = shell_words.words(entry.value.part(cut, len(entry.value.text)))
            yield from self._following.of_words(words, Running(unit, path))

    def _of_supervisord(self, path: Path) -> Iterator[Command]:
        text = self._text(path)
        if "[program:" not in text:
            return
        found = unit_files.supervisord(text)
        for section in found.sections:
            environment = _variables((one.value for one in found.of(section, "environment")), path)
            for entry in found.of(section, "command") if section.startswith("program:") else ():
                settings = {one.key: _given(one.value, path) for one in found.entries if one.section == section}
                unit = self._unit(UnitKind.PROGRAM, section[8:], Anchor(path, entry.value.whole), settings, environment)
                yield from self._following.of_words(shell_words.words(entry.value), Running(unit, path))

    def _of_starts(self, entrypoint: Start | None, command: Start | None, unit: Unit) -> Iterator[Command]:
        """What an entrypoint does with the command: an exec form is given its words, a text for a shell is not."""
        if entrypoint is None or not (entrypoint.words or entrypoint.text):
            yield from self._following.of_start(command, unit) if command is not None else ()
        elif entrypoint.text is not None or command is None:
            yield from self._following.of_start(entrypoint, unit)
        else:
            given = Running(unit, entrypoint.anchor.path, entrypoint, rest=command.words, rest_path=command.anchor.path)
            yield from self._following.of_words(entrypoint.words, given)

    def _text(self, path: Path) -> str:
        source = self.deployment.source(path)
        return source.text if source is not None else ""


def _variables(values: Iterable[Written], path: Path) -> dict[str, Given]:
    """What a unit's list of variables sets: `A=1 "B=2 3"`, or `A="1",B=2`."""
    found = {}
    for written in values:
        for match in _VARIABLE.finditer(written.text):
            start, end = next(match.span(group) for group in (2, 3, 4) if match[group] is not None)
            span = written.span(start, end)
            text = written.text[start:end]
            inside = span if span.end - span.start == len(text) else None
            found[match[1]] = Given(text, Anchor(path, span), "%" not in text and "$" not in text, inside)
    return found


def _given(value: Written, path: Path) -> Given:
    inside = value.whole if value.whole.end - value.whole.start == len(value.text) else None
    return Given(value.text, Anchor(path, value.whole), "%" not in value.text and "$" not in value.text, inside)
