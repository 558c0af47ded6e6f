"""Source to Summary: the only place that reads Python with the standard parser."""

from __future__ import annotations

import ast
import warnings

from streamlint.model import syntax as ir
from streamlint.model.lowering.places import Places
from streamlint.model.lowering.statements import Statements
from streamlint.model.lowering.walk import Walk
from streamlint.source import Source, UnreadableFile


class UnparsableFile(UnreadableFile):
    """Text that is no Python of the running version; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


def summarise(source: Source) -> ir.Summary:
    """Summarise a module; raises `UnparsableFile` where the text is no Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source.text)
        return _lowered(tree, source)
    except SyntaxError as error:
        raise UnparsableFile(
            f"is not valid Python: {error.msg}", error.lineno or 1, max(error.offset or 1, 1)
        ) from error
    except ValueError as error:
        raise UnparsableFile(f"cannot be parsed: {error}", 1, 1) from error
    except (RecursionError, MemoryError) as error:
        raise UnparsableFile("is nested too deeply to be read", 1, 1) from error


def _lowered(tree: ast.Module, source: Source) -> ir.Summary:
    walk = Walk(len(source.text))
    statements = Statements(walk, Places(source))
    walk.scope.body = statements.block(tree.body)
    walk.scope.final = walk.environment
    for scope in walk.scopes:
        scope.settle()
    statements.part()
    return walk.summary
