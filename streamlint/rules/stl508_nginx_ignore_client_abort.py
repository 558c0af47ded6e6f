from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import set_at
from streamlint.rule import Language, Rule, on

_REASON = "the answer may be wanted to its end, as it is saved then"


class NginxIgnoreClientAbort(Rule):
    """
    ## What it does

    Finds `proxy_ignore_client_abort on` for a location through which a route streams.

    ## Why it breaks streaming

    nginx does not tell the application that the user has left, so that the model goes on and its tokens are paid for
    nobody. By default nginx closes the connection behind, and the application's stream is cancelled.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_ignore_client_abort on;
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
            proxy_ignore_client_abort off;
            proxy_http_version 1.1;
            proxy_buffering off;
            proxy_read_timeout 300s;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    `unsafe`: an answer may be wanted to its end, as it is saved then.

    ## References

    - [nginx: proxy_ignore_client_abort](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_client_abort)
      (all releases; checked 2026-11-26)
    """

    code = "STL508"
    name = "nginx-ignore-client-abort"
    severity = Severity.ADVICE
    symptom = Symptom.AFTER_LEAVING
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} runs on for users who have left: {setting}"

    @on(Location)
    def deaf(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        ignoring = location.of_module("ignore_client_abort")
        if ignoring.statement is None or not ignoring.is_known or ignoring.value != "on":
            return
        yield from words.told(
            self,
            words.stand(location, ignoring, file, anywhere=True),
            location,
            file,
            file.deployment.ask(Passages).of(location),
            ignoring,
            setting=ignoring.shown,
            label="the application is not told",
            help=f"write `{ignoring.name} off;`, which is the default",
            repair=of_facts(set_at, ignoring.statement, "off", file.source, Level.UNSAFE, _REASON),
        )
