from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.gates import Gate
from streamlint.deployment.limits import Failure
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages.gates import CUT, cut_short
from streamlint.rule import Language, Rule, on

_HEARTBEAT = "send a heartbeat more often than that: only zones of Enterprise can have another limit"


class CloudflareReadTimeoutShort(Rule):
    """
    ## What it does

    Finds Cloudflare before an application that streams, where a file shows it: the configuration of a tunnel (`cloudflared`,
    Terraform), a record of Terraform that is proxied, the routes of a Worker (`wrangler.toml`). Advice, as the limit is
    Cloudflare's own: 120 s between two pieces of the answer, where Terraform sets no other one for the zone.

    ## Why it breaks streaming

    When the application has sent nothing for so long, because a model thinks or a tool runs, Cloudflare ends the answer: before
    the first byte the reader sees error 524, later half an answer. A heartbeat that is shorter than the limit keeps it open,
    and nothing is reported.

    ## Example

    ```yaml
    tunnel: chat
    credentials-file: /etc/cloudflared/chat.json
    ingress:
      - hostname: chat.example.org
        service: http://localhost:8000
      - service: http_status:404
    ```

    ## Use instead

    A heartbeat, such as that which `sse-starlette` sends every 15 seconds:

    ```python
    from fastapi import FastAPI
    from llama_index.core import VectorStoreIndex
    from sse_starlette import EventSourceResponse

    app = FastAPI()
    engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


    @app.get("/chat")
    def chat(q: str):
        return EventSourceResponse(engine.query(q).response_gen)
    ```

    ```yaml
    tunnel: chat
    credentials-file: /etc/cloudflared/chat.json
    ingress:
      - hostname: chat.example.org
        service: http://localhost:8000
      - service: http_status:404
    ```

    ## Fix safety

    There is a repair only where the limit of a zone is written, `unsafe`: how long it waits for what hangs is a decision of its
    owner.

    ## References

    - [Cloudflare: Connection limits](https://developers.cloudflare.com/fundamentals/reference/connection-limits/)
      (100 s in older documents; checked 2026-11-26)
    - [Cloudflare: Error 524](https://developers.cloudflare.com/support/troubleshooting/http-status-codes/cloudflare-5xx-errors/error-524/)
      (checked 2026-11-26)
    """

    code = "STL545"
    name = "cloudflare-read-timeout-short"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = CUT

    @on(Gate)
    def impatient(self, gate: Gate, file: DeploymentFile) -> Iterator[Fact]:
        if gate.product == "cloudflare":
            yield from cut_short(self, gate, file, Failure.IDLE, unset=_HEARTBEAT)
