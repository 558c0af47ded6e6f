from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class AlbLambdaTargetBuffers(Rule):
    """
    ## What it does

    Finds a target group of an AWS load balancer whose target is a Lambda function (`LambdaTarget` in the CDK), before an
    application that streams and runs in Lambda.

    ## Why it breaks streaming

    The load balancer asks the function and waits for its whole answer: it does not stream from Lambda, whatever the function
    does. The reader sees nothing before the end, and an answer of more than 1 MB is an error.

    ## Example

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_lb_target_group" "chat" {
      name        = "chat"
      target_type = "lambda"
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

    There is no repair: another way to the function is needed, such as its URL, or a REST API that streams, or the application
    in a container.

    ## References

    - [Lambda Web Adapter: Response Streaming](https://awslabs.github.io/aws-lambda-web-adapter/features/response-streaming.html)
      (checked 2026-11-26)
    """

    code = "STL521"
    name = "alb-lambda-target-buffers"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "alb-lambda":
            yield from holds_back(
                self,
                gate,
                file,
                help="ask the function through its URL or a REST API that streams, or serve the application from a container",
            )
