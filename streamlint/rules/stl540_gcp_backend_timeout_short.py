from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on


class GcpBackendTimeoutShort(Rule):
    """
    ## What it does

    Finds a backend service of a Google load balancer (Terraform, or a BackendConfig of GKE) before an application that
    streams, whose timeout (30 s by default) is shorter than the longest stream: 600 s, or what `longest-stream` says.

    ## Why it breaks streaming

    The timeout counts from the request to the last byte of the answer: a stream that is still going on is cut off, however
    steadily tokens arrive, and a heartbeat does not help. Balancers that pass packets, TCP or SSL on have no such limit, and
    nothing is said of them: a regional backend service without `load_balancing_scheme` is one.

    ## Example

    ```terraform
    resource "google_compute_backend_service" "chat" {
      protocol    = "HTTP"
      timeout_sec = 30
    }
    ```

    ## Use instead

    ```terraform
    resource "google_compute_backend_service" "chat" {
      protocol    = "HTTP"
      timeout_sec = 600
    }
    ```

    ## Fix safety

    `unsafe`: how long it waits for what hangs is a decision of its owner.

    ## References

    - [Google Cloud: External Application Load Balancer, timeouts and retries](https://cloud.google.com/load-balancing/docs/https)
      (checked 2026-11-26)
    """

    code = "STL540"
    name = "gcp-backend-timeout-short"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def limited(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "gcp-backend":
            yield from cut_short(self, gate, file, Failure.TOTAL)
