from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class ApigwHttpApiNoStreaming(Rule):
    """
    ## What it does

    Finds an HTTP API of API Gateway (version 2) before an application that streams and runs in Lambda.

    ## Why it breaks streaming

    Only REST APIs stream. An HTTP API waits for the complete answer, for at most 30 seconds, which cannot be raised: the
    reader sees everything at once, or an error.

    ## Example

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_apigatewayv2_api" "chat" {
      name          = "chat"
      protocol_type = "HTTP"
    }
    ```

    ## Use instead

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_lambda_function_url" "chat" {
      function_name = "chat"
      invoke_mode   = "RESPONSE_STREAM"
    }
    ```

    ## Fix safety

    There is no repair: another way to the function is needed, such as its URL, or a REST API with `STREAM`.

    ## References

    - [API Gateway: Stream the integration response for your proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
      (checked 2026-11-26)
    """

    code = "STL523"
    name = "apigw-http-api-no-streaming"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "apigw-http":
            yield from holds_back(
                self,
                gate,
                file,
                help="ask the function through its URL, or a REST API whose transfer mode is STREAM",
            )
