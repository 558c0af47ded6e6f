from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on

_ELSEWHERE = "deploy it to Cloud Run, or to the flexible environment: the standard one cannot stream"


class AppEngineBuffers(Rule):
    """
    ## What it does

    Finds an `app.yaml` of App Engine's standard environment for Python, in or above the folder of a route that streams.

    ## Why it breaks streaming

    The standard environment collects all that a program sends, and hands it over as one answer when the request is done.
    No header and no server changes that. The reader sees nothing until the last token. The flexible environment
    (`env: flex`) and Cloud Run stream.

    ## Example

    ```appengine
    runtime: python312
    entrypoint: uvicorn application:app --host 0.0.0.0 --port $PORT
    ```

    ## Use instead

    ```appengine
    runtime: python
    env: flex
    entrypoint: uvicorn application:app --host 0.0.0.0 --port $PORT
    ```

    ## Fix safety

    There is no repair: the other environment has other prices, other limits and a start that takes longer.

    ## References

    - [App Engine: How requests are handled](https://cloud.google.com/appengine/docs/standard/how-requests-are-handled)
      (checked 2026-11-26)
    """

    code = "STL546"
    name = "app-engine-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "app-engine":
            yield from holds_back(self, gate, file, help=_ELSEWHERE)
