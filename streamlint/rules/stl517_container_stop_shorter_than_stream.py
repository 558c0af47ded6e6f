from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.deployment.containers import Container
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.units import UnitKind
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Edit, Fix, Level
from streamlint.messages.served import around, lowered, seconds, titles
from streamlint.rule import Language, Rule, on
from streamlint.source import Source, Span

_ENOUGH = 30
_REASON = "a restart takes longer"
_PRODUCTION = re.compile(r"(?<![a-z])prod", re.IGNORECASE)


class ContainerStopShorterThanStream(Rule):
    """
    ## What it does

    Finds containers that run an application that streams and are killed sooner than 30 s after they are told to stop, or sooner
    than their server is told to wait: services of Compose files, 10 s where nothing is set; pods of Kubernetes
    (`terminationGracePeriodSeconds`) and tasks of Amazon ECS (`stopTimeout`, in Terraform and CloudFormation), 30 s where
    nothing is set. A warning in Kubernetes, in ECS and in Compose files that are named for production, advice elsewhere.

    ## Why it breaks streaming

    Docker sends SIGTERM, waits `stop_grace_period`, and then kills the container with all streams in it, however patient the
    server is; Kubernetes and ECS do the same. With Compose's default of 10 s each `docker compose up` of a new version cuts
    the answers of everybody who waits longer.

    ## Example

    ```yaml
    services:
      api:
        image: python:3.12
        command: uvicorn application:app --host 0.0.0.0
    ```

    ## Use instead

    ```yaml
    services:
      api:
        stop_grace_period: 60s
        image: python:3.12
        command: uvicorn application:app --host 0.0.0.0
    ```

    ## Fix safety

    `unsafe`: stopping takes longer where a stream is running, or where the server does not hear that it is told to stop (STL518).

    ## References

    - [Compose: services, stop_grace_period](https://docs.docker.com/reference/compose-file/services/#stop_grace_period)
      (checked 2026-11-26)
    - [docker stop](https://docs.docker.com/reference/cli/docker/container/stop/) (checked 2026-11-26)
    - [Kubernetes: Pod Lifecycle](https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#pod-termination)
      (checked 2026-11-26)
    - [Amazon ECS: ContainerDefinition](https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_ContainerDefinition.html)
      (checked 2026-11-26)
    """

    code = "STL517"
    name = "container-stop-shorter-than-stream"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "`{service}` is killed {limit} after it is told to stop{default}, with {routes} in it"

    @on(Container)
    def short(self, container: Container, file: DeploymentFile) -> Iterator[Fact]:
        grace = container.grace
        passage = file.deployment.ask(ServedRoutes).of(container.server)
        if (
            passage is None
            or grace is None
            or grace >= max(_ENOUGH, container.patience)
            or not container.is_stopped_kindly
        ):
            return
        given, told = container.given, f"set `{container.setting}: {container.enough}`"
        is_production = container.unit.kind is not UnitKind.SERVICE or bool(_PRODUCTION.search(file.path.name))

        def repair(_: object) -> Offer:
            edit = _edit(container, file.source)
            return Fix(told, (edit,), Level.UNSAFE, _REASON) if edit is not None else None

        yield file.fact(
            self,
            given.anchor if given is not None and given.anchor.path == file.path else container.anchor,
            service=container.unit.name,
            limit=seconds(grace),
            default=" (the default)" if given is None else "",
            routes=titles(passage),
            label=f"{container.stopping.who} waits no longer",
            help=told,
            related=around(file, container.server, passage),
            repair=repair,
            severity=lowered(Severity.WARNING, passage.certainty) if is_production else None,
        )


def _edit(container: Container, source: Source) -> Edit | None:
    """Another value where one is written, or a line in a service of Compose that has none."""
    given = container.given
    if given is not None:
        is_here = given.inside is not None and given.anchor.path == source.path
        return Edit(given.inside, container.enough) if given.inside is not None and is_here else None
    if container.unit.kind is not UnitKind.SERVICE:
        return None
    return _inserted(source, container.anchor.span, f"{container.setting}: {container.enough}")


def _inserted(source: Source, name: Span, text: str) -> Edit | None:
    """The line as the first one of a service, indented as the next is; None where the service is no block."""
    line = source.line_span(name.start)
    behind = source.text[name.end : line.end].strip()
    following = source.line_span(line.end) if line.end < len(source.text) else None
    indent = re.match(r"[ ]+", source.slice(following)) if following is not None else None
    if behind != ":" or indent is None or len(indent[0]) <= name.start - line.start:
        return None
    return Edit(Span(line.end, line.end), f"{indent[0]}{text}{source.newline}")
