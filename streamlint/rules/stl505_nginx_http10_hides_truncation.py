from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.nginx_holds import endless
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import kept_alive, set_for
from streamlint.rule import Language, Rule, on

_REASON = "servers of Python speak HTTP/1.1, and newer releases of nginx do so by themselves"


class NginxHttp10HidesTruncation(Rule):
    """
    ## What it does

    Finds a location through which a route streams while nginx speaks HTTP/1.0 to the application: as it does before
    1.29.7 unless it is told otherwise.

    ## Why it breaks streaming

    An answer over HTTP/1.0 ends with its connection, so that nginx cannot tell an application that broke off from one
    that is done, and ends the answer to its client as if it were whole. Measured, over HTTP/1.1 and HTTP/2 alike: after a
    crash in the middle the client has 3 of 6 events and a clean end, and nobody logs anything. With `proxy_http_version
    1.1` the client sees that something is missing. The same setting lets pieces pass while buffering is on.

    uvicorn with httptools sends chunks to HTTP/1.0 too, whose end can be told; with h11 it does not, nor do gunicorn and hypercorn.
    Silent where a lock, a requirement or a Dockerfile brings httptools (`uvicorn[standard]`) and uvicorn is what runs the route.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
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
            proxy_buffering off;
            proxy_read_timeout 300s;
            proxy_http_version 1.1;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    `safe`: what is behind is a server of Python, all of which speak HTTP/1.1, and nginx 1.29.7 does so by itself. Where
    an `upstream` keeps connections, `proxy_set_header Connection "";` is added so that it really does, unless headers are
    inherited from around.

    ## References

    - [nginx: proxy_http_version](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version)
      (HTTP/1.0 before 1.29.7, HTTP/1.1 since; checked 2026-11-26)
    - [nginx: keepalive](https://nginx.org/en/docs/http/ngx_http_upstream_module.html#keepalive)
      (all releases; checked 2026-11-26)
    """

    code = "STL505"
    name = "nginx-http10-hides-truncation"
    severity = Severity.WARNING
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} ends as if it were whole when the application breaks off: {cause}"

    @on(Location)
    def masking(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        version = location.of_module("http_version")
        found = file.deployment.ask(Passages).of(location)
        passages = [each for each in found if endless(location, each, file.deployment)]
        if not passages:
            return

        def repair(_: object) -> Offer:
            fix = set_for(location, version, "1.1", file, Level.SAFE, _REASON)
            return None if fix is None else kept_alive(location, fix, file.source)

        yield from words.told(
            self,
            words.stand(location, version, file),
            location,
            file,
            passages,
            version,
            cause=f"nginx speaks HTTP/1.0 to it, {_why(location, version.statement is None)}",
            label=f"`{location.title}` passes it on",
            help="write `proxy_http_version 1.1;` in the location",
            repair=repair,
        )


def _why(location: Location, is_default: bool) -> str:
    if not is_default:
        return "as it is told"
    release = location.server.version
    return (
        f"as {release.major}.{release.minor} does by itself"
        if release is not None
        else "as it does by itself before 1.29.7"
    )
