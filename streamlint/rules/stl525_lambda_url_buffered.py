from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import HELD, holds_back
from streamlint.rule import Language, Rule, on


class LambdaUrlBuffered(Rule):
    """
    ## What it does

    Finds the URL of a Lambda function (Terraform, CloudFormation, SAM, Serverless Framework, the CDK in Python) in which an
    application that streams runs, whose mode is not `RESPONSE_STREAM`.

    ## Why it breaks streaming

    The default mode is `BUFFERED`: Lambda collects the answer and sends it when the function has ended. An application in
    Python needs the Lambda Web Adapter besides, with `AWS_LWA_INVOKE_MODE=response_stream`; one of the two alone does not
    stream.

    ## Example

    ```terraform
    # the image sets AWS_LWA_INVOKE_MODE=response_stream
    resource "aws_lambda_function_url" "chat" {
      function_name = "chat"
      invoke_mode   = "BUFFERED"
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

    `unsafe`: a function whose adapter does not stream answers in another format then; see STL526.

    ## References

    - [AWS Lambda: Response streaming](https://docs.aws.amazon.com/lambda/latest/dg/configuration-response-streaming.html)
      (checked 2026-11-26)
    - [Lambda Web Adapter: Response Streaming](https://awslabs.github.io/aws-lambda-web-adapter/features/response-streaming.html)
      (checked 2026-11-26)
    """

    code = "STL525"
    name = "lambda-url-buffered"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = HELD

    @on(Gate)
    def collecting(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "lambda-url":
            yield from holds_back(self, gate, file)
