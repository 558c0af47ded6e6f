from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, Offer, of_facts
from streamlint.finding import Severity, Symptom
from streamlint.fix import Fix
from streamlint.model import syntax as ir
from streamlint.repairs.caught import exceptions_only
from streamlint.rule import Rule, on
from streamlint.streams.caught import Caught
from streamlint.tree.python import PythonFile
from streamlint.tree.stands import EXPRESSIONS

_SPUN = (
    "measured: after its client had left, a generator with such a handler swallowed a cancellation in each of the 33 steps "
    "that were "
    "left, at full speed; a loop without an end spins for ever"
)

_LOOP = "the loop around goes on"
_YIELD = "the generator goes on to its next `yield`"


class SwallowedCancellation(Rule):
    """
    ## What it does

    Finds `except:`, `except BaseException` and `except asyncio.CancelledError` around an `await`, inside a loop that goes on
    afterwards, or before a further `yield`, in an async generator that sends a response; `contextlib.suppress(CancelledError)`
    in such a loop too. A `yield` in the `finally` of a `try` that sends items is a warning.

    ## Why it breaks streaming

    When the client leaves, the server ends the generator with `CancelledError`, which is no `Exception` but a `BaseException`. A
    handler that takes it and goes on with the loop swallows the end: the server cancels again and again, and the loop spins
    through the rest of the stream, or for ever, at full speed. Measured: 33 cancellations swallowed for 33 steps that were left.
    `except Exception` does not catch it and is right. Without a loop, the `yield` that follows is an error of its own: "async
    generator ignored GeneratorExit". So it is with a last item in `finally`: measured, a generator that is closed there ends with
    that error, and what stands behind the `yield` does not run.

    ## Example

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def tokens():
        while True:
            try:
                yield await queue.get()
            except:
                continue


    @app.get("/chat")
    async def chat():
        return StreamingResponse(tokens(), media_type="text/plain")
    ```

    ## Use instead

    ```python
    from fastapi import FastAPI
    from fastapi.responses import StreamingResponse

    app = FastAPI()


    async def tokens():
        while True:
            try:
                yield await queue.get()
            except Exception:
                continue


    @app.get("/chat")
    async def chat():
        return StreamingResponse(tokens(), media_type="text/plain")
    ```

    ## Fix safety

    `safe`: every error that was caught is still caught; only cancellation and the end of the process pass. A handler of
    `CancelledError` itself has no fix: end it with `raise`.

    ## References

    - [Python: asyncio.CancelledError](https://docs.python.org/3/library/asyncio-exceptions.html#asyncio.CancelledError)
    - [Python: task cancellation](https://docs.python.org/3/library/asyncio-task.html#task-cancellation)
    """

    code = "STL302"
    name = "swallowed-cancellation"
    severity = Severity.ERROR
    symptom = Symptom.AFTER_LEAVING
    since = "0.1.0"
    stands_on = ("ExceptHandler", "ExceptStarHandler", *EXPRESSIONS)
    message = "`{handler}` swallows the cancellation of a stream whose client has left, and {going} goes on"
    words = ("except:", "except :", "BaseException", "CancelledError", "finally")

    @on(ir.Scope)
    def generated(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        frame = file.frame(scope)
        for handler, is_repeated in file.project.ask(Caught).swallowers(frame):
            yield file.fact(
                self,
                handler,
                at=handler.type,
                handler="except" if handler.type is None else f"except {file.one_line(handler.type)}",
                going="the loop" if is_repeated else "the generator",
                label=f"{_ended(handler, file)} ends here, and {_LOOP if is_repeated else _YIELD}",
                help=_way_out,
                notes=(_SPUN,) if is_repeated else (),
                repair=of_facts(exceptions_only, file, handler, frame),
            )

    @on(ir.Scope)
    def suppressed(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for call in file.project.ask(Caught).suppressors(file.frame(scope)):
            yield file.fact(
                self,
                call,
                handler=file.one_line(call),
                going="the loop",
                label=f"`CancelledError` ends here, and {_LOOP}",
                help="leave `CancelledError` out: cancellation has to end the generator",
                notes=(_SPUN,),
            )

    @on(ir.Scope)
    def said_last(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        for item in file.project.ask(Caught).last_words(file.frame(scope)):
            assert item.value is not None
            yield file.fact(
                self,
                item.value,
                severity=Severity.WARNING,
                handler="finally",
                going="the generator",
                label="a generator that is closed comes here, must not yield, and leaves the rest of its `finally` undone",
                help="yield it behind the `try`, or in its `else`",
            )


def _ended(handler: ir.Handler, file: PythonFile) -> str:
    """What the handler takes of a generator that is left: its closing where it is written for that, else the cancellation."""
    is_closing = handler.type is not None and file.text(handler.type) == "GeneratorExit"
    return "`GeneratorExit`" if is_closing else "`CancelledError`"


def _way_out(offer: Offer) -> str:
    is_offered = isinstance(offer, Fix)
    return "catch `Exception`, which lets cancellation pass" if is_offered else "end the handler with `raise`"
