from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from streamlint.fact import Fact
from streamlint.faults.servers import DjangoServers, Interface
from streamlint.finding import Severity, Symptom
from streamlint.model import syntax as ir
from streamlint.repairs.asynchronous_bodies import fetched_one_by_one
from streamlint.rule import Rule, on
from streamlint.streams import Sent
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS

_HELP = {
    Interface.ASGI: "send an asynchronous generator: of the engine's async method, or one that awaits `sync_to_async(next)`",
    Interface.WSGI: "send a synchronous iterator: that of `query`, or a generator that runs each step on a loop of its own",
}


class WrongIteratorForServer(Rule):
    """
    ## What it does

    Finds streaming responses of Django over a synchronous iterator where the project runs under an ASGI server, and over an
    asynchronous one where it runs under WSGI. The server is read from `asgi.py`, `wsgi.py` and the commands that start it; where
    they do not tell, nothing is reported.

    ## Why it breaks streaming

    Django reads an iterator of the wrong kind to its end before it sends anything, and warns in the log. Measured with 20 tokens
    in one second, in both directions: the first byte came after 1.02 s, in one piece; with the right kind after 0.06 s, in 20.

    ## Example

    ```python
    from django.core.asgi import get_asgi_application
    from django.http import StreamingHttpResponse
    from django.urls import path

    application = get_asgi_application()


    def chat(request):
        response = index.as_query_engine(streaming=True).query(request.GET["q"])
        return StreamingHttpResponse(response.response_gen, content_type="text/plain")


    urlpatterns = [path("chat", chat)]
    ```

    ## Use instead

    ```python
    from asgiref.sync import sync_to_async
    from django.core.asgi import get_asgi_application
    from django.http import StreamingHttpResponse
    from django.urls import path

    application = get_asgi_application()


    def chat(request):
        response = index.as_query_engine(streaming=True).query(request.GET["q"])
        tokens = response.response_gen

        async def stream():
            while (token := await sync_to_async(next)(tokens, None)) is not None:
                yield token

        return StreamingHttpResponse(stream(), content_type="text/plain")


    urlpatterns = [path("chat", chat)]
    ```

    Or an asynchronous view that awaits `aquery` and sends `response.response_gen`, which is an asynchronous iterator then.

    ## Fix safety

    `safe` under ASGI: an asynchronous generator fetches each item of LlamaIndex's iterator, or of a generator of the project, with
    `sync_to_async(next)`, so that the same bytes are sent, each when it is there. There is no fix for a generator that tidies up
    when it is closed (`try`, `with`), which Django would not close any more. Under WSGI a plain generator runs each step of an
    asynchronous generator of the project on one event loop of its own (`asyncio.Runner`, in Python from 3.11 on). There is no fix
    under WSGI for what an awaited call gave, which belongs to the loop that made it: it needs another call of the engine, or
    another server. A generator that may yield None (`yield part.choices[0].delta.content`) has no fix either, as None ends it.

    ## References

    - [Django: StreamingHttpResponse](https://docs.djangoproject.com/en/stable/ref/request-response/#streaminghttpresponse-objects)
    """

    code = "STL305"
    name = "wrong-iterator-for-server"
    severity = Severity.ERROR
    symptom = Symptom.ALL_AT_ONCE
    since = "0.1.0"
    stands_on = EXPRESSIONS
    message = "Django takes all of this {kind} iterator before it sends anything, as the server is {server}"
    words = ("Streaming",)

    @on(ir.Call)
    def mismatched(self, call: ir.Call, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        sending = file.project.ask(Sent).of_call(call, file.frame(scope))
        interface = file.project.ask(DjangoServers).takes_whole(sending) if sending is not None else None
        if sending is None or interface is None:
            return
        kind = "synchronous" if interface is Interface.ASGI else "asynchronous"
        yield file.fact(
            self,
            sending.content,
            kind=kind,
            server=interface.value,
            label=f"{kind}, but the project runs under {interface.value}",
            help=_HELP[interface],
            repair=partial(fetched_one_by_one, file, sending, interface),
        )
