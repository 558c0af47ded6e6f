from __future__ import annotations

from collections.abc import Iterator

from streamlint.fact import Fact, of_facts
from streamlint.faults.contexts import Contexts
from streamlint.finding import Related, Severity, Symptom
from streamlint.knowledge.signs import with_contexts
from streamlint.model import syntax as ir
from streamlint.repairs.contexts import keep_context
from streamlint.rule import Rule, on
from streamlint.tree.python import PythonFile


class ContextLost(Rule):
    """
    ## What it does

    Finds generators that Flask or Quart sends and that use `request`, `session`, `g` or `current_app` although nothing keeps
    the context of the request for them.

    ## Why it breaks streaming

    The generator runs after the view has returned, when its context is gone. Measured with Flask: a use before the first token
    gives status 500, a use after it cuts the answer with status 200 and "Working outside of request context" in the log. Quart
    sends status 200 and an empty body.

    ## Example

    ```python
    from flask import Flask, Response, request

    app = Flask(__name__)
    engine = index.as_query_engine(streaming=True)


    @app.get("/chat")
    def chat():
        def stream():
            for token in engine.query(request.args["q"]).response_gen:
                yield token

        return Response(stream(), mimetype="text/plain")
    ```

    ## Use instead

    ```python
    from flask import Flask, Response, request, stream_with_context

    app = Flask(__name__)
    engine = index.as_query_engine(streaming=True)


    @app.get("/chat")
    def chat():
        def stream():
            for token in engine.query(request.args["q"]).response_gen:
                yield token

        return Response(stream_with_context(stream()), mimetype="text/plain")
    ```

    ## Fix safety

    `safe`: the stream is the same, and has the request that it asks for. A copy made before the generator starts, such as
    `question = request.args["q"]`, does as well. What is written to `session` inside the stream reaches no cookie in either case.

    ## References

    - [Flask: streaming with context](https://flask.palletsprojects.com/en/stable/patterns/streaming/#streaming-with-context)
    - [Quart: streaming responses](https://quart.palletsprojects.com/en/latest/how_to_guides/streaming_response.html)
    """

    code = "STL304"
    name = "context-lost"
    severity = Severity.ERROR
    symptom = Symptom.CUT
    since = "0.1.0"
    stands_on = ("Name", "Attribute", "Call")
    message = "`{name}` is gone when this generator is sent, so the stream ends with an error"
    words = with_contexts()

    @on(ir.Scope)
    def lost(self, scope: ir.Scope, file: PythonFile) -> Iterator[Fact]:
        is_generator = scope.kind == "generator-expression" or (scope.kind == "function" and scope.is_generator)
        loss = file.project.ask(Contexts).lost(file.facts, scope) if is_generator else None
        if loss is None:
            return
        content = loss.carried.content
        place = None
        if content is not None:
            place = file.project.place(loss.carried.frame.module.path, content.start, content.end)
        keeper = loss.context.keeps[0].rpartition(".")[2]
        yield file.fact(
            self,
            loss.use,
            name=loss.name,
            label="runs after the view has returned",
            related=(Related(place, "the generator is handed over here"),) if place is not None else (),
            help=f"keep the context with `{keeper}`, or copy what is needed before the generator starts",
            repair=of_facts(keep_context, file, scope, loss),
        )
