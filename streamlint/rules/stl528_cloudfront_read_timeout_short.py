from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class CloudfrontReadTimeoutShort(Rule):
    """
    ## What it does

    Finds CloudFront distributions (Terraform, CloudFormation, the CDK in Python) with an origin of their own kind, no bucket,
    before an application that streams, whose origin read timeout (30 s by default) is shorter than the longest silence of the
    stream, or than the 120 s that CloudFront allows at most.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer of the origin. When a model thinks for longer, CloudFront closes the
    connection, and the reader has half an answer. A heartbeat that is shorter than the limit keeps it open, and nothing is
    reported. As more than 120 s cannot be set, a stream that may be silent for longer needs the heartbeat.

    ## Example

    ```yaml
    Resources:
      Edge:
        Type: AWS::CloudFront::Distribution
        Properties:
          DistributionConfig:
            Enabled: true
            Origins:
              - Id: app
                DomainName: app.example.org
                CustomOriginConfig:
                  OriginProtocolPolicy: https-only
                  OriginReadTimeout: 30
    ```

    ## Use instead

    ```yaml
    Resources:
      Edge:
        Type: AWS::CloudFront::Distribution
        Properties:
          DistributionConfig:
            Enabled: true
            Origins:
              - Id: app
                DomainName: app.example.org
                CustomOriginConfig:
                  OriginProtocolPolicy: https-only
                  OriginReadTimeout: 120
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [CloudFront API: CustomOriginConfig](https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_CustomOriginConfig.html)
      (checked 2026-11-26)
    """

    code = "STL528"
    name = "cloudfront-read-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "cloudfront":
            yield from cut_short(self, gate, file, Failure.IDLE)
