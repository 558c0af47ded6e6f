from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_holds import misnamed
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.messages.served import seconds
from streamlint.repairs.nginx import set_at, set_for
from streamlint.rule import Language, Rule, on

_DEFAULT = 60.0
_REASON = "how long nginx waits for what hangs is a decision of its owner"


class NginxReadTimeoutShort(Rule):
    """
    ## What it does

    Finds a location through which a route streams with a read timeout (60 s by default) that is shorter than the longest
    silence of the stream: 300 s, or what `longest-silence` says.

    ## Why it breaks streaming

    The limit counts between two pieces of the answer. A model that thinks, a tool that runs or a slow retrieval is silent
    for longer, and nginx ends the answer in its middle. Measured: with the default, 64 s of silence were cut after 60.9
    s; with 2 s, an answer that began after 4 s was a 504. A stream of any length without such a gap passes, and so does
    one with a heartbeat (`: ping`) that is shorter than the limit: nothing is reported there. `proxy_send_timeout`,
    `send_timeout` and `keepalive_timeout` change nothing.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_http_version 1.1;
            proxy_buffering off;
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

    `unsafe`: how long nginx waits for an application that hangs is a decision of its owner.

    ## References

    - [nginx: proxy_read_timeout](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_read_timeout)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    """

    code = "STL504"
    name = "nginx-read-timeout-short"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} is cut off after {limit} of silence by {setting}"

    @on(Location)
    def impatient(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        timeout = location.of_module("read_timeout")
        limit, longest = timeout.seconds, file.deployment.expected.longest_silence
        if limit is None or limit >= longest or misnamed(location, "read_timeout") is not None:
            return
        passages = [each for each in file.deployment.ask(Passages).of(location) if not each.route.beats_within(limit)]
        value = f"{longest:g}s"

        def repair(_: object) -> Offer:
            statement = timeout.statement
            if statement is not None and statement.path == file.path:
                return set_at(statement, value, file.source, Level.UNSAFE, _REASON)
            return set_for(location, timeout, value, file, Level.UNSAFE, _REASON)

        yield from words.told(
            self,
            words.stand(location, timeout, file, anywhere=True),
            location,
            file,
            passages,
            timeout,
            own=Severity.ERROR if limit < _DEFAULT else None,
            limit=seconds(limit),
            setting=timeout.shown,
            label=f"`{location.title}` passes it on" if timeout.statement is None else "counts between two pieces",
            help=f"write `{timeout.name} {value};`, or send a heartbeat more often",
            repair=repair,
        )
