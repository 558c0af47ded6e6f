"""A generator that yields the text of a whole stream yields each token instead."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Level
from streamlint.model import syntax as ir
from streamlint.source import Span
from streamlint.streams.generators import Generators
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.streams.drained import Drain
    from streamlint.tree.python import PythonFile

_SAME = "the same bytes reach the client, only earlier"


def yielded(file: PythonFile, drain: Drain) -> Fix | None:
    """`yield "".join(t for t in tokens)` becomes a loop that yields; None where more is done with the text, or around it."""
    last = drain.hops[-1]
    if last.path != file.path:
        return None
    statement = file.tree.statement(last.start, last.end)
    scope = next((one for one in reversed(file.facts.scopes) if one.kind == "function" and one.contains(last)), None)
    if scope is None or not scope.is_generator or not isinstance(statement, cst.SimpleStatementLine):
        return None
    is_handled = any(isinstance(one, ir.Try) and one.handlers for one in scope.body.around(last))
    if is_handled or file.project.ask(Generators).has_other_takers(file.frame(scope)):
        return None
    loop = _loop(file, statement, scope)
    if loop is None:
        return None
    place = file.tree.span(statement)
    text, drops = loop
    start = file.source.line_span(place.start).start
    indent = file.source.text[start : place.start]
    step = file.tree.piece(place.start).module.default_indent
    lines = f"{text}{file.source.newline}{indent}{step}"
    if indent.strip() or "#" in file.source.slice(place):
        return None
    return Fix("yield each token", (Edit(place, f"{lines}yield {drops[0]}"),), Level.SAFE, _SAME, drops=('"".join(_)',))


def _loop(file: PythonFile, statement: cst.SimpleStatementLine, scope: ir.Scope) -> tuple[str, tuple[str]] | None:
    """The head of the loop, and what it yields."""
    match statement.body:
        case [
            cst.Expr(
                value=cst.Yield(
                    value=cst.Call(
                        func=cst.Attribute(value=cst.SimpleString(value='""' | "''"), attr=cst.Name(value="join")),
                        args=[cst.Arg(keyword=None, star="", value=cst.GeneratorExp() | cst.ListComp() as made)],
                    )
                )
            )
        ]:
            clause = made.for_in
        case _:
            return None
    names = {name.value for name, _ in file.tree.within(file.tree.span(clause.target), cst.Name)}
    used = [
        name
        for name in scope.names
        if name.id in names and not file.tree.span(made).contains(Span(name.start, name.end))
    ]
    if clause.ifs or clause.inner_for_in is not None or used or names & scope.own_names:
        return None
    word = "async for" if clause.asynchronous is not None else "for"
    return f"{word} {file.tree.text(clause.target)} in {file.tree.text(clause.iter)}:", (file.tree.text(made.elt),)
