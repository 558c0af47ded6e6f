"""Let a failure be seen that a generator took and told nobody: it passes on, or is logged where more is done after it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.off_loop import is_free
from streamlint.source import Span
from streamlint.streams.caught import Caught
from streamlint.streams.generators import Generators
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.tree.python import PythonFile
    from streamlint.values.activations import Frame

_LOGGING = Import("logging")
_SEEN = "the client of a model that fails sees that the answer is incomplete, where it received a regular end; the server logs why"
_LOGGED = "the client receives what it received; the log says why it ends"


def shown(file: PythonFile, frame: Frame, handler: ir.Handler, node: cst.ExceptHandler) -> Fix | None:
    """`except Exception: pass` raises what it took, or logs it where something follows, or others take the items too."""
    statement = _only_statement(node)
    if statement is None:
        return None
    place = file.tree.span(statement)
    match statement:
        case cst.Expr(value=cst.Call(func=cst.Attribute(attr=level))):
            edit = Edit(file.tree.span(level), "exception")
            return Fix("log it as a failure", (edit,), Level.SAFE, _LOGGED, drops=(f"_.{level.value}(_)",))
    if _is_followed(frame.scope, handler) or file.project.ask(Generators).has_other_takers(frame):
        is_left = file.project.ask(Caught).everything(handler, frame)  # a client that leaves is no failure to log
        return None if is_left else _logged(file, statement, place)
    return Fix("let the failure pass", (Edit(place, "raise"),), Level.RESPONSE, _SEEN)


def _only_statement(node: cst.ExceptHandler) -> cst.BaseSmallStatement | None:
    """The `pass`, `...` or `return` that is all that a handler does."""
    match node.body:
        case cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[only])]) | cst.SimpleStatementSuite(body=[only]):
            return only if isinstance(only, cst.Pass | cst.Return | cst.Expr) else None
    return None


def _is_followed(scope: ir.Scope, handler: ir.Handler) -> bool:
    """Whether something is done after the `try`, or with what it raises, which the failure would then skip or meet."""
    around = scope.body.around(handler)
    attempts = [one for one in around if isinstance(one, ir.Try)]
    if len(attempts) != 1 or any(isinstance(one, ir.With) for one in around):
        return True
    return any(scope.body.following(attempts[0]))


def _logged(file: PythonFile, statement: cst.BaseSmallStatement, place: Span) -> Fix | None:
    if isinstance(statement, cst.Return) or not is_free(file, _LOGGING):
        return None
    edit = Edit(place, 'logging.exception("the stream broke off")')
    return Fix("log the failure", (edit,), Level.SAFE, _LOGGED, frozenset((_LOGGING,)))
