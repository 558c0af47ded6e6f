"""Log a stream's text after its last token, beside sending it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import libcst as cst

from streamlint.fix import Edit, Fix, Level
from streamlint.project import syntax as ir
from streamlint.project.consumed import Consumed
from streamlint.project.takings import How
from streamlint.source import Span

if TYPE_CHECKING:
    from streamlint.languages.python import PythonFile
    from streamlint.project.frames import Frame

_REASON = "the client receives the tokens where it received nothing, and the log gets the same text when the last one was sent"
_OWN_NAMES = ("stream", "token", "tokens")


def logged_at_the_end(file: PythonFile, frame: Frame, consumed: Consumed) -> Fix | None:
    """A generator that keeps the tokens; None where the text is used for more than one log statement."""
    statement = file.statement(consumed.start, consumed.end)
    content = consumed.sending.content
    answer = file.statement(consumed.sending.call.start, consumed.sending.call.end)
    if statement is None or answer is None or statement not in file.siblings(answer):
        return None
    if not _is_expression(statement) or consumed.how not in (How.TEXT, How.CALL, How.JOIN):
        return None
    is_async = isinstance(content, ir.Call)
    attribute = content.function if isinstance(content, ir.Call) else content
    if not isinstance(attribute, ir.Attribute) or attribute.attribute not in ("response_gen", "async_response_gen"):
        return None
    if (
        file.text(Span(consumed.start, consumed.end))[:1] in "fF"
        and consumed.how is How.TEXT
        and _is_formatted(file, consumed)
    ):
        return None
    if any(name in scope.by_name for scope in file.facts.scopes for name in _OWN_NAMES):
        return None
    return _fix(file, consumed, statement, answer, is_async)


def _fix(
    file: PythonFile, consumed: Consumed, statement: cst.BaseStatement, answer: cst.BaseStatement, is_async: bool
) -> Fix:
    source, content = file.source, consumed.sending.content
    removed, before = file.whole_lines(statement), file.whole_lines(answer)
    line = source.slice(source.line_span(file.span(answer).start))
    indent = line[: len(line) - len(line.lstrip())]
    log = file.text(statement)
    offset = file.span(statement).start
    taken = "tokens" if consumed.how is How.CALL else '"".join(tokens)'
    log = log[: consumed.start - offset] + taken + log[consumed.end - offset :]
    word = "async " if is_async else ""
    lines = (
        f"{word}def stream():",
        "    tokens = []",
        f"    {word}for token in {file.text(content)}:",
        "        tokens.append(token)",
        "        yield token",
        f"    {log}",
    )
    text = "".join(f"{indent}{one}\n" for one in lines) + "\n"
    above = removed.start if removed.end == before.start else before.start
    is_open = above == 0 or bool(source.slice(source.line_span(above - 1)).strip())
    edits = (
        Edit(removed, ""),
        Edit(Span(before.start, before.start), ("\n" if is_open else "") + text),
        Edit(Span(content.start, content.end), "stream()"),
    )
    return Fix("log the text after the last token", tuple(sorted(edits)), Level.SAFE, _REASON)


def _is_formatted(file: PythonFile, consumed: Consumed) -> bool:
    return any(isinstance(node, cst.FormattedString) for node in file.nodes_at(consumed.start, consumed.end))


def _is_expression(statement: cst.BaseStatement) -> bool:
    match statement:
        case cst.SimpleStatementLine(body=[cst.Expr(value=cst.Call())]):
            return True
    return False
