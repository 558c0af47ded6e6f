"""Source to Summary: the only place that reads Python with the standard parser."""

from __future__ import annotations

import ast
import builtins
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from typing import NamedTuple, TypeAlias

from streamlint.model import syntax as ir
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
        return _Lowering(source).lower(tree)
    except SyntaxError as error:
        raise UnparsableFile(
            f"is not valid Python: {error.msg}", error.lineno or 1, max(error.offset or 1, 1)
        ) from error
    except ValueError as error:
        raise UnparsableFile(f"cannot be parsed: {error}", 1, 1) from error
    except (RecursionError, MemoryError) as error:
        raise UnparsableFile("is nested too deeply to be read", 1, 1) from error


_SUPPRESSING = ("suppress", "raises")
_BUILTIN_NAMES = frozenset(dir(builtins))
_Environment: TypeAlias = dict[str, tuple[int, ...]]
_BASES: dict[type[ast.expr], str] = {
    ast.Attribute: "value",
    ast.Call: "func",
    ast.Subscript: "value",
    ast.BinOp: "left",
}
"""What the links of a chain (`a.b(c)[d] + e`) hang on. Chains have thousands of links; a recursion would not come to their end."""
_DEEPEST = 300
_PIECES = 500
_PIECE = re.compile(r"""["'][ \t\r\n\\]+[a-zA-Z]{0,2}["']""")


class _Way(NamedTuple):
    """A block that has been read: what holds after it, and whether it never comes to its end."""

    environment: _Environment
    dead: bool
    block: ir.Block


class _Exits(NamedTuple):
    """What holds where a loop is left, and where a step of it is."""

    breaks: list[_Environment]
    continues: list[_Environment]


class _Arm(NamedTuple):
    """An `if` of which the first arm is read: what held before it, the branches of both, and what the first leaves."""

    head: int
    parent: int
    before: _Environment
    was_dead: bool
    first: int
    second: int
    test: ir.Expression
    taken: _Way


class _Lowering:
    """Walks a parsed module once, keeping which bindings reach the current place."""

    def __init__(self, source: Source) -> None:
        self.line_starts = source.line_starts
        self.text = source.text
        self.wide = _wide_lines(source)
        self.offsets: dict[int, int] = {}
        """Each place once: many nodes begin or end in the same one, and a number takes 32 bytes."""
        self.scopes: list[ir.Scope] = []
        self.summary = ir.Summary(self.scopes)
        self.scope: ir.Scope
        self.environment: _Environment = {}
        self.dead = False
        self.branch = -1
        self.depth = 0
        self.elsewhere: dict[str, int] = {}
        self.loop_exits: list[_Exits] = []
        self.is_clause = False
        """Whether the target of a comprehension is read, whose names end with it."""
        self.outside: dict[tuple[int, str], int] = {}
        """By scope and name: the binding that stands for what lies around."""
        self.expressions: dict[type[ast.expr], Callable[..., ir.Expression]] = {
            ast.Name: self._name,
            ast.Await: self._await,
            ast.Constant: self._constant,
            ast.Tuple: self._sequence,
            ast.List: self._sequence,
            ast.Set: self._sequence,
            ast.Dict: self._mapping,
            ast.IfExp: self._conditional,
            ast.BoolOp: self._boolean,
            ast.Compare: self._compare,
            ast.UnaryOp: self._unary,
            ast.ListComp: self._comprehension,
            ast.SetComp: self._comprehension,
            ast.DictComp: self._comprehension,
            ast.GeneratorExp: self._generator_expression,
            ast.Lambda: self._lambda,
            ast.JoinedStr: self._formatted,
            ast.Yield: self._yield,
            ast.YieldFrom: self._yield,
            ast.Starred: self._starred,
            ast.NamedExpr: self._walrus,
        }
        self.links: dict[type[ast.expr], Callable[..., ir.Expression]] = {
            ast.Attribute: self._attribute,
            ast.Call: self._call,
            ast.Subscript: self._subscript,
            ast.BinOp: self._binary,
        }
        self.statements: dict[type[ast.stmt], Callable[..., ir.Statement]] = {
            ast.Assign: self._assign,
            ast.AnnAssign: self._annotated_assign,
            ast.AugAssign: self._augmented_assign,
            ast.Expr: self._expression_statement,
            ast.Return: self._return,
            ast.If: self._if,
            ast.For: self._for,
            ast.AsyncFor: self._for,
            ast.While: self._while,
            ast.With: self._with,
            ast.AsyncWith: self._with,
            ast.Try: self._try,
            ast.TryStar: self._try,
            ast.Match: self._match,
            ast.FunctionDef: self._function,
            ast.AsyncFunctionDef: self._function,
            ast.ClassDef: self._class,
            ast.Import: self._import,
            ast.ImportFrom: self._import_from,
            ast.Global: self._declare,
            ast.Nonlocal: self._declare,
            ast.Raise: self._raise,
            ast.Break: self._break,
            ast.Continue: self._break,
            ast.Delete: self._delete,
            ast.Assert: self._assert,
        }
        self.stored: list[ir.Expression] = []

    def lower(self, tree: ast.Module) -> ir.Summary:
        self.scope = self._new_scope("module", "", 0, len(self.text))
        self.scope.body = self._block(tree.body)
        self.scope.final = self.environment
        return self.summary

    # Places

    def _offset(self, line: int, column: int) -> int:
        """A place from the parser's line and its column in bytes."""
        start = self.line_starts[line - 1]
        if line not in self.wide:
            return start + column
        end = self.line_starts[line] if line < len(self.line_starts) else len(self.text)
        return start + len(self.text[start:end].encode()[:column].decode())

    def _span(self, node: ast.expr | ast.stmt | ast.excepthandler | ast.pattern) -> tuple[int, int]:
        assert node.end_lineno is not None and node.end_col_offset is not None
        start = self._offset(node.lineno, node.col_offset)
        end = self._offset(node.end_lineno, node.end_col_offset)
        return self.offsets.setdefault(start, start), self.offsets.setdefault(end, end)

    # Scopes, branches, environments

    def _new_scope(self, kind: str, name: str, start: int, end: int) -> ir.Scope:
        parent = self.scope.index if self.scopes else -1
        scope = ir.Scope(len(self.scopes), kind, name, parent, start, end)  # type: ignore[arg-type]  # a closed set
        self.scopes.append(scope)
        return scope

    @contextmanager
    def _inside(self, scope: ir.Scope) -> Iterator[None]:
        kept = (self.scope, self.environment, self.dead, self.branch, self.elsewhere, self.loop_exits)
        self.scope, self.environment, self.dead, self.branch = scope, {}, False, -1
        self.elsewhere, self.loop_exits = {}, []
        try:
            yield
        finally:
            self.scope, self.environment, self.dead, self.branch, self.elsewhere, self.loop_exits = kept

    def _new_branch(self, parent: int, decision: int, arm: str, test: ir.Expression | None = None) -> int:
        self.scope.branches.append(ir.Branch(parent, decision, arm, test))
        return len(self.scope.branches) - 1

    def _bind(self, name: str, kind: ir.BindingKind, span: tuple[int, int], **facts: object) -> int:
        binding = ir.Binding(name, kind, self.scope.index, *span, **facts)  # type: ignore[arg-type]  # checked by callers
        index = len(self.scope.bindings)
        self.scope.bindings.append(binding)
        target = self.elsewhere.get(name)
        if target is None:
            self.scope.by_name.setdefault(name, []).append(index)
            if not self.is_clause:
                self.scope.own_names.add(name)
        else:
            outer = self.scopes[target]
            outer.by_name.setdefault(name, []).append(len(outer.bindings))
            outer.from_inside.setdefault(name, []).append(len(outer.bindings))
            outer.bindings.append(binding)
        self.environment[name] = (index,)
        return index

    def _merge(self, environments: Iterable[_Environment]) -> _Environment:
        """What holds where any of these may hold."""
        merged: _Environment = {}
        ways = list(environments)
        for environment in ways:
            for name, bindings in environment.items():
                known = merged.get(name)
                if known is None:
                    merged[name] = bindings
                elif known != bindings:
                    merged[name] = tuple(dict.fromkeys((*known, *bindings)))
        if self.scope.kind in ("module", "class"):
            for name in sorted(name for name in merged if not all(name in environment for environment in ways)):
                merged[name] = tuple(dict.fromkeys((*merged[name], *self._outside(name))))
        return merged

    def _outside(self, name: str) -> tuple[int, ...]:
        """What a name of a module or class means where it is not bound there: perhaps what a star import or Python gives."""
        is_class = self.scope.kind == "class"
        if not is_class and not (self.scope.kind == "module" and (self.summary.star_imports or name in _BUILTIN_NAMES)):
            return ()
        key = (self.scope.index, name)
        if key not in self.outside:
            self.outside[key] = len(self.scope.bindings)
            self.scope.bindings.append(
                ir.Binding(name, "outside", self.scope.index, self.scope.start, self.scope.start)
            )
        return (self.outside[key],)

    def _join(self, ways: list[_Way]) -> None:
        """Continue with what the ways that do not leave have in common."""
        living = [way.environment for way in ways if not way.dead]
        self.dead = not living
        self.environment = self._merge(living or [way.environment for way in ways])

    # Statements

    def _block(self, statements: list[ast.stmt]) -> ir.Block:
        branch = self.branch
        block = ir.Block(tuple([self._statement(statement) for statement in statements])) if statements else ir.NOTHING
        self.branch = branch
        return block

    def _statement(self, node: ast.stmt) -> ir.Statement:
        lower = self.statements.get(type(node))
        return lower(node) if lower is not None else self._line(node, "pass")

    def _line(self, node: ast.stmt, kind: ir.LineKind, *values: ir.Expression) -> ir.Line:
        """A statement of one line, with what its left side stores into behind its values."""
        return ir.Line(*self._span(node), self.branch, kind, values + self._take() if self.stored else values)

    def _take(self, since: int = 0) -> tuple[ir.Expression, ...]:
        """What the targets that were read last store into."""
        stored = tuple(self.stored[since:])
        del self.stored[since:]
        return stored

    def _arm(self, statements: list[ast.stmt], environment: _Environment, branch: int) -> _Way:
        self.environment, self.dead, kept = dict(environment), False, self.branch
        self.branch = branch
        block = self._block(statements)
        self.branch = kept
        return _Way(self.environment, self.dead, block)

    def _if(self, node: ast.If) -> ir.If:
        """With all its `elif`, which Python nests in each other: each holds where the tests above it failed."""
        span, branch = self._span(node), self.branch
        arms = [self._first_arm(node)]
        while (following := self._elif(node)) is not None:
            node = following
            self.environment, self.dead, self.branch = dict(arms[-1].before), False, arms[-1].second
            if len(arms) % _DEEPEST == 0:
                self.summary.far_elifs.append(self._span(node)[0])
            arms.append(self._first_arm(node))
        lowered = [ir.Arm(arm.taken.block.statements, arm.head, arm.first, arm.test) for arm in arms]
        other = self._arm(node.orelse, arms[-1].before, arms[-1].second)
        if node.orelse:
            lowered.append(ir.Arm(other.block.statements, other.block.start, arms[-1].second, None))
        for arm in reversed(arms):
            last, self.branch = other, arm.parent
            self._join([arm.taken, other])
            self.dead = self.dead or arm.was_dead
            other = _Way(self.environment, self.dead, ir.NOTHING)
        if arm.taken.dead and not last.dead:
            self.branch = arm.second
        elif last.dead and not arm.taken.dead:
            self.branch = arm.first
        return ir.If(*span, branch, tuple(lowered))

    def _elif(self, node: ast.If) -> ast.If | None:
        match node.orelse:
            case [ast.If() as only] if self.text.startswith("elif", self._span(only)[0]):
                return only
        return None

    def _first_arm(self, node: ast.If) -> _Arm:
        if self.scope.kind == "module" and _is_main_guard(node.test):
            self.summary.script_spans.append((self._span(node.body[0])[0], self._span(node.body[-1])[1]))
        test = self._expression(node.test)
        parent, before, was_dead = self.branch, self.environment, self.dead
        first = self._new_branch(parent, test.start, "if", test)
        second = self._new_branch(parent, test.start, "else", test)
        head, way = self._span(node)[0], self._arm(node.body, before, first)
        return _Arm(head, parent, before, was_dead, first, second, test, way)

    def _match(self, node: ast.Match) -> ir.Match:
        subject = self._expression(node.subject)
        before, ways, cases = self.environment, [], []
        for number, case in enumerate(node.cases):
            self.environment = dict(before)
            tests = [self._expression(part) for part in _compared(case.pattern)]
            for name in _captured(case.pattern):
                self._bind(name, "opaque", (subject.start, subject.end))
            if case.guard is not None:
                tests.append(self._expression(case.guard))
            branch = self._new_branch(self.branch, subject.start, f"case {number}", subject)
            ways.append(self._arm(case.body, self.environment, branch))
            head = self._span(case.pattern)[0]
            cases.append(ir.Case(ways[-1].block.statements, head, branch, tuple(tests)))
        self._join([*ways, _Way(before, False, ir.NOTHING)])
        return ir.Match(*self._span(node), self.branch, subject, tuple(cases))

    def _enter_loop(self, node: ast.stmt) -> dict[str, ir.Binding]:
        """Give every name that the loop assigns a binding that joins what came before with what an iteration leaves."""
        merges = {}
        for name in sorted(_assigned(node)):
            before = self.environment.get(name) or self._outside(name)
            index = self._bind(name, "merge", self._span(node), sources=before)
            merges[name] = self.scope.bindings[index]
        self.loop_exits.append(_Exits([], []))
        return merges

    def _leave_loop(
        self, merges: dict[str, ir.Binding], before: _Environment, orelse: list[ast.stmt], endless: bool
    ) -> ir.Block:
        """Read the `else`, which runs where the loop ends by itself; behind it holds what that leaves, or any `break`."""
        after = self.environment
        breaks, continues = self.loop_exits.pop()
        for environment in (after, *breaks, *continues):
            for name, merge in merges.items():
                merge.sources = tuple(dict.fromkeys((*merge.sources, *environment.get(name, ()))))
        self.environment = self._merge((before, after, *continues))
        self.dead = endless
        block = self._block(orelse)
        if breaks:
            self.environment = self._merge(breaks if self.dead else (self.environment, *breaks))
            self.dead = False
        return block

    def _for(self, node: ast.For | ast.AsyncFor) -> ir.Loop:
        iterable = self._expression(node.iter)
        before = self.environment
        is_async = isinstance(node, ast.AsyncFor)
        start, end = self._span(node)
        body_start = self._span(node.body[0])[0]
        self.environment = dict(before)
        merges = self._enter_loop(node)
        targets = tuple(self._bind_target(node.target, "loop", iterable, is_async=is_async))
        scope = self.scope.index
        loop = ir.Loop(start, end, self.branch, iterable, is_async, body_start, targets, scope, self._take())
        self.scope.loops.append(loop)
        self.scope.has_await |= is_async
        loop.body = self._block(node.body)
        loop.orelse = self._leave_loop(merges, before, node.orelse, endless=False)
        return loop

    def _while(self, node: ast.While) -> ir.While:
        before = self.environment
        self.environment = dict(before)
        merges = self._enter_loop(node)
        test = self._expression(node.test)
        body = self._block(node.body)
        orelse = self._leave_loop(merges, before, node.orelse, isinstance(test, ir.Constant) and bool(test.value))
        return ir.While(*self._span(node), self.branch, test, body, orelse)

    def _break(self, node: ast.Break | ast.Continue) -> ir.Line:
        if self.loop_exits:
            exits = self.loop_exits[-1]
            (exits.breaks if isinstance(node, ast.Break) else exits.continues).append(dict(self.environment))
        self.dead = True
        return self._line(node, "break" if isinstance(node, ast.Break) else "continue")

    def _raise(self, node: ast.Raise) -> ir.Line:
        parts = [self._expression(part) for part in (node.exc, node.cause) if part is not None]
        self.dead = True
        return self._line(node, "raise", *parts)

    def _return(self, node: ast.Return) -> ir.Return:
        value = self._expression(node.value) if node.value is not None else None
        found = ir.Return(*self._span(node), self.branch, value)
        self.scope.returns.append(found)
        self.dead = True
        return found

    def _with(self, node: ast.With | ast.AsyncWith) -> ir.With:
        is_async = isinstance(node, ast.AsyncWith)
        self.scope.has_await |= is_async
        body = (self._span(node.body[0])[0], self._span(node.body[-1])[1])
        entries = []
        for item in node.items:
            context = self._expression(item.context_expr)
            entry = ir.WithItem(context.start, context.end, context, is_async, self.branch, *body)
            if item.optional_vars is not None:
                self._bind_target(item.optional_vars, "with", context, is_async=is_async)
                entry.stored = self._take()
            entries.append(entry)
        self.scope.entries += entries
        branch, mark, before, dead = self.branch, len(self.scope.bindings), dict(self.environment), self.dead
        block = self._block(node.body)
        if any(_may_suppress(entry.context) for entry in entries):
            self.environment = self._merge((self.environment, self._thrown(before, mark)))
            self.dead = dead
        return ir.With(*self._span(node), branch, tuple(entries), is_async, block)

    def _try(self, node: ast.Try | ast.TryStar) -> ir.Try:
        before, mark = dict(self.environment), len(self.scope.bindings)
        body = self._block(node.body)
        way, orelse = _Way(self.environment, self.dead, body), ir.NOTHING
        thrown = self._thrown(before, mark)
        if node.orelse:
            way = self._arm(node.orelse, way.environment, self.branch)
            orelse = way.block
        ways, handlers = [way], []
        for number, handler in enumerate(node.handlers):
            self.environment = dict(thrown)
            kind = self._expression(handler.type) if handler.type is not None else None
            head = self._span(handler)
            if handler.name:
                self._bind(handler.name, "opaque", head)
            branch = self._new_branch(self.branch, self._span(node)[0], f"except {number}")
            ways.append(self._arm(handler.body, self.environment, branch))
            handlers.append(ir.Handler(ways[-1].block.statements, head[0], branch, kind, handler.name or ""))
        self._join(ways)
        final = self._final(node.finalbody, [thrown, *(way.environment for way in ways)])
        return ir.Try(*self._span(node), self.branch, body, tuple(handlers), orelse, ir.Final(final.statements))

    def _thrown(self, before: _Environment, mark: int) -> _Environment:
        """What may hold where an error ended a block: what held before it, and what it may have bound since the `mark`."""
        thrown = dict(before)
        for index in range(mark, len(self.scope.bindings)):
            name = self.scope.bindings[index].name
            if self.scope.bindings[index].kind != "outside":
                thrown[name] = tuple(dict.fromkeys((*(thrown.get(name) or self._outside(name)), index)))
        return thrown

    def _final(self, statements: list[ast.stmt], ways: list[_Environment]) -> ir.Block:
        """A `finally` runs in all `ways`; behind it holds what held before it, and what it bound itself."""
        before, dead = self.environment, self.dead
        at_first = self._merge(ways)
        self.environment = dict(at_first)
        final = self._block(statements)
        own = {name: bindings for name, bindings in self.environment.items() if at_first.get(name) != bindings}
        kept = {name: bindings for name, bindings in before.items() if name in self.environment}
        self.environment = {**kept, **own}
        self.dead = self.dead or dead
        return final

    def _expression_statement(self, node: ast.Expr) -> ir.Line:
        return self._line(node, "expression", self._expression(node.value))

    def _assert(self, node: ast.Assert) -> ir.Line:
        return self._line(node, "assert", *(self._expression(one) for one in (node.test, node.msg) if one is not None))

    def _delete(self, node: ast.Delete) -> ir.Line:
        changed = []
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.environment.pop(target.id, None)
            else:
                changed.append(self._changed(target))
        return self._line(node, "delete", *changed)

    def _declare(self, node: ast.Global | ast.Nonlocal) -> ir.Line:
        for name in node.names:
            self.elsewhere[name] = self._owner(name) if isinstance(node, ast.Nonlocal) else 0
        return self._line(node, "declaration")

    def _owner(self, name: str) -> int:
        """The function around this one that a `nonlocal` name belongs to."""
        nearest = index = self.scope.parent
        while index > 0:
            if self.scopes[index].is_function and name in self.scopes[index].by_name:
                return index
            index = self.scopes[index].parent
        return nearest

    # Assignments

    def _assign(self, node: ast.Assign) -> ir.Line:
        value = self._expression(node.value)
        for target in node.targets:
            self._bind_target(target, "assign", value)
        return self._line(node, "assignment", value)

    def _annotated_assign(self, node: ast.AnnAssign) -> ir.Line:
        annotation = self._annotation(node.annotation)
        if node.value is None:
            if isinstance(node.target, ast.Name):
                self._bind(node.target.id, "annotation", self._span(node.target), annotation=annotation)
            elif isinstance(node.target, ast.Attribute | ast.Subscript):
                self.stored.append(self._expression(node.target.value))
            return self._line(node, "declaration", annotation)
        value = self._expression(node.value)
        for index in self._bind_target(node.target, "assign", value):
            self.scope.bindings[index].annotation = annotation
        return self._line(node, "assignment", value, annotation)

    def _augmented_assign(self, node: ast.AugAssign) -> ir.Line:
        value = self._expression(node.value)
        if not isinstance(node.target, ast.Name):
            return self._line(node, "augmented", value, self._changed(node.target, value))
        before = self.environment.get(node.target.id, ())
        name = self._name(ast.copy_location(ast.Name(node.target.id, ast.Load()), node.target))
        self._bind(node.target.id, "augmented", self._span(node.target), value=value, sources=before)
        return self._line(node, "augmented", value, name)

    def _changed(self, target: ast.expr, added: ir.Expression | None = None) -> ir.Expression:
        start, end = self._span(target)
        change = ir.Change(self._expression(target), added is not None, start, added.end if added is not None else end)
        self.scope.changes.append(change)
        return change.target

    def _bind_target(
        self,
        target: ast.expr,
        kind: ir.BindingKind,
        value: ir.Expression,
        path: tuple[int, ...] = (),
        is_async: bool = False,
    ) -> list[int]:
        """Bind every name of an assignment's left side; returns the new bindings."""
        if isinstance(target, ast.Name):
            return [self._bind(target.id, kind, self._span(target), value=value, path=path, is_async=is_async)]
        if isinstance(target, ast.Starred):
            return self._bind_target(target.value, "opaque", value)
        if isinstance(target, ast.Tuple | ast.List):
            found: list[int] = []
            for number, item in enumerate(target.elts):
                found += self._bind_target(item, kind, value, (*path, number), is_async)
            return found
        if kind == "assign" and isinstance(target, ast.Attribute):
            base = self._expression(target.value)
            self.stored.append(base)
            self.scope.stores.append(ir.Store(base, target.attr, True, value, path, *self._span(target)))
        elif isinstance(target, ast.Subscript):
            base, key = self._expression(target.value), self._expression(target.slice)
            self.stored += (base, key)
            if kind == "assign":
                member = str(key.value) if isinstance(key, ir.Constant) else ""
                self.scope.stores.append(ir.Store(base, member, False, value, path, *self._span(target)))
            else:
                start, end = self._span(target)
                self.scope.changes.append(ir.Change(ir.Subscript(start, end, base, key), False, start, end))
        else:
            self.stored.append(self._changed(target))
        return []

    # Definitions

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ir.Definition:
        decorators = [self._expression(decorator) for decorator in node.decorator_list]
        start, end = self._span(node)
        scope = self._new_scope("function", node.name, start, end)
        scope.is_async = isinstance(node, ast.AsyncFunctionDef)
        scope.decorators = decorators
        scope.parameters = self._parameters(node.args)
        if node.returns is not None:
            scope.returns_annotation = self._annotation(node.returns)
        self._bind(node.name, "function", (start, end), target=scope.index)
        with self._inside(scope):
            self._bind_parameters(scope)
            scope.body = self._block(node.body)
        values = [*decorators, *self._head(scope)]
        return ir.Definition(start, end, self.branch, scope.index, tuple(values))

    @staticmethod
    def _head(scope: ir.Scope) -> Iterator[ir.Expression]:
        """What a function's head holds, decorators left out."""
        for parameter in scope.parameters:
            yield from (one for one in (parameter.annotation, parameter.default) if one is not None)
        if scope.returns_annotation is not None:
            yield scope.returns_annotation

    def _lambda(self, node: ast.Lambda) -> ir.Closure:
        start, end = self._span(node)
        scope = self._new_scope("lambda", "lambda", start, end)
        scope.parameters = self._parameters(node.args)
        with self._inside(scope):
            self._bind_parameters(scope)
            value = self._expression(node.body)
            scope.returns.append(ir.Return(value.start, value.end, -1, value))
        return ir.Closure(start, end, scope.index, tuple(self._head(scope)))

    def _generator_expression(self, node: ast.GeneratorExp) -> ir.Closure:
        start, end = self._span(node)
        first = self._expression(node.generators[0].iter)
        scope = self._new_scope("generator-expression", "generator expression", start, end)
        scope.is_generator = True
        with self._inside(scope):
            for number, generator in enumerate(node.generators):
                iterable = first if number == 0 else self._expression(generator.iter)
                outer = self.scopes[scope.parent] if number == 0 else None
                scope.clauses += (self._comprehension_loop(generator, iterable, outer),)
                scope.is_async |= bool(generator.is_async)
            element = self._expression(node.elt)
            scope.is_async |= scope.has_await
            scope.yields.append(ir.Yield(element.start, element.end, element, False))
        return ir.Closure(start, end, scope.index, first_iterable=first)

    def _class(self, node: ast.ClassDef) -> ir.Definition:
        decorators = [self._expression(decorator) for decorator in node.decorator_list]
        bases = [self._expression(base) for base in node.bases]
        keywords = [(keyword.arg, self._expression(keyword.value)) for keyword in node.keywords]
        start, end = self._span(node)
        scope = self._new_scope("class", node.name, start, end)
        scope.decorators, scope.bases, scope.keywords = decorators, bases, keywords
        self._bind(node.name, "class", (start, end), target=scope.index)
        with self._inside(scope):
            scope.body = self._block(node.body)
        values = (*decorators, *bases, *(value for _, value in keywords))
        return ir.Definition(start, end, self.branch, scope.index, values)

    def _parameters(self, arguments: ast.arguments) -> list[ir.Parameter]:
        positional = [*arguments.posonlyargs, *arguments.args]
        missing: list[ast.expr | None] = [None] * (len(positional) - len(arguments.defaults))
        rows = [(a, d, "positional") for a, d in zip(positional, [*missing, *arguments.defaults], strict=True)]
        if arguments.vararg is not None:
            rows.append((arguments.vararg, None, "starred"))
        rows += [(a, d, "keyword") for a, d in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
        if arguments.kwarg is not None:
            rows.append((arguments.kwarg, None, "mapping"))
        return [
            ir.Parameter(
                argument.arg,
                kind,  # type: ignore[arg-type]  # one of the four words above
                self._annotation(argument.annotation) if argument.annotation is not None else None,
                self._expression(default) if default is not None else None,
                self._offset(argument.lineno, argument.col_offset),
            )
            for argument, default, kind in rows
        ]

    def _bind_parameters(self, scope: ir.Scope) -> None:
        for parameter in scope.parameters:
            self._bind(parameter.name, "parameter", (scope.start, scope.start), annotation=parameter.annotation)

    def _import(self, node: ast.Import) -> ir.Line:
        for alias in node.names:
            self.summary.imports.append((alias.name, "", 0))
            name = alias.asname or alias.name.partition(".")[0]
            module = alias.name if alias.asname else name
            self._bind(name, "import", self._span(node), module=module)
        return self._line(node, "import")

    def _import_from(self, node: ast.ImportFrom) -> ir.Line:
        module, level = node.module or "", node.level
        for alias in node.names:
            self.summary.imports.append((module, alias.name, level))
            if alias.name == "*":
                self.summary.star_imports.append((module, level))
                continue
            name = alias.asname or alias.name
            self._bind(name, "import", self._span(node), module=module, member=alias.name, level=level)
        return self._line(node, "import")

    # Expressions

    def _expression(self, node: ast.expr) -> ir.Expression:
        if type(node) in _BASES:
            return self._chain(node)
        if self.depth == _DEEPEST:
            self.summary.deep.append(self._span(node))
        self.depth += 1
        lowered = self._unchained(node)
        self.depth -= 1
        return lowered

    def _chain(self, node: ast.expr) -> ir.Expression:
        chain = [node]
        while (base := _BASES.get(type(node))) is not None:
            node = getattr(node, base)
            chain.append(node)
        depth = self.depth
        if 0 <= _DEEPEST - depth < len(chain):
            self.summary.deep.append(self._span(chain[_DEEPEST - depth]))
        self.depth = depth + len(chain)
        lowered = self._unchained(chain.pop())
        while chain:
            self.depth = depth + len(chain)
            link = chain.pop()
            lowered = self.links[type(link)](link, lowered)
        self.depth = depth
        return lowered

    def _unchained(self, node: ast.expr) -> ir.Expression:
        lower = self.expressions.get(type(node))
        if lower is not None:
            return lower(node)
        operands = [self._expression(child) for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
        return ir.Operation(*self._span(node), type(node).__name__, tuple(operands))

    def _compare(self, node: ast.Compare) -> ir.Operation:
        operands = [self._expression(one) for one in (node.left, *node.comparators)]
        return ir.Operation(*self._span(node), "Compare", tuple(operands))

    def _unary(self, node: ast.UnaryOp) -> ir.Operation:
        return ir.Operation(*self._span(node), type(node.op).__name__, (self._expression(node.operand),))

    def _binary(self, node: ast.BinOp, left: ir.Expression) -> ir.Operation:
        return ir.Operation(*self._span(node), type(node.op).__name__, (left, self._expression(node.right)))

    def _annotation(self, node: ast.expr) -> ir.Expression:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            try:
                parsed = ast.parse(node.value.strip(), mode="eval").body
            except (SyntaxError, ValueError):
                return self._expression(node)
            for child in ast.walk(parsed):
                if isinstance(child, ast.expr):
                    ast.copy_location(child, node)
            return self._expression(parsed)
        return self._expression(node)

    def _name(self, node: ast.Name) -> ir.Name:
        name = ir.Name(*self._span(node), node.id, self.environment.get(node.id))
        if node.id in self.elsewhere and node.id not in self.environment:
            name.bindings = None
        self.scope.names.append(name)
        return name

    def _attribute(self, node: ast.Attribute, base: ir.Expression) -> ir.Attribute:
        attribute = ir.Attribute(*self._span(node), base, node.attr)
        self.scope.attributes.append(attribute)
        return attribute

    def _call(self, node: ast.Call, function: ir.Expression) -> ir.Call:
        arguments = tuple([self._expression(argument) for argument in node.args])
        keywords = tuple([(keyword.arg, self._expression(keyword.value)) for keyword in node.keywords])
        call = ir.Call(*self._span(node), function, arguments, keywords, self.branch)
        self.scope.calls.append(call)
        return call

    def _await(self, node: ast.Await) -> ir.Await:
        value = self._expression(node.value)
        self.scope.has_await = True
        if isinstance(value, ir.Call):
            self.scope.awaited.add(value.end)
        return ir.Await(*self._span(node), value)

    def _constant(self, node: ast.Constant) -> ir.Constant:
        value = node.value
        if value is Ellipsis or isinstance(value, complex):
            value = None
        start, end = self._span(node)
        self._note_pieces(start, end)
        return ir.Constant(start, end, value)

    def _note_pieces(self, start: int, end: int) -> None:
        """Strings that stand beside each other are one: to libcst each is nested in the one before."""
        if end - start > _PIECES and len(_PIECE.findall(self.text, start, end)) > _PIECES:
            self.summary.deep.append((start, end))

    def _sequence(self, node: ast.Tuple | ast.List | ast.Set) -> ir.Sequence:
        kind = type(node).__name__.lower()
        return ir.Sequence(*self._span(node), kind, tuple(self._expression(item) for item in node.elts))  # type: ignore[arg-type]

    def _mapping(self, node: ast.Dict) -> ir.Mapping:
        items = tuple(
            (self._expression(key) if key is not None else None, self._expression(value))
            for key, value in zip(node.keys, node.values, strict=True)
        )
        return ir.Mapping(*self._span(node), items)

    def _subscript(self, node: ast.Subscript, base: ir.Expression) -> ir.Subscript:
        return ir.Subscript(*self._span(node), base, self._expression(node.slice))

    def _conditional(self, node: ast.IfExp) -> ir.Choice:
        test = self._expression(node.test)
        options = (self._expression(node.body), self._expression(node.orelse))
        return ir.Choice(*self._span(node), (test,), options)

    def _boolean(self, node: ast.BoolOp) -> ir.Choice:
        start, end = self._span(node)
        if len(node.values) > _DEEPEST:  # a row to Python, a nest to libcst
            self.summary.deep.append((start, end))
        return ir.Choice(start, end, (), tuple(self._expression(value) for value in node.values))

    def _comprehension_loop(
        self, generator: ast.comprehension, iterable: ir.Expression, outer: ir.Scope | None = None
    ) -> ir.Loop:
        is_async, mark = bool(generator.is_async), len(self.stored)
        self.is_clause = True
        targets = self._bind_target(generator.target, "loop", iterable, is_async=is_async)
        self.is_clause = False
        if outer is not None:
            for index in targets:
                self.scope.bindings[index].scope = outer.index
        span = self._span(generator.iter)
        owner = (outer or self.scope).index
        loop = ir.Loop(*span, self.branch, iterable, is_async, -1, tuple(targets), owner, self._take(mark))
        self.scope.loops.append(loop)
        self.scope.has_await |= is_async
        loop.others += tuple([self._expression(condition) for condition in generator.ifs])
        return loop

    def _comprehension(self, node: ast.ListComp | ast.SetComp | ast.DictComp) -> ir.Comprehension:
        outer = self.environment
        self.environment = dict(outer)
        loops = [self._comprehension_loop(g, self._expression(g.iter)) for g in node.generators]
        key = self._expression(node.key) if isinstance(node, ast.DictComp) else None
        element = self._expression(node.value if isinstance(node, ast.DictComp) else node.elt)
        self.environment = self._with_walrus(outer, node)
        kind = type(node).__name__.removesuffix("Comp").lower()
        return ir.Comprehension(*self._span(node), kind, element, tuple(loops), key)  # type: ignore[arg-type]

    def _with_walrus(self, outer: _Environment, node: ast.expr) -> _Environment:
        """What holds behind a comprehension: what held before it, or what it bound by `:=`, which stays."""
        stays = {one.target.id for one in ast.walk(node) if isinstance(one, ast.NamedExpr)}
        inner = {name: self.environment[name] for name in stays if name in self.environment}
        return self._merge((outer, {**outer, **inner})) if inner else outer

    def _formatted(self, node: ast.JoinedStr) -> ir.FormattedString:
        values = tuple([self._expression(part) for part in _embedded(node)])
        start, end = self._span(node)
        self._note_pieces(start, end)
        return ir.FormattedString(start, end, values)

    def _yield(self, node: ast.Yield | ast.YieldFrom) -> ir.Yield:
        value = self._expression(node.value) if node.value is not None else None
        result = ir.Yield(*self._span(node), value, isinstance(node, ast.YieldFrom), self.branch)
        self.scope.is_generator = True
        self.scope.yields.append(result)
        return result

    def _starred(self, node: ast.Starred) -> ir.Starred:
        return ir.Starred(*self._span(node), self._expression(node.value))

    def _walrus(self, node: ast.NamedExpr) -> ir.Walrus:
        value = self._expression(node.value)
        self._bind_target(node.target, "assign", value)
        return ir.Walrus(*self._span(node), value)


def _wide_lines(source: Source) -> frozenset[int]:
    """The numbers, from 1, of the lines in which a byte is no character."""
    if source.text.isascii():
        return frozenset()
    starts = (*source.line_starts, len(source.text))
    return frozenset(
        number for number, (start, end) in enumerate(pairwise(starts), 1) if not source.text[start:end].isascii()
    )


def _may_suppress(context: ir.Expression) -> bool:
    """Whether a context manager is there to end errors: `with suppress(KeyError):`, `with pytest.raises(KeyError):`."""
    return isinstance(context, ir.Call) and ir.dotted(context.function).rpartition(".")[2] in _SUPPRESSING


def _assigned(node: ast.stmt) -> set[str]:
    """The names that a statement may bind, nested functions left out."""
    names: set[str] = set()
    pending: list[ast.AST] = [node]
    while pending:
        current = pending.pop()
        match current:
            case ast.Name(ctx=ast.Store()):
                names.add(current.id)
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names.add(current.name)
            case ast.Lambda():
                pass
            case ast.alias():
                names.add(current.asname or current.name.partition(".")[0])
            case _:
                names.update(_named_by(current))
                pending.extend(ast.iter_child_nodes(current))
    return names


def _embedded(node: ast.JoinedStr) -> Iterator[ast.expr]:
    """The expressions in a formatted string, and in what says how each is written: `f"{value:{width}}"`."""
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            yield part.value
            if isinstance(part.format_spec, ast.JoinedStr):
                yield from _embedded(part.format_spec)


def _compared(pattern: ast.pattern) -> Iterator[ast.expr]:
    """The expressions that a pattern compares with: `case Colour.RED`, `case Event(kind="x")`."""
    for node in ast.walk(pattern):
        if isinstance(node, ast.MatchValue):
            yield node.value
        elif isinstance(node, ast.MatchClass):
            yield node.cls
        elif isinstance(node, ast.MatchMapping):
            yield from node.keys


def _named_by(node: ast.AST) -> Iterator[str]:
    """The name that a handler or a pattern binds."""
    match node:
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name


def _captured(pattern: ast.pattern) -> Iterator[str]:
    for node in ast.walk(pattern):
        name = getattr(node, "name", None) or getattr(node, "rest", None)
        if isinstance(name, str):
            yield name


def _is_main_guard(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
    return False
