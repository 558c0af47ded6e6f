from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class AzureAppgwBuffers(Rule):
    """
    ## What it does

    Finds an Azure Application Gateway (Terraform) before an application that streams, that does not switch the buffering of
    responses off.

    ## Why it breaks streaming

    The gateway buffers responses by default: the reader sees nothing until the answer is whole. Microsoft's own page on
    server-sent events asks for response buffering to be off.

    ## Example

    ```terraform
    resource "azurerm_application_gateway" "chat" {
      name = "chat"
      global {
        request_buffering_enabled  = true
        response_buffering_enabled = true
      }
    }
    ```

    ## Use instead

    ```terraform
    resource "azurerm_application_gateway" "chat" {
      name = "chat"
      global {
        request_buffering_enabled  = true
        response_buffering_enabled = false
      }
    }
    ```

    ## Fix safety

    `unsafe`: every answer that passes the gateway is sent as it comes.

    ## References

    - [Azure: Use server-sent events with Application Gateway](https://learn.microsoft.com/azure/application-gateway/use-server-sent-events)
      (checked 2026-11-26)
    """

    code = "STL542"
    name = "azure-appgw-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "azure-appgw":
            yield from holds_back(self, gate, file)
