"""Clean up after a client that has left: shielded, since everything else that is awaited then is cancelled."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from streamlint.fix import Edit, Fix, Import, Level
from streamlint.model import syntax as ir
from streamlint.repairs.workflows import free, named, with_comments
from streamlint.source import Span
from streamlint.tree import nodes as cst

if TYPE_CHECKING:
    from streamlint.faults.runs import RunsOn
    from streamlint.tree.python import PythonFile

_SHIELD = "with anyio.CancelScope(shield=True):"
_NOTHING_LOST = "it computes and hands on, and nothing is lost where it ends early"
_TASKS = ("task", "producer", "token_task")
_FLAGS = ("left", "client_left", "is_abandoned")


def run_cancelled(file: PythonFile, loop: cst.For, handler: ir.Expression, lost: str) -> Fix | None:
    """A `try` around the loop and what follows it in its block, whose `finally` cancels the run; `lost`: see `Losses`."""
    siblings = list(file.tree.siblings(loop))
    if loop not in siblings:
        return None
    block = Block(file, siblings[siblings.index(loop) :])
    if not block.is_movable("anyio"):
        return None
    name, line, naming = named(file, handler)
    tail = (_SHIELD, f"{block.step}await {name}.cancel_run()")
    head = f"{block.indent}{line}{block.newline}" if line else ""
    return Fix(
        f"cancel `{name}` when the client has left",
        (*block.in_try(tail, head), *naming),
        *_level(lost),
        frozenset((Import("anyio"),)),
    )


def _level(lost: str) -> tuple[Level, str]:
    return (Level.UNSAFE, f"{lost} is then cut short too") if lost else (Level.SAFE, _NOTHING_LOST)


def task_cancelled(file: PythonFile, generator: ir.Scope, found: RunsOn, lost: str) -> Fix | None:
    """A name for the task, and a `finally` around what the generator does while it runs, which cancels it."""
    block = _while_it_runs(file, generator, found)
    if block is None or not block.is_movable():
        return None
    name = found.name or free(file, found.place, _TASKS)
    start = Span(found.place.start, found.place.start)
    naming = () if found.name else (Edit(start, f"{name} = "),)
    edits = (*naming, *block.in_try((f"{name}.cancel()",)))
    return Fix(f"cancel `{name}` when the client has left", edits, *_level(lost))


def thread_stopped(file: PythonFile, generator: ir.Scope, found: RunsOn, lost: str) -> Fix | None:
    """An event that the generator sets at its end, and that the thread asks for before it hands on a token."""
    worker, block = found.function, _while_it_runs(file, generator, found)
    if lost or worker is None or block is None or not block.is_movable("threading"):
        return None
    flag = free(file, found.place, _FLAGS)
    made, asked = _made_above(file, worker, generator, f"{flag} = threading.Event()"), _asked(file, worker, flag, block)
    if made is None or asked is None:
        return None
    edits = (made, asked, *block.in_try((f"{flag}.set()",)))
    return Fix("stop the thread when the client has left", edits, *_level(lost), frozenset((Import("threading"),)))


def _made_above(file: PythonFile, worker: ir.Scope, generator: ir.Scope, code: str) -> Edit | None:
    """A statement above the function that the thread runs, which stands where the generator sees its names."""
    definition, around = file.tree.definition(worker), file.facts.scopes[worker.parent]
    if definition is None or definition.decorators or not around.is_function or not around.contains(generator):
        return None
    start = file.tree.whole_lines(definition).start
    indent = file.source.text[start : file.tree.span(definition).start].splitlines()[-1]
    above = file.source.line_span(start - 1)
    is_apart = not file.source.slice(above).strip()
    newline = file.source.newline
    at = above.start if is_apart else start
    return Edit(Span(at, at), f"{indent}{code}{newline}" if is_apart else f"{indent}{code}{newline}{newline}")


def _asked(file: PythonFile, worker: ir.Scope, flag: str, block: Block) -> Edit | None:
    """A `break` at the beginning of the one loop of a thread, whose end is the end of what it runs."""
    node = file.tree.loop_node(worker.loops[0]) if len(worker.loops) == 1 else None
    if node is None or node.orelse is not None or not isinstance(node.body, cst.IndentedBlock):
        return None
    start = file.tree.span(node.body.body[0]).start
    indent = file.source.text[file.source.line_span(start).start : start]
    end = f"{block.newline}{indent}"
    return None if indent.strip() else Edit(Span(start, start), f"if {flag}.is_set():{end}{block.step}break{end}")


def _while_it_runs(file: PythonFile, generator: ir.Scope, found: RunsOn) -> Block | None:
    """What a generator does after it has started something, or all of it where that runs already."""
    definition = file.tree.definition(generator)
    if definition is None or not isinstance(definition.body, cst.IndentedBlock):
        return None
    nodes, started = list(definition.body.body), -1
    if found.scope is generator:
        statement = file.tree.statement(found.place.start, found.place.end)
        nodes = list(file.tree.siblings(statement)) if statement is not None else []
        nodes, started = nodes[nodes.index(statement) + 1 :] if statement in nodes else [], found.place.end
    else:
        while nodes and _only_declares(nodes[0]):
            nodes.pop(0)
    block = Block(file, nodes) if nodes else None
    sent = [one for one in generator.yields if one.start > started]
    return block if block is not None and all(block.start <= one.start < block.end for one in sent) else None


def _only_declares(node: cst.BaseStatement) -> bool:
    """A docstring, or `nonlocal count`."""
    if not isinstance(node, cst.SimpleStatementLine):
        return False
    match node.body[0]:
        case cst.Global() | cst.Nonlocal() | cst.Import() | cst.ImportFrom() | cst.Expr(value=cst.SimpleString()):
            return True
    return False


def shielded(file: PythonFile, line: ir.Line) -> Fix | None:
    """The statement in a scope that cancellation does not enter; None where others stand in its line."""
    statement = file.tree.statement(line.start, line.end)
    if not isinstance(statement, cst.SimpleStatementLine) or len(statement.body) != 1:
        return None
    block = Block(file, [statement])
    if not block.is_movable("anyio"):
        return None
    return Fix(
        "shield the cleanup from the cancellation",
        tuple(block.moved(f"{block.indent}{_SHIELD}")),
        Level.SAFE,
        "it runs as it does at a regular end",
        frozenset((Import("anyio"),)),
    )


class Block:
    """Whole lines of neighbouring statements that move one step to the right."""

    def __init__(self, file: PythonFile, nodes: Sequence[cst.BaseStatement]) -> None:
        self.file, self.nodes = file, nodes
        first, last = file.tree.span(nodes[0]), file.tree.span(nodes[-1])
        self.start = file.source.line_span(first.start).start
        self.end = file.source.line_span(last.end - 1).end
        self.indent = file.source.text[self.start : first.start]
        module = file.tree.piece(first.start).module
        self.step, self.newline = module.default_indent, module.default_newline

    def is_movable(self, module: str = "") -> bool:
        """Whether nothing in the lines depends on where they begin, and the module's name means nothing else."""
        if self.indent.strip() or (module and any(_means_else(scope, module) for scope in self.file.facts.scopes)):
            return False
        tree = self.file.tree
        strings = (
            row for node in self.nodes for row in tree.within(tree.span(node), cst.SimpleString, cst.FormattedString)
        )
        return not any("\n" in self.file.text(place) for _, place in strings)

    def in_try(self, final: tuple[str, ...], head: str = "") -> list[Edit]:
        """The lines in a `try` with these in its `finally`, and `head` above."""
        around = self._own_try() if not head else None
        if around is not None and around.finalbody is not None:
            first = self.file.tree.span(around.finalbody.body.body[0]).start
            indent = f"{self.newline}{self._indent_of(around)}{self.step}"
            return [Edit(Span(first, first), "".join(f"{line}{indent}" for line in final))]
        indent = self.indent if around is None else self._indent_of(around)
        tail = f"{indent}finally:" + "".join(f"{self.newline}{indent}{self.step}{line}" for line in final)
        if around is None:
            return [*self.moved(f"{head}{indent}try:"), self.closed(tail)]
        last = self.file.source.line_span(self.file.tree.span(around).end - 1)
        self.end = with_comments(self.file, last, len(indent)).end
        return [self.closed(tail)]

    def _own_try(self) -> cst.Try | None:
        """The `try` which the lines are, or whose body they are."""
        if len(self.nodes) == 1 and isinstance(self.nodes[0], cst.Try):
            return self.nodes[0]
        body = self.file.tree.parent(self.nodes[0])
        around = self.file.tree.parent(body) if isinstance(body, cst.IndentedBlock) else None
        is_body = isinstance(around, cst.Try) and around.body is body and list(around.body.body) == list(self.nodes)
        return around if is_body and isinstance(around, cst.Try) else None

    def _indent_of(self, node: cst.CSTNode) -> str:
        start = self.file.tree.span(node).start
        return self.file.source.text[self.file.source.line_span(start).start : start]

    def moved(self, head: str) -> list[Edit]:
        text = self.file.source.text
        edits = [Edit(Span(self.start, self.start), f"{head}{self.newline}{self.step}")]
        at = text.find("\n", self.start, self.end)
        while 0 <= at < self.end - 1:
            if text[at + 1] not in "\r\n":
                edits.append(Edit(Span(at + 1, at + 1), self.step))
            at = text.find("\n", at + 1, self.end)
        return edits

    def closed(self, tail: str) -> Edit:
        ends = self.file.source.text[self.end - 1 : self.end] == "\n"
        return Edit(Span(self.end, self.end), f"{tail}{self.newline}" if ends else f"{self.newline}{tail}")


def _means_else(scope: ir.Scope, module: str) -> bool:
    bindings = [scope.bindings[index] for index in scope.by_name.get(module, ())]
    return not all(binding.kind == "import" and not binding.member for binding in bindings)
