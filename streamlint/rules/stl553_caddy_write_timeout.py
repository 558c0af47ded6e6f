from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class CaddyWriteTimeout(Rule):
    """
    ## What it does

    Finds the option `timeouts { write … }` of Caddy's servers before an application that streams, that is shorter than the
    longest stream: 600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    The timeout counts from the request to the last byte of the answer. Measured: with 1 s a stream was cut off at the first
    token after that second. A heartbeat does not help. By default there is none.

    ## Example

    ```caddyfile
    {
        servers {
                timeouts {
                        write 30s
                }
        }
    }
    chat.example.org {
        reverse_proxy chat:8000
    }
    ```

    ## Use instead

    ```caddyfile
    {
        servers {
                timeouts {
                        write 600s
                }
        }
    }
    chat.example.org {
        reverse_proxy chat:8000
    }
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [Caddy: global options, timeouts](https://caddyserver.com/docs/caddyfile/options#timeouts)
      (measured with 2.11.7, checked 2026-11-26)
    """

    code = "STL553"
    name = "caddy-write-timeout"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "caddy":
            yield from cut_short(self, gate, file, Failure.TOTAL)
