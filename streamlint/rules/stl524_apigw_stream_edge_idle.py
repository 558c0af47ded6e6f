from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on

_LONGER = "REGIONAL"


class ApigwStreamEdgeIdle(Rule):
    """
    ## What it does

    Finds REST APIs that stream from a Lambda function (Terraform, CloudFormation, SAM, Serverless Framework, the CDK in Python)
    through an edge-optimised endpoint, which is the default where no kind of endpoint is written, before an application
    that may be silent for longer than 30 s.

    ## Why it breaks streaming

    With the transfer mode of a stream API Gateway ends the answer after a silence: after 5 minutes at a regional or private
    endpoint, and after 30 seconds at an edge-optimised one. When a model thinks for longer, the reader has half an answer. A
    heartbeat that is shorter than the limit keeps it open, and nothing is reported.

    ## Example

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_api_gateway_rest_api" "chat" {
      name = "chat"

      endpoint_configuration {
        types = ["EDGE"]
      }
    }

    resource "aws_api_gateway_integration" "chat" {
      rest_api_id            = aws_api_gateway_rest_api.chat.id
      type                   = "AWS_PROXY"
      response_transfer_mode = "STREAM"
    }
    ```

    ## Use instead

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_api_gateway_rest_api" "chat" {
      name = "chat"

      endpoint_configuration {
        types = ["REGIONAL"]
      }
    }

    resource "aws_api_gateway_integration" "chat" {
      rest_api_id            = aws_api_gateway_rest_api.chat.id
      type                   = "AWS_PROXY"
      response_transfer_mode = "STREAM"
    }
    ```

    ## Fix safety

    `unsafe`: readers far away then reach the API without CloudFront's points of presence, and an edge domain of one's own
    does not lead to it any more.

    ## References

    - [API Gateway: Stream the integration response for your proxy integrations](https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html)
      (checked 2026-11-26)
    """

    code = "STL524"
    name = "apigw-stream-edge-idle"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "apigw-rest":
            yield from cut_short(self, gate, file, Failure.IDLE, zero=_LONGER)
