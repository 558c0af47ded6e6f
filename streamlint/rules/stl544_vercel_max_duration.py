from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class VercelMaxDuration(Rule):
    """
    ## What it does

    Finds functions of `vercel.json` whose file has a route that streams, with a `maxDuration` below 300 s.

    ## Why it breaks streaming

    The function is ended after that time, and with it the stream: the limit counts from the request to the last token, as
    Vercel's document says also of streamed responses, and a heartbeat does not help. Every plan has 300 s where nothing is
    set.

    ## Example

    ```json
    {
      "functions": {
        "application.py": {"maxDuration": 60}
      }
    }
    ```

    ## Use instead

    ```json
    {
      "functions": {
        "application.py": {"maxDuration": 300}
      }
    }
    ```

    ## Fix safety

    `unsafe`: what hangs costs more before it is ended.

    ## References

    - [Vercel: Configuring Maximum Duration](https://vercel.com/docs/functions/configuring-functions/duration)
      (checked 2026-11-26)
    """

    code = "STL544"
    name = "vercel-max-duration"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "vercel":
            yield from cut_short(self, gate, file, Failure.TOTAL)
