from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity, Symptom
from streamlint.messages import nginx as words
from streamlint.rule import Language, Rule, on


class NginxSendTimeoutMisread(Rule):
    """
    ## What it does

    Finds a raised `proxy_send_timeout` beside a read timeout that is left short, for a location through which a route
    streams.

    ## Why it breaks streaming

    `proxy_send_timeout` counts while nginx sends the request; on the answer it has no effect (measured: with 1 s, a
    stream with gaps of 3 s is complete). Who raises it for a stream meant `proxy_read_timeout`, and the stream is still
    cut after 60 s of silence.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_send_timeout 600s;
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
            proxy_read_timeout 600s;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    There is no fix: the setting does no harm, and STL504 sets the one that counts.

    ## References

    - [nginx: proxy_send_timeout](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_send_timeout)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    """

    code = "STL507"
    name = "nginx-send-timeout-misread"
    severity = Severity.ADVICE
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "`{written}` does nothing for {routes}: {setting} cuts it off"

    @on(Location)
    def misread(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        sending, reading = location.of_module("send_timeout"), location.of_module("read_timeout")
        longest = file.deployment.expected.longest_silence
        if sending.statement is None or (sending.seconds or 0.0) < longest:
            return
        limit = reading.seconds
        if limit is None or limit >= longest:
            return
        passages = [each for each in file.deployment.ask(Passages).of(location) if not each.route.beats_within(limit)]
        yield from words.told(
            self,
            words.stand(location, sending, file, anywhere=True),
            location,
            file,
            passages,
            reading,
            written=sending.name,
            setting=reading.shown,
            label="counts while nginx sends the request",
            help=f"raise `{reading.name}`",
        )
