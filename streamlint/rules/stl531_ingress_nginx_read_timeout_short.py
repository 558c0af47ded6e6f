from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class IngressNginxReadTimeoutShort(Rule):
    """
    ## What it does

    Finds an ingress of ingress-nginx through which a route streams with a read timeout (60 s by default) that is shorter than
    the longest silence of the stream: 300 s, or what `longest-silence` says. What a ConfigMap of the controller sets counts
    where the ingress says nothing.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. A model that thinks, a tool that runs or a slow retrieval is silent for
    longer, and nginx ends the answer in its middle. The value is a whole number of seconds without a unit. A heartbeat (`:
    ping`) that is shorter saves the stream, and nothing is reported; `proxy-send-timeout` changes nothing.

    ## Example

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.ingress.kubernetes.io/proxy-read-timeout: "60"
    spec:
      ingressClassName: nginx
    ```

    ## Use instead

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.ingress.kubernetes.io/proxy-read-timeout: "300"
    spec:
      ingressClassName: nginx
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [ingress-nginx: Annotations, custom timeouts](https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#custom-timeouts)
      (no releases since March 2026; checked 2026-11-26)
    """

    code = "STL531"
    name = "ingress-nginx-read-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "ingress-nginx":
            yield from cut_short(self, gate, file, Failure.IDLE)
