from __future__ import annotations

import re
from collections.abc import Iterator

from streamlint.deployment.limits import Anchor
from streamlint.deployment.served import ServedRoutes
from streamlint.deployment.server_words import Option
from streamlint.deployment.servers import Server
from streamlint.deployment.units import UnitKind
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix, Level
from streamlint.messages.served import around, lowered, titles
from streamlint.repairs.commands import left_out
from streamlint.rule import Language, Rule, on

_PRODUCTION = re.compile(r"(?<![a-z])prod", re.IGNORECASE)
_REASON = "somebody may develop with this command"


class ServerReloadInProduction(Rule):
    """
    ## What it does

    Finds `--reload`, `flask run --debug`, `fastapi dev`, `uvicorn.run(..., reload=True)` and `app.run(debug=True)` in what an
    image, a process, a unit or a service for production runs for an application that streams. Files, stages and services that are
    named for development are not reported, nor is a branch of a script that only they take, nor code that no command runs.

    ## Why it breaks streaming

    A server that reloads runs one process, whatever number of workers is asked for, and starts anew when a file below it changes: a
    download, a compiled module, a log with the wrong ending. Measured with uvicorn: the old process ends its streams first, and
    all who come meanwhile wait for the last of them.

    ## Example

    ```dockerfile
    FROM python:3.12
    CMD ["uvicorn", "application:app", "--host", "0.0.0.0", "--reload"]
    ```

    ## Use instead

    ```dockerfile
    FROM python:3.12
    CMD ["uvicorn", "application:app", "--host", "0.0.0.0"]
    ```

    ## Fix safety

    `unsafe`: somebody may develop with this command. For `fastapi dev` there is none: `fastapi run` listens on all addresses.

    ## References

    - [uvicorn: Settings, development](https://www.uvicorn.org/settings/#development) (measured with 0.54.0 on 2026-11-22)
    - [FastAPI CLI](https://fastapi.tiangolo.com/fastapi-cli/) (checked 2026-11-26)
    """

    code = "STL519"
    name = "server-reload-in-production"
    severity = Severity.WARNING
    symptom = Symptom.FREEZES
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{server} serves {routes} in one process and starts anew when a file changes"

    @on(Server)
    def reloading(self, server: Server, file: DeploymentFile) -> Iterator[Fact]:
        option = server.option("reload")
        is_on = option is not None and _is_on(server, option)
        anchor = server.program_anchor if server.started is not None else server.anchor
        if is_on and option is not None and option.whole is not None:
            anchor = Anchor(file.path, option.whole)
        if not (is_on or server.mode == "dev") or server.anchor.path != file.path or not _is_deployed(server):
            return
        passage = file.deployment.ask(ServedRoutes).of(server)
        if passage is None:
            return

        def repair(_: object) -> Offer:
            is_here = is_on and server.started is None
            edit = left_out(server.command.words, anchor.span, file.source) if is_here else None
            return Fix("leave the option out", (edit,), Level.UNSAFE, _REASON) if edit is not None else None

        yield file.fact(
            self,
            anchor,
            server=server.program,
            routes=titles(passage),
            label="is for development",
            help="leave it out of what is deployed" if is_on else "start `fastapi run`",
            related=around(file, server, passage),
            repair=repair,
            severity=lowered(self.severity, passage.certainty),
        )


def _is_on(server: Server, option: Option) -> bool:
    """Whether it is given: as a word, or as the value `True`."""
    if option.given is None or not option.is_known:
        return False
    return option.text == "True" or (not option.text and server.started is None)


def _is_deployed(server: Server) -> bool:
    """Whether the command is that of something that is deployed, as far as names tell."""
    unit = server.unit
    if server.command.is_for_development or unit.kind is UnitKind.SCRIPT:
        return False
    return (
        unit.kind is not UnitKind.SERVICE or server.anchor.path != unit.path or bool(_PRODUCTION.search(unit.path.name))
    )
