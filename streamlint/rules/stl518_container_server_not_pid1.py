from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.containers import Deaf
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.messages.served import around, lowered, titles
from streamlint.repairs.commands import handed_over
from streamlint.rule import Language, Rule, on


class ContainerServerNotPid1(Rule):
    """
    ## What it does

    Finds containers in which a shell stands before the server of an application that streams: a `CMD` as a text, whose shell is
    dash or busybox (Debian, Ubuntu, Alpine and what is built on them), or a script that starts the server without `exec`.

    ## Why it breaks streaming

    Docker tells the first process to stop, and a shell does not pass that on. The server goes on to take new requests until the
    time is over, and then is killed with all its streams, however patient it is. Measured on Debian 12: `sh -c 'uvicorn …'` and
    a script without `exec` do not stop at SIGTERM; with `exec`, and with `bash -c` around a single command, the streams end whole.
    bash from 5.1 on gives its place to the last of several commands too, so nothing is reported behind `bash -c`.
    With an init (`tini`, `init: true`) nothing is reported.

    ## Example

    ```dockerfile
    FROM python:3.12
    CMD uvicorn application:app --host 0.0.0.0
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12
    CMD exec uvicorn application:app --host 0.0.0.0
    ```

    ## Fix safety

    `safe`: nothing comes behind the command, and the shell ended with it anyway. There is none where something does, or where
    another shell stands around it. Where nothing in it needs a shell, `CMD ["uvicorn", …]` does the same.

    ## References

    - [Dockerfile: shell form of ENTRYPOINT](https://docs.docker.com/reference/dockerfile/#shell-form-entrypoint-example)
      (checked 2026-11-26)
    - [Docker: stop](https://docs.docker.com/reference/cli/docker/container/stop/) (measured 2026-11-22)
    """

    code = "STL518"
    name = "container-server-not-pid1"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "the shell before {server} does not tell it to stop, so that it is killed with {routes} in it"

    @on(Deaf)
    def unheard(self, deaf: Deaf, file: DeploymentFile) -> Iterator[Fact]:
        server = deaf.server
        passage = file.deployment.ask(ServedRoutes).of(server)
        if passage is None:
            return

        def repair(_: object) -> Offer:
            return handed_over(deaf.shell.first, file.source) if deaf.is_repairable else None

        kind = "script" if deaf.shell.is_script else "shell"
        yield file.fact(
            self,
            deaf.anchor,
            server=server.program,
            routes=titles(passage),
            label=f"the {kind} stays in front of it",
            help="put `exec` before the command, so that it takes the place of the shell",
            related=around(file, server, passage),
            repair=repair,
            severity=lowered(self.severity, passage.certainty),
        )
