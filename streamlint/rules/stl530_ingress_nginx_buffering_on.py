from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class IngressNginxBufferingOn(Rule):
    """
    ## What it does

    Finds the annotation `nginx.ingress.kubernetes.io/proxy-buffering: "on"` on an ingress through which a route streams.

    ## Why it breaks streaming

    ingress-nginx does not buffer unless it is told to. With buffering on, what it compresses or what the application answers
    with HTTP/1.0 is collected until a buffer of some kilobytes is full or the answer is whole, and the reader sees nothing
    before. The usual advice to write `"off"` changes nothing where nothing is written.

    ## Example

    ```yaml
    apiVersion: networking.k8s.io/v1
    kind: Ingress
    metadata:
      name: chat
      annotations:
        nginx.ingress.kubernetes.io/proxy-buffering: "on"
        nginx.ingress.kubernetes.io/proxy-read-timeout: "300"
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
        nginx.ingress.kubernetes.io/proxy-buffering: "off"
        nginx.ingress.kubernetes.io/proxy-read-timeout: "300"
    spec:
      ingressClassName: nginx
    ```

    ## Fix safety

    `unsafe`: every answer of the ingress is sent as it comes, also to readers that are slow.

    ## References

    - [ingress-nginx: Annotations, proxy-buffering](https://kubernetes.github.io/ingress-nginx/user-guide/nginx-configuration/annotations/#proxy-buffering)
      (checked 2026-11-26)
    """

    code = "STL530"
    name = "ingress-nginx-buffering-on"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "ingress-nginx":
            yield from holds_back(self, gate, file)
