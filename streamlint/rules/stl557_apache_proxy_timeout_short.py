from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class ApacheProxyTimeoutShort(Rule):
    """
    ## What it does

    Finds a `ProxyPass` of Apache through which a route streams, whose timeout (its own, `ProxyTimeout`, or `Timeout`: 60 s
    where nothing says so) is shorter than the longest silence of the stream: 300 s, or what `longest-silence` says.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. Measured: with the default a silence was cut after 60.1 s.
    `flushpackets=on` changes nothing for `http://`. A heartbeat that is shorter than the limit saves the stream, and nothing
    is reported. Debian's own `apache2.conf` sets 300 s.

    ## Example

    ```apache
    <VirtualHost *:80>
        ProxyPass /chat http://chat:8000/chat timeout=60
    </VirtualHost>
    ```

    ## Use instead

    ```apache
    <VirtualHost *:80>
        ProxyPass /chat http://chat:8000/chat timeout=300
    </VirtualHost>
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [Apache: mod_proxy, ProxyPass](https://httpd.apache.org/docs/2.4/mod/mod_proxy.html#proxypass)
      (measured with 2.4.71, checked 2026-11-26)
    """

    code = "STL557"
    name = "apache-proxy-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "apache":
            yield from cut_short(self, gate, file, Failure.IDLE)
