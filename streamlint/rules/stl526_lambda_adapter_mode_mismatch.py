from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.gates.lambdas import Adapter
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import related
from streamlint.messages.nginx import titles
from streamlint.messages.served import lowered
from streamlint.rule import Language, Rule, on


class LambdaAdapterModeMismatch(Rule):
    """
    ## What it does

    Finds a function URL or an API that streams from a Lambda function with the Lambda Web Adapter, where nothing sets the adapter's
    `AWS_LWA_INVOKE_MODE` to `response_stream`.

    ## Why it breaks streaming

    The adapter's own mode is `buffered` by default: it collects the answer of the application and hands it over in one piece, in a
    format that the streaming side does not expect. Both sides must say that they stream. Where the adapter streams and the URL
    does not, STL525 speaks.

    ## Example

    ```terraform
    # the image has public.ecr.aws/awsguru/aws-lambda-adapter in it
    resource "aws_lambda_function_url" "chat" {
      function_name = "chat"
      invoke_mode   = "RESPONSE_STREAM"
    }
    ```

    ## Use instead

    ```terraform
    # the image has public.ecr.aws/awsguru/aws-lambda-adapter in it
    resource "aws_lambda_function_url" "chat" {
      function_name = "chat"
      invoke_mode   = "RESPONSE_STREAM"
    }

    resource "aws_lambda_function" "chat" {
      function_name = "chat"
      environment {
        variables = {
          AWS_LWA_INVOKE_MODE = "response_stream"
        }
      }
    }
    ```

    ## Fix safety

    There is no repair: the variable belongs to the function or to its image, in another place.

    ## References

    - [Lambda Web Adapter: Response Streaming](https://awslabs.github.io/aws-lambda-web-adapter/features/response-streaming.html)
      (checked 2026-11-26)
    """

    code = "STL526"
    name = "lambda-adapter-mode-mismatch"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} is collected by the Lambda Web Adapter, although {gate} streams"

    @on(Gate)
    def mismatched(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product not in ("lambda-url", "apigw-rest") or not file.deployment.ask(Adapter).collects:
            return
        passages = file.deployment.ask(Passages).of(gate)
        for reading in gate.readings:
            given = reading.given
            if given is None or not reading.is_cured or given.anchor.path != file.path or not passages:
                continue
            yield file.fact(
                self,
                given.anchor,
                routes=titles(passages),
                gate=f"{gate.title} {gate.name}",
                label="streams",
                help="set `AWS_LWA_INVOKE_MODE=response_stream` for the function, or in its Dockerfile",
                related=related(gate, file, passages),
                severity=lowered(self.severity, max(each.certainty for each in passages)),
            )
