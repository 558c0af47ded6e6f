from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class CloudrunTimeoutShort(Rule):
    """
    ## What it does

    Finds a Cloud Run service (its YAML, or Terraform) with an application that streams, whose request timeout (300 s by
    default) is shorter than the longest stream: 600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    The timeout counts from the request to the last byte of the answer; then the connection is closed. A heartbeat does not
    help. Few answers take five minutes, so that this is advice.

    ## Example

    ```terraform
    resource "google_cloud_run_v2_service" "chat" {
      name = "chat"
      template {
        timeout = "60s"
      }
    }
    ```

    ## Use instead

    ```terraform
    resource "google_cloud_run_v2_service" "chat" {
      name = "chat"
      template {
        timeout = "600s"
      }
    }
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [Cloud Run: Configure request timeout for services](https://cloud.google.com/run/docs/configuring/request-timeout)
      (checked 2026-11-26)
    """

    code = "STL541"
    name = "cloudrun-timeout-short"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "cloud-run":
            yield from cut_short(self, gate, file, Failure.TOTAL)
