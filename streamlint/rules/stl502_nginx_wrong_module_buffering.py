from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_holds import misnamed
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import renamed
from streamlint.rule import Language, Rule, on

_REASON = "the setting had no effect under its name"


class NginxWrongModuleBuffering(Rule):
    """
    ## What it does

    Finds `proxy_buffering` or `proxy_read_timeout` in a location that passes requests on by `uwsgi_pass`, `fastcgi_pass`,
    `scgi_pass` or `grpc_pass`, and the other way round.

    ## Why it breaks streaming

    Each module of nginx has settings of its own and reads no others, and nginx does not complain. Measured: behind
    `uwsgi_pass` with `proxy_buffering off` six events came at once after 2.41 s, with `uwsgi_buffering off` the first
    after 0.00 s.

    Only what is written in the same location is reported: a setting around it may be meant for other locations.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            include uwsgi_params;
            proxy_buffering off;
            uwsgi_read_timeout 300s;
            uwsgi_pass 127.0.0.1:8000;
        }
    }
    ```

    ## Use instead

    ```nginx
    server {
        listen 80;
        location /chat {
            include uwsgi_params;
            uwsgi_buffering off;
            uwsgi_read_timeout 300s;
            uwsgi_pass 127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    `safe`: the setting had no effect, and gets the one that it was written for.

    ## References

    - [nginx: uwsgi_buffering](https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html#uwsgi_buffering)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    - [nginx: fastcgi_read_timeout](https://nginx.org/en/docs/http/ngx_http_fastcgi_module.html#fastcgi_read_timeout)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    """

    code = "STL502"
    name = "nginx-wrong-module-buffering"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "`{written}` has no effect on {routes}, which `{passing}` passes on"

    @on(Location)
    def misled(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        passages = file.deployment.ask(Passages).of(location)
        if location.passing is None:
            return
        module = location.passing.module
        for setting in ("buffering", "read_timeout"):
            statement = misnamed(location, setting)
            if statement is None or statement.path != file.path:
                continue
            yield from words.told(
                self,
                statement.anchor,
                location,
                file,
                passages,
                written=statement.name,
                passing=module.name,
                label="a setting of another module",
                help=f"write `{module.setting(setting)}`",
                repair=of_facts(renamed, statement, module.setting(setting), file.source, Level.SAFE, _REASON),
            )
