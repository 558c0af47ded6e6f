"""What a run can be asked beside findings: the entry points with what their streams pass, and the releases that are assumed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from streamlint.immutable import immutable
from streamlint.links import Renaming, real_path
from streamlint.room import roomy
from streamlint.run import Request, opened

if TYPE_CHECKING:
    from streamlint.deployment import Deployment
    from streamlint.deployment.chains import Chain
    from streamlint.project import Project
    from streamlint.projects import Projects
    from streamlint.releases.told import Told
    from streamlint.serving.routes import EntryPoint


@immutable
class Ways:
    """What the streams of a deployment pass, for the routes of a request."""

    deployment: Deployment
    chains: tuple[Chain, ...]


@roomy
def routes(request: Request) -> tuple[tuple[EntryPoint, ...], tuple[Ways, ...]]:
    """What the frameworks call in the files of the request, by place, and the ways of the streams among them."""
    from streamlint.serving.routes import Routes

    found, projects = opened(request)
    names = {real_path(path): path for path in found.files}
    points = [point for project in projects.all for point in project.ask(Routes).rows if point.place.path in names]
    points = [replace(point, place=replace(point.place, path=names[point.place.path])) for point in points]
    ordered = sorted(points, key=lambda point: (str(point.place.path), point.place.span.start))
    return tuple(ordered), tuple(_ways(projects, names))


def projects(request: Request) -> tuple[Project, ...]:
    """The projects that the files of the request belong to."""
    return tuple(opened(request)[1].all)


def _ways(projects: Projects, names: Mapping[Path, Path]) -> Iterator[Ways]:
    from streamlint.deployment.chains import Chains

    deployments = {id(one): one for one in map(projects.deployment, names.values())}
    for deployment in deployments.values():
        rows = deployment.ask(Chains).rows
        chains = tuple(each for each in rows if each.route.place is None or each.route.place.path in names)
        if chains:
            yield Ways(deployment, chains)


def files(request: Request) -> tuple[Path, ...]:
    """The files that a run looks at, by name; of those that are not Python, the ones that may matter."""
    found, _ = opened(request)
    return tuple(sorted({**found.files, **found.beside, **found.deploying}))


def versions(request: Request) -> tuple[Told, ...]:
    """Which releases are assumed in the folders of the request, and where that is said."""
    return tuple(sorted(_versions(request), key=lambda row: (row.folder.parts, row.package)))


def _versions(request: Request) -> Iterator[Told]:
    from streamlint.releases.told import told

    found, projects = opened(request)
    seen = set()
    for path in sorted((*found.files, *found.beside), key=lambda path: path.parts):
        project = projects.of(path)
        near = project.versions.near(projects.real(path))
        if near.folder not in seen:
            seen.add(near.folder)
            naming = Renaming.of(path)
            yield from (row.named(naming) for row in told(near, project.knowledge.versioned))
