"""Runs a small program and tells what each of its expressions really was."""

from __future__ import annotations

import ast
import sys
import types
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import NamedTuple

_PROBE = "_observed_"
_MOST = 400
"""Observations of one program; then it is ended."""


class Place(NamedTuple):
    """Where an expression stands, as `ast` has it."""

    module: str
    line: int
    column: int
    last_line: int
    last_column: int


class _Enough(BaseException):
    pass


class _Probes(ast.NodeTransformer):
    """Puts a call that passes its argument on around every expression that is read."""

    def __init__(self, module: str) -> None:
        self._module = module

    def visit(self, node: ast.AST) -> ast.AST:
        if isinstance(node, ast.pattern | ast.JoinedStr):
            return node
        super().generic_visit(node)
        if not isinstance(node, ast.expr) or isinstance(node, ast.Starred | ast.FormattedValue | ast.Slice):
            return node
        if not isinstance(getattr(node, "ctx", ast.Load()), ast.Load) or _is_super(node):
            return node
        assert node.end_lineno is not None
        assert node.end_col_offset is not None
        place = (self._module, node.lineno, node.col_offset, node.end_lineno, node.end_col_offset)
        return ast.copy_location(ast.Call(ast.Name(_PROBE, ast.Load()), [ast.Constant(place), node], []), node)


def _is_super(node: ast.expr) -> bool:
    """`super` looks at who calls it."""
    return isinstance(node, ast.Name) and node.id == "super"


class Run:
    """The observations of one run of a program, by place."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self.seen: dict[Place, list[object]] = {}
        self.calls: set[tuple[types.CodeType, Place]] = set()
        """Which functions of the program ran, and from which expression."""
        self.modules: dict[str, types.ModuleType] = {}
        self._count = 0
        with _installed(self.modules, modules):
            sys.setprofile(self._profile)
            try:
                for name, text in modules.items():
                    self._execute(name, text)
            except (Exception, _Enough) as error:  # the program ends as it likes
                self.error: BaseException | None = error
            else:
                self.error = None
            finally:
                sys.setprofile(None)

    def _profile(self, frame: types.FrameType, event: str, _argument: object) -> None:
        caller = frame.f_back
        if (
            event == "call"
            and caller is not None
            and {frame.f_code.co_filename, caller.f_code.co_filename} <= {*self.modules}
        ):
            line, last_line, column, last_column = _positions(caller.f_code)[caller.f_lasti // 2]
            if line is not None and last_line is not None and column is not None and last_column is not None:
                self.calls.add((frame.f_code, Place(caller.f_code.co_filename, line, column, last_line, last_column)))

    def _execute(self, name: str, text: str) -> None:
        tree = ast.fix_missing_locations(_Probes(name).visit(ast.parse(text)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code = compile(tree, name, "exec")
        vars(self.modules[name])[_PROBE] = self._observe
        exec(code, vars(self.modules[name]))

    def _observe(self, place: tuple[str, int, int, int, int], value: object) -> object:
        self.seen.setdefault(Place(*place), []).append(value)
        self._count += 1
        if self._count > _MOST:
            raise _Enough
        return value


@cache
def _positions(code: types.CodeType) -> list[tuple[int | None, int | None, int | None, int | None]]:
    return list(code.co_positions())


@contextmanager
def _installed(made: dict[str, types.ModuleType], names: Mapping[str, str]) -> Iterator[None]:
    kept, limit = {name: sys.modules.get(name) for name in names}, sys.getrecursionlimit()
    for name in names:
        made[name] = sys.modules[name] = types.ModuleType(name)
    depth = 0
    frame = sys._getframe()
    while frame is not None:
        depth, frame = depth + 1, frame.f_back  # type: ignore[assignment]  # the outermost has none
    sys.setrecursionlimit(depth + 150)
    try:
        yield
    finally:
        sys.setrecursionlimit(limit)
        for name, before in kept.items():
            if before is None:
                del sys.modules[name]
            else:
                sys.modules[name] = before
