from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on

_HELP = 'write `<forward-request buffer-response="false" />`'


class AzureApimBuffers(Rule):
    """
    ## What it does

    Finds a `forward-request` in a policy file of Azure API Management, before an application that streams, which does not say
    `buffer-response="false"`. A policy that only inherits it (`<base />`) is not judged.

    ## Why it breaks streaming

    API Management collects each answer of what is behind it by default, and sends it when it is whole. With
    `buffer-response="false"` it hands on what comes. Policies that look at the body, and logs of it, still hold it back.

    ## Example

    ```apim
    <policies>
        <inbound><base /></inbound>
        <backend>
            <forward-request timeout="300" buffer-response="true" />
        </backend>
        <outbound><base /></outbound>
    </policies>
    ```

    ## Use instead

    ```apim
    <policies>
        <inbound><base /></inbound>
        <backend>
            <forward-request timeout="300" buffer-response="false" />
        </backend>
        <outbound><base /></outbound>
    </policies>
    ```

    ## Fix safety

    `unsafe`: policies behind it that need the whole answer no longer have it.

    ## References

    - [Azure: Configure API for server-sent events](https://learn.microsoft.com/azure/api-management/how-to-server-sent-events)
      (checked 2026-11-26)
    """

    code = "STL543"
    name = "azure-apim-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "api-management":
            yield from holds_back(self, gate, file, help=_HELP)
