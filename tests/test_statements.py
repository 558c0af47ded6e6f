"""The Summary knows the statements of a scope: their order, what stands around a place, and every expression once."""

from __future__ import annotations

import ast
from collections import Counter
from pathlib import Path

import pytest

from streamlint.model import syntax as ir
from streamlint.model.branches import branch_of
from streamlint.model.summary import summarise
from streamlint.source import Source, Span

ROOT = Path(__file__).parents[1]
PROGRAM = '''\
@route(path="/chat")
async def chat(question, /, *, limit=default()):
    """The answer."""
    if question == first():
        return 1
    elif question == second():
        raise KeyError(question) from None
    else:
        if limit:
            del cache[question]
    async with lock as self.lock, other:
        for key, table[slot()] in await rows():
            try:
                yield key
            except (ValueError, KeyError) as error:
                continue
            except:
                break
            else:
                counted += 1
            finally:
                log(f"{key:{width}}")
        else:
            ended()
    match question:
        case Colour.RED if allowed():
            pass
        case _:
            assert question, message()
    while waiting():
        later = [one for one in (x for x in many) if one > least()]
'''


def scopes(text: str) -> list[ir.Scope]:
    return summarise(Source.decode(Path("chat.py"), text.encode())).scopes


@pytest.fixture
def function() -> ir.Scope:
    return scopes(PROGRAM)[1]


def place(text: str, of: str = PROGRAM) -> Span:
    assert of.count(text) == 1
    return Span(of.index(text), of.index(text) + len(text))


def kinds(pieces: object) -> list[str]:
    assert isinstance(pieces, tuple)
    return [piece.kind if isinstance(piece, ir.Line) else type(piece).__name__ for piece in pieces]


def test_statements_come_in_the_order_of_the_text(function: ir.Scope) -> None:
    walked = tuple(function.body.walk())
    assert [one.start for one in walked] == sorted(one.start for one in walked)
    assert kinds(walked) == [
        "expression",
        *("If", "Return", "raise", "If", "delete"),
        *("With", "Loop", "Try", "expression", "continue", "break", "augmented", "expression", "expression"),
        *("Match", "pass", "assert"),
        *("While", "assignment"),
    ]


@pytest.mark.parametrize(
    ("text", "around"),
    [
        ("first()", ["Block", "If"]),
        ("second()", ["Block", "If"]),
        ("KeyError(question)", ["Block", "If", "Arm", "raise"]),
        ("cache[question]", ["Block", "If", "Arm", "If", "Arm", "delete"]),
        ("self.lock", ["Block", "With"]),
        ("slot()", ["Block", "With", "Block", "Loop"]),
        ("yield key", ["Block", "With", "Block", "Loop", "Block", "Try", "Block", "expression"]),
        ("ValueError", ["Block", "With", "Block", "Loop", "Block", "Try"]),
        ("continue", ["Block", "With", "Block", "Loop", "Block", "Try", "Handler", "continue"]),
        ("width", ["Block", "With", "Block", "Loop", "Block", "Try", "Final", "expression"]),
        ("ended()", ["Block", "With", "Block", "Loop", "Block", "expression"]),
        ("allowed()", ["Block", "Match"]),
        ("message()", ["Block", "Match", "Case", "assert"]),
        ("waiting()", ["Block", "While"]),
        ("least()", ["Block", "While", "Block", "assignment"]),
    ],
)
def test_a_place_knows_what_stands_around_it(function: ir.Scope, text: str, around: list[str]) -> None:
    assert kinds(function.body.around(place(text))) == around


@pytest.mark.parametrize("text", ['"/chat"', "default()", "chat", "question, /"])
def test_the_head_of_a_definition_belongs_to_its_statement(text: str) -> None:
    spot = place(text) if text != "chat" else Span(PROGRAM.index("chat("), PROGRAM.index("chat(") + 4)
    assert kinds(scopes(PROGRAM)[0].body.around(spot)) == ["Block", "Definition"]


def test_the_arms_of_an_if_name_their_tests_and_branches(function: ir.Scope) -> None:
    statement = next(one for one in function.body.statements if isinstance(one, ir.If))
    words = [PROGRAM[arm.head : arm.head + 4] for arm in statement.arms]
    assert words == ["if q", "elif", "if l"]
    assert [arm.test is None for arm in statement.arms] == [False, False, True]
    assert [function.branches[arm.branch].arm for arm in statement.arms] == ["if", "if", "else"]
    raised = next(call for call in function.calls if PROGRAM[call.start : call.end] == "KeyError(question)")
    assert raised.branch == statement.arms[1].branch


def test_handlers_name_what_they_catch(function: ir.Scope) -> None:
    attempt = next(one for one in function.body.walk() if isinstance(one, ir.Try))
    named, bare = attempt.handlers
    assert (named.name, bare.name, bare.type) == ("error", "", None)
    assert named.type is not None
    assert PROGRAM[named.type.start : named.type.end] == "(ValueError, KeyError)"
    assert PROGRAM[bare.head :].startswith("except:")
    assert attempt.orelse.statements
    assert attempt.final.statements


def test_an_else_that_holds_an_if_is_no_elif() -> None:
    text = "if a:\n    b\nelse:\n    if c:\n        d\n"
    outer = scopes(text)[0].body.statements[0]
    assert isinstance(outer, ir.If)
    assert kinds(outer.arms[1].statements) == ["If"]


@pytest.mark.parametrize(
    ("text", "loop"),
    [
        ("yield key", "for"),
        ("slot()", None),
        ("ended()", None),
        ("waiting()", "while"),
        ("least()", "while"),
        ("width", "for"),
    ],
)
def test_the_loop_that_comes_back_to_a_place(function: ir.Scope, text: str, loop: str | None) -> None:
    found = function.body.loop_around(place(text))
    assert (PROGRAM[found.start :].split()[0] if found is not None else None) == loop


def test_a_loop_does_not_come_back_to_its_else_but_one_around_it_does() -> None:
    text = "while a:\n    for b in c:\n        d\n    else:\n        e()\n"
    body = scopes(text)[0].body
    assert isinstance(body.loop_around(place("e()", text)), ir.While)


def test_what_follows_a_statement_nearest_first() -> None:
    text = "try:\n    if a:\n        b\n        c\n    d\nexcept E:\n    e\nelse:\n    f\nfinally:\n    g\nh\n"
    body = scopes(text)[0].body
    first = next(one for one in body.walk() if text[one.start : one.end] == "b")
    assert [text[one.start : one.end] for one in body.following(first)] == ["c", "d", "f", "h"]


@pytest.mark.parametrize(
    ("text", "waits", "may_leave"),
    [
        ("await a", True, False),
        ("async for a in b: pass", True, False),
        ("async with a: pass", True, False),
        ("[a async for a in b]", True, False),
        ("[a for a in await b]", True, False),
        ("b = lambda: (yield)", False, False),
        ("if a:\n        raise", False, True),
        ("for a in b:\n        break", False, True),
        ("while a:\n        return", False, True),
        ("while a:\n        continue", False, False),
        ("def inner():\n        return await_()", False, False),
    ],
)
def test_whether_a_block_waits_and_whether_it_may_be_left(text: str, waits: bool, may_leave: bool) -> None:
    body = scopes(f"async def chat():\n    {text}\n")[1].body
    assert (body.waits(), body.may_leave()) == (waits, may_leave)


@pytest.mark.parametrize(
    ("pattern", "classes"),
    [
        ("Token()", ["Token"]),
        ("Token(text=text)", ["Token"]),
        ("Token() as one", ["Token"]),
        ("Token() | Text(text=_)", ["Token", "Text"]),
        ("Token(text='k')", []),
        ("Token(text=Text())", []),
        ("Token(_)", []),
        ("Token() | 'k'", []),
        ("Token(text='k') | Text()", []),
        ("[Token()]", []),
        ("'k'", []),
    ],
)
def test_a_pattern_that_asks_for_classes_alone_is_a_test_of_them(pattern: str, classes: list[str]) -> None:
    [branch] = scopes(f"match thing:\n    case {pattern}:\n        pass\n")[0].branches
    asked = branch.test.arguments[1] if isinstance(branch.test, ir.Call) else None
    named = {ir.dotted(one) for one in ir.walk(asked) if isinstance(one, ir.Name)} if asked is not None else set()
    assert named == set(classes)


@pytest.mark.parametrize(
    ("text", "branch"),
    [
        ("question == first()", -1),
        ("1", 0),
        ("question == second()", 1),
    ],
)
def test_an_expression_stands_in_the_branch_of_its_statement(text: str, branch: int) -> None:
    whole = "def chat(question):\n    if question == first():\n        return 1\n    elif question == second():\n        pass\n"
    scope = scopes(whole)[1]
    assert branch_of(place(text, whole), scope) == branch


def test_what_stands_in_no_statement_is_in_no_branch() -> None:
    text = "lambda limit: limit\n"
    assert branch_of(place("limit\n", text), scopes(text)[1]) == -1


def test_what_stands_alone() -> None:
    module = scopes("run(1)\nkept = run(2)\nprint(run(3))\n")[0]
    assert [module.stands_alone(call) for call in module.calls] == [True, False, False, True]


@pytest.mark.parametrize("path", sorted((ROOT / "streamlint").rglob("*.py")), ids=lambda path: path.stem)
def test_every_expression_of_a_module_is_known_once(path: Path) -> None:
    assert_all_known(path.read_text(encoding="utf-8"))


def test_every_expression_of_the_program_is_known_once() -> None:
    assert_all_known(PROGRAM)


def assert_all_known(text: str) -> None:
    """Whatever Python reads is one expression.

    What else is known is the target of a change, which reads it, too, or stands in a quoted annotation.
    """
    known = Counter((one.start, one.end) for scope in scopes(text) for one in scope.expressions())
    read, changed = python_places(text)
    assert not read - known
    assert all(text[start] in "\"'" for start, _ in known - read - changed)


def python_places(text: str) -> tuple[Counter[tuple[int, int]], Counter[tuple[int, int]]]:
    """Where the expressions stand that Python reads, and those that it stores into or deletes."""
    source = Source.decode(Path("chat.py"), text.encode())
    read: Counter[tuple[int, int]] = Counter()
    changed: Counter[tuple[int, int]] = Counter()
    pending: list[ast.AST] = [ast.parse(text)]
    while pending:
        node = pending.pop()
        pending.extend(parts(node))
        if isinstance(node, ast.expr) and not isinstance(node, ast.FormattedValue):
            assert node.end_lineno is not None
            assert node.end_col_offset is not None
            start, end = (
                source.line_starts[line - 1] + len(line_of(source, line).encode()[:column].decode())
                for line, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset))
            )
            (changed if isinstance(getattr(node, "ctx", None), ast.Store | ast.Del) else read)[start, end] += 1
    return read, changed


def line_of(source: Source, line: int) -> str:
    return source.slice(source.line_span(source.line_starts[line - 1]))


def parts(node: ast.AST) -> list[ast.AST]:
    """What a node consists of; the text of a formatted string, and what tells how a value is written, is no expression."""
    if isinstance(node, ast.JoinedStr):
        return [one for one in node.values if isinstance(one, ast.FormattedValue)]
    if isinstance(node, ast.FormattedValue):
        return [node.value, *(parts(node.format_spec) if node.format_spec is not None else ())]
    return list(ast.iter_child_nodes(node))
