from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_holds import unmarked
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import removed
from streamlint.rule import Language, Rule, on

_REASON = "a client may not be able to read chunks"


class NginxChunkedEncodingOff(Rule):
    """
    ## What it does

    Finds `chunked_transfer_encoding off` for a location through which a route streams.

    ## Why it breaks streaming

    Without chunks an answer of unknown length ends with its connection, and a client over HTTP/1.1 cannot tell a stream
    that broke off from one that is whole. Measured: after a crash in the middle, half an answer and a plain close, which
    no client takes for an error.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            chunked_transfer_encoding off;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 300s;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Use instead

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 300s;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    `unsafe`: it may be there for a client that cannot read chunks.

    ## References

    - [nginx: chunked_transfer_encoding](https://nginx.org/en/docs/http/ngx_http_core_module.html#chunked_transfer_encoding)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    """

    code = "STL506"
    name = "nginx-chunked-encoding-off"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} ends the same way whether it is whole or not: `chunked_transfer_encoding off`"

    @on(Location)
    def unmarked(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        chunks = unmarked(location)
        if chunks is None or chunks.statement is None:
            return
        yield from words.told(
            self,
            words.stand(location, chunks, file, anywhere=True),
            location,
            file,
            file.deployment.ask(Passages).of(location),
            chunks,
            label="no client over HTTP/1.1 sees where the answer ends",
            help="remove it: chunks are the default",
            repair=of_facts(removed, chunks.statement, file.source, Level.UNSAFE, _REASON),
        )
