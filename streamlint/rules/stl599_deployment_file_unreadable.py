from __future__ import annotations

from collections.abc import Iterator

from streamlint.deployment.unread import Unread
from streamlint.deployment_file import DeploymentFile
from streamlint.fact import Fact
from streamlint.finding import Severity
from streamlint.rule import Language, Rule, on


class DeploymentFileUnreadable(Rule):
    """
    ## What it does

    Finds files around the code (nginx, Compose, Dockerfile, Procfile, systemd, supervisord) that can be read only in part, or not
    at all. It is advice: select it to see it.

    ## Why it breaks streaming

    It need not: but what was not read was not judged, and what holds a stream may stand there. A file is read as far as it can
    be: a block ends where the next one could not stand in it, a template's marks count for what they may become, and of broken YAML
    what stands before the fault is taken. A file that is larger than 300 kB, no text, or closed to who runs streamlint is not
    read; one that is no UTF-8 is read byte by byte. This is told once for each file, at the first place of several.

    ## Example

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_http_version 1.1;
            proxy_read_timeout 300s;
            proxy_pass http://127.0.0.1:8000;
    }
    ```

    ## Use instead

    ```nginx
    server {
        listen 80;
        location /chat {
            proxy_http_version 1.1;
            proxy_read_timeout 300s;
            proxy_pass http://127.0.0.1:8000;
        }
    }
    ```

    ## Fix safety

    There is no fix: nobody can say what was meant.

    ## References

    - [nginx: Beginner's guide, configuration file's structure](https://nginx.org/en/docs/beginners_guide.html#conf_structure)
      (checked 2026-11-26)
    - [Compose file reference](https://docs.docker.com/reference/compose-file/) (checked 2026-11-26)
    - [Dockerfile reference](https://docs.docker.com/reference/dockerfile/) (checked 2026-11-26)
    """

    code = "STL599"
    name = "deployment-file-unreadable"
    severity = Severity.ADVICE
    since = "0.1.0"
    stands_on = ()
    language = Language.DEPLOYMENT
    message = "this file can be read only in part: {fault}{others}"

    @on(Unread)
    def partly(self, unread: Unread, file: DeploymentFile) -> Iterator[Fact]:
        yield file.fact(
            self,
            unread,
            fault=unread.message,
            others=f" (and {unread.count - 1} more)" if unread.count > 1 else "",
            label="not understood here",
            notes=("what stands around this place may not have been judged",),
        )
