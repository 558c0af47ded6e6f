from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.limits import Certainty
from streamlint.deployment.nginx_holds import header_added, held, ignoring, misnamed, only_streams
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.passages import Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import set_for
from streamlint.rule import Language, Rule, on

_SAFE = "nothing but streams is known to pass here"
_UNSAFE = "other answers pass here too, and are not buffered any more"


class NginxStreamBuffered(Rule):
    """
    ## What it does

    Finds a location of nginx through which a route streams while nginx holds the answer back: buffering is on, which is
    its default, and something makes it wait.

    ## Why it breaks streaming

    With buffering on, nginx passes on what it has when its buffer (4 or 8 KB) is full or the answer whole, wherever the
    end of a piece cannot be told: over HTTP/1.0, which nginx before 1.29.7 speaks to what is behind it unless it is told
    otherwise; over uwsgi, FastCGI and SCGI; and where gzip compresses the media type. Measured: six events 0.4 s apart
    arrived at once after 2.41 s, with `proxy_buffering off` the first after 0.00 s, and a stream of 64 s began after
    64.09 s. Over HTTP/1.1 without gzip the pieces pass even with buffering on, so nothing is reported there.
    `proxy_request_buffering off` is for requests and changes nothing; `add_header X-Accel-Buffering no` neither (STL503).

    Over HTTP/1.0 gunicorn, hypercorn, daphne and uvicorn (with h11) are held. uvicorn with httptools, which `uvicorn[standard]`
    brings, sends chunks to HTTP/1.0 too, and these pass: where uvicorn runs the route, without `--http h11`, and a lock, a
    requirement or a Dockerfile brings httptools, HTTP/1.0 is no reason.

    Silent where the route sends `X-Accel-Buffering: no` itself, as nginx obeys that, and where a template or a variable
    computes the value.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            include uwsgi_params;
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
            uwsgi_read_timeout 300s;
            uwsgi_buffering off;
            uwsgi_pass 127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    `safe` where every route that is known to pass the location streams, or the location is an exact one; else `unsafe`,
    as other answers are not buffered any more either and a slow client then holds a connection to the application.

    ## References

    - [nginx: proxy_buffering](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_buffering)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    - [nginx: uwsgi_buffering](https://nginx.org/en/docs/http/ngx_http_uwsgi_module.html#uwsgi_buffering)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    - [Keep-alive to upstreams is now default in NGINX 1.29.7](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_http_version)
      (HTTP/1.0 before 1.29.7, HTTP/1.1 since; checked 2026-11-26)
    - [nginx: gzip](https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip_types) (all releases; checked 2026-11-26)
    """

    code = "STL501"
    name = "nginx-stream-buffered"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} waits in nginx until a buffer is full or the answer whole: {cause}"

    @on(Location)
    def holding(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        """Silent where another rule names what somebody wrote against it."""
        passages = file.deployment.ask(Passages).of(location)
        waiting = [(each, found) for each in passages if (found := held(location, each, file.deployment)) is not None]
        spoken = ignoring(location) is not None and any(each.route.sends_accel_header for each, _ in waiting)
        if not waiting or spoken or header_added(location) is not None or misnamed(location, "buffering") is not None:
            return
        concerned, why = [each for each, _ in waiting], waiting[0][1]
        buffering = why.buffering

        def repair(_: object) -> Offer:
            sure = all(each.certainty is Certainty.CERTAIN for each in concerned)
            alone = sure and only_streams(location, file.deployment, frozenset(each.route.path for each in concerned))
            level, reason = (Level.SAFE, _SAFE) if alone else (Level.UNSAFE, _UNSAFE)
            return set_for(location, buffering, "off", file, level, reason)

        yield from words.told(
            self,
            words.stand(location, buffering, file),
            location,
            file,
            concerned,
            buffering,
            why.because,
            cause=words.cause(why),
            label=f"`{location.title}` passes it on",
            help=words.alternative(file, f"write `{buffering.name} off;` in the location"),
            notes=words.notes(why),
            repair=repair,
        )
