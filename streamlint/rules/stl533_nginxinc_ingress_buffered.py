from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class NginxincIngressBuffered(Rule):
    """
    ## What it does

    Finds an ingress of the NGINX Ingress Controller (`nginx.org/` annotations) through which a route streams, and that does
    not switch buffering off.

    ## Why it breaks streaming

    Buffering is on by default there. The controller speaks HTTP/1.1 to the application, so that a stream in chunks passes;
    what it compresses is collected until the answer is whole. That is why this is advice.

    ## Example

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.org/proxy-buffering: "True"
        nginx.org/proxy-read-timeout: "300s"
    spec:
      ingressClassName: nginx-plus
    ```

    ## Use instead

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.org/proxy-buffering: "False"
        nginx.org/proxy-read-timeout: "300s"
    spec:
      ingressClassName: nginx-plus
    ```

    ## Fix safety

    `unsafe`: every answer of the ingress is sent as it comes, also to readers that are slow.

    ## References

    - [NGINX Ingress Controller: annotations](https://docs.nginx.com/nginx-ingress-controller/configuration/ingress-resources/advanced-configuration-with-annotations/)
      (checked 2026-11-26)
    """

    code = "STL533"
    name = "nginxinc-ingress-buffered"
    severity = Severity.ADVICE
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "nginxinc-ingress":
            yield from holds_back(self, gate, file)
