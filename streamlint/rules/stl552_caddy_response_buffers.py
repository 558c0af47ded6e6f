from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class CaddyResponseBuffers(Rule):
    """
    ## What it does

    Finds `response_buffers` in a `reverse_proxy` of Caddy through which a route streams.

    ## Why it breaks streaming

    Caddy hands a stream on at once by itself. With this option it collects up to so many bytes of the answer first: measured,
    the first token came with the last one. `flush_interval -1`, which is often advised, is not needed.

    ## Example

    ```caddyfile
    chat.example.org {
        reverse_proxy chat:8000 {
                response_buffers 4KiB
        }
    }
    ```

    ## Use instead

    ```caddyfile
    chat.example.org {
        reverse_proxy chat:8000 {
        }
    }
    ```

    ## Fix safety

    There is no repair: the line can go where nothing else needs it.

    ## References

    - [Caddy: reverse_proxy](https://caddyserver.com/docs/caddyfile/directives/reverse_proxy)
      (measured with 2.11.7, checked 2026-11-26)
    """

    code = "STL552"
    name = "caddy-response-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "caddy":
            yield from holds_back(self, gate, file, help="remove `response_buffers`")
