from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import found
from streamlint.rule import Language, Rule, on


class ApacheHttp10(Rule):
    """
    ## What it does

    Finds `force-proxy-request-1.0` where Apache passes requests on to an application that streams.

    ## Why it breaks streaming

    With HTTP/1.0 the answer ends where the connection ends. When the application crashes in the middle of a stream, Apache ends the
    answer of the client as if it were whole: measured, three of six events and a clean end. With HTTP/1.1, its default, the client
    notices.

    ## Example

    ```apache
    <VirtualHost *:80>
        SetEnv force-proxy-request-1.0 1
        ProxyPass /chat http://chat:8000/chat timeout=300
    </VirtualHost>
    ```

    ## Use instead

    ```apache
    <VirtualHost *:80>
        ProxyPass /chat http://chat:8000/chat timeout=300
    </VirtualHost>
    ```

    ## Fix safety

    There is no repair: an application that needs HTTP/1.0 must be asked about first.

    ## References

    - [Apache: mod_proxy, protocol adjustments](https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#envsettings)
      (measured with 2.4.71, checked 2026-11-26)
    """

    code = "STL558"
    name = "apache-http10"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "when {routes} breaks off, {gate} ends it as if it were whole"

    @on(Gate)
    def masked(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "apache":
            yield from found(self, gate, file, Failure.MASK, help="remove `force-proxy-request-1.0`")
