from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class ApigwRestBuffered(Rule):
    """
    ## What it does

    Finds proxy integrations of a REST API (Terraform, CloudFormation, SAM, Serverless Framework, the CDK in Python, OpenAPI
    with AWS's extensions) before an application that streams and runs in Lambda, whose transfer mode is not that of a stream.
    Operations of OpenAPI that pass their path on over HTTP count wherever the application runs.

    ## Why it breaks streaming

    API Gateway waits for the complete answer by default, for at most 29 seconds, and sends it then. Since November 2025
    `STREAM` hands on what comes, for up to 15 minutes; the adapter in the function must stream too.

    ## Example

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_api_gateway_integration" "chat" {
      type                    = "AWS_PROXY"
      integration_http_method = "POST"
    }
    ```

    ## Use instead

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_api_gateway_integration" "chat" {
      response_transfer_mode  = "STREAM"
      type                    = "AWS_PROXY"
      integration_http_method = "POST"
    }
    ```

    ## Fix safety

    `unsafe`: the integration's address must be that of the function's streaming invocation, and what API Gateway does with
    whole answers (cache, templates) is lost.

    ## References

    - [API Gateway: Stream the integration response for your proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
      (checked 2026-11-26)
    """

    code = "STL522"
    name = "apigw-rest-buffered"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "apigw-rest":
            yield from holds_back(self, gate, file)
