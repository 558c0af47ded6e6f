from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class AlbIdleTimeoutShort(Rule):
    """
    ## What it does

    Finds AWS load balancers (Terraform, CloudFormation, the CDK in Python with its patterns for ECS, the annotation of an
    ingress) before an application that streams, with an idle timeout (60 s by default) that is shorter than the longest
    silence of the stream: 300 s, or what `longest-silence` says. Network load balancers have no such limit.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. A model that thinks, a tool that runs or a slow retrieval is silent for
    longer, and the balancer closes the connection: the client sees the answer end in its middle, and no log of the application
    says why. A heartbeat (`: ping`) that is shorter than the limit keeps the connection open, and nothing is reported.

    The server behind it should keep connections open for longer than the balancer (`--timeout-keep-alive` of uvicorn), or the
    balancer answers 502 now and then.

    ## Example

    ```terraform
    resource "aws_lb" "chat" {
      name               = "chat"
      load_balancer_type = "application"
    }
    ```

    ## Use instead

    ```terraform
    resource "aws_lb" "chat" {
      idle_timeout       = 300
      name               = "chat"
      load_balancer_type = "application"
    }
    ```

    ## Fix safety

    `unsafe`: how long the balancer waits for an application that hangs is a decision of its owner.

    ## References

    - [Terraform: aws_lb](https://registry.terraform.io/providers/hashicorp/aws/latest/docs/resources/lb), idle_timeout
      (checked 2026-11-26)
    - [AWS: load balancer attributes](https://docs.aws.amazon.com/elasticloadbalancing/latest/application/edit-load-balancer-attributes.html)
      (checked 2026-11-26)
    """

    code = "STL520"
    name = "alb-idle-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "alb":
            yield from cut_short(self, gate, file, Failure.IDLE)
