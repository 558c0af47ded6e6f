from __future__ import annotations

from collections.abc import Iterator, Sequence

from streamlint.deployment.nginx_holds import Held, header_added, held, ignoring, misnamed
from streamlint.deployment.nginx_sites import Location
from streamlint.deployment.nginx_tree import Statement
from streamlint.deployment.passages import Passage, Passages
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact, Offer
from streamlint.finding import Severity, Symptom
from streamlint.fix import Level
from streamlint.messages import nginx as words
from streamlint.repairs.nginx import argument_less, replaced
from streamlint.rule import Language, Rule, on

_HEADER = "X-Accel-Buffering"
_OTHERS = "the header may be ignored for the sake of other routes"
_CLIENTS = "a client may read the header that nginx adds"


class NginxIgnoredAccelHeader(Rule):
    """
    ## What it does

    Finds `proxy_ignore_headers X-Accel-Buffering` in front of a route that sends this header, and `add_header
    X-Accel-Buffering no` in nginx itself, where the stream is held.

    ## Why it breaks streaming

    `X-Accel-Buffering: no` is a word of the application to nginx. nginx that is told to ignore it buffers as before
    (measured: 2.41 s to the first of six events instead of 0.00 s), and one that adds it tells the client, who has no use
    for it: the same 2.41 s.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            include uwsgi_params;
            add_header X-Accel-Buffering no;
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

    `unsafe`: the header may be ignored for the sake of other routes, and clients may read what nginx adds.

    ## References

    - [nginx: proxy_ignore_headers](https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_ignore_headers)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    - [nginx: add_header](https://nginx.org/en/docs/http/ngx_http_headers_module.html#add_header)
      (all releases, measured with 1.22.1 and 1.31.3; checked 2026-11-26)
    """

    code = "STL503"
    name = "nginx-ignored-accel-header"
    severity = Severity.WARNING
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "{routes} waits in nginx: {cause}, and {wrong}"

    @on(Location)
    def unheard(self, location: Location, file: DeploymentFile) -> Iterator[Fact]:
        passages = file.deployment.ask(Passages).of(location)
        waiting = [(each, found) for each in passages if (found := held(location, each, file.deployment)) is not None]
        if not waiting or misnamed(location, "buffering") is not None:
            return
        concerned, why = [each for each, _ in waiting], waiting[0][1]
        ignored, added = ignoring(location), header_added(location)
        asking = [each for each in concerned if each.route.sends_accel_header]
        if ignored is not None and ignored.statement is not None and asking:
            yield from self._ignored(location, file, asking, why, ignored.statement)
        elif added is not None:
            yield from self._added(location, file, concerned, why, added)

    def _ignored(
        self, location: Location, file: DeploymentFile, passages: Sequence[Passage], why: Held, statement: Statement
    ) -> Iterator[Fact]:
        def repair(_: object) -> Offer:
            return argument_less(statement, _HEADER, file.source, Level.UNSAFE, _OTHERS)

        yield from words.told(
            self,
            statement.anchor if statement.path == file.path else location.anchor,
            location,
            file,
            passages,
            why.buffering,
            cause=words.cause(why),
            wrong=f"`{statement.name}` overlooks the header with which the answer asks not to",
            label=f"`{_HEADER}` is ignored here",
            help=f"let nginx read `{_HEADER}`",
            repair=repair,
        )

    def _added(
        self, location: Location, file: DeploymentFile, passages: Sequence[Passage], why: Held, statement: Statement
    ) -> Iterator[Fact]:
        setting = f"{why.buffering.name} off;"

        def repair(_: object) -> Offer:
            is_set = why.buffering.statement is not None
            return None if is_set else replaced(statement, setting, file.source, Level.UNSAFE, _CLIENTS)

        yield from words.told(
            self,
            statement.anchor if statement.path == file.path else location.anchor,
            location,
            file,
            passages,
            why.buffering,
            cause=words.cause(why),
            wrong="nginx does not read the header that it adds itself",
            label="this is told to the client",
            help=f"write `{setting}` instead",
            repair=repair,
        )
