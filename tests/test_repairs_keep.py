"""What repairs keep: each is applied alone to its fixture, and all of them together.

The result parses, the finding is gone, no other finding of the function comes (advice may) or goes unrepaired, and every call,
name, text, number, operator and block of the old code is there still, unless the `Fix` says in `drops` that it is not.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from streamlint import imports
from streamlint.config import Config, Selection
from streamlint.finding import Finding, Severity
from streamlint.fix import Edit, Fix, Level, edited
from streamlint.fixing import apply, choose, whole
from streamlint.outcome import Outcome
from streamlint.reporters import edits
from streamlint.run import Request, run
from streamlint.source import Source, Span
from streamlint.surroundings.names import is_deployment_file
from tests.test_fixtures import BAD, PROJECTS, name
from tools.fixtures import laid_out

Fact = tuple[str, str]
HOLE = "_"
BLOCKS = (
    ast.Try,
    ast.TryStar,
    ast.With,
    ast.AsyncWith,
    ast.Raise,
    ast.Break,
    ast.Continue,
    ast.Assert,
    ast.Delete,
    ast.While,
)
THREADS = ("run_in_threadpool", "to_thread")


def lint(folder: Path, *, fix: bool = False, level: Level = Level.UNSAFE) -> Outcome:
    """A run with every rule, those too that are advice."""
    return run(Request((folder,), Config(root=folder), Selection(select=("STL",)), level, fix, root=folder))


# The checker


def facts(tree: ast.AST) -> Counter[Fact]:
    """What a repair must not lose, each with how often it is there."""
    return Counter(fact for node in ast.walk(tree) for fact in facts_of(node))


def facts_of(node: ast.AST) -> Iterator[Fact]:
    match node:
        case ast.Call(func=function, args=arguments):
            yield "call", last_word(function)
            in_thread = last_word(function) in THREADS or ast.unparse(function) == "to_thread.run_sync"
            if in_thread and arguments:
                yield "call", last_word(arguments[0])  # made all the same
        case ast.Attribute(attr=attribute):
            yield "attribute", attribute
        case ast.Name(id=word) if word != HOLE:
            yield "name", word
        case ast.Constant(value=str() | bytes() | int() | float() as value) if not isinstance(value, bool):
            yield "constant", repr(value)
        case ast.BinOp(op=operator) | ast.AugAssign(op=operator) | ast.UnaryOp(op=operator) | ast.BoolOp(op=operator):
            yield "operator", type(operator).__name__
        case ast.Compare(ops=operators):
            yield from (("operator", type(one).__name__) for one in operators)
        case ast.comprehension(ifs=conditions):
            yield from (("block", "if") for _ in conditions)
        case ast.If() | ast.IfExp():
            yield "block", "if"
        case ast.Subscript() | ast.Slice() | ast.Await() | ast.Yield() | ast.YieldFrom():
            yield "expression", type(node).__name__
    if isinstance(node, BLOCKS):
        yield "block", type(node).__name__


def last_word(expression: ast.expr) -> str:
    return expression.attr if isinstance(expression, ast.Attribute) else getattr(expression, "id", "")


def declared(drops: tuple[str, ...]) -> Counter[Fact]:
    found: Counter[Fact] = Counter()
    for drop in drops:
        code = compile(drop, "drop", "exec", ast.PyCF_ONLY_AST | ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
        found += facts(code)
    return found


def lost(before: str, after: str, drops: tuple[str, ...]) -> list[Fact]:
    """What is in the old code, not in the new one, and in no drop.

    A name that a drop names may go wherever it stands; a text that is part of a new one has only grown.
    """
    old, new, allowed = facts(ast.parse(before)), facts(ast.parse(after)), declared(drops)
    grown = [text for kind, text in new - old if kind == "constant"]
    missing = [fact for fact in old - new - allowed if fact[0] != "name" or fact not in allowed]
    return sorted((kind, text) for kind, text in missing if kind != "constant" or not _is_part(text, grown))


def _is_part(text: str, grown: list[str]) -> bool:
    return text[:1] in "'\"" and any(text[1:-1] in other[1:-1] for other in grown)


def functions(text: str) -> dict[int, str]:
    """The function around each line, by its name with those around it; decorators count to it."""
    found: dict[int, str] = {}

    def visit(node: ast.AST, outer: str) -> None:
        for child in ast.iter_child_nodes(node):
            inner = outer
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                inner = f"{outer}.{child.name}"
                first = min((one.lineno for one in child.decorator_list), default=child.lineno)
                found.update(dict.fromkeys(range(first, (child.end_lineno or first) + 1), inner))
            visit(child, inner)

    visit(ast.parse(text), "")
    return found


def reported(findings: tuple[Finding, ...], texts: dict[Path, str]) -> Counter[tuple[str, str, str]]:
    """How many findings of each code each function has."""
    around = {path: functions(text) for path, text in texts.items()}
    rows = [(f.code, f.path.name, around[f.path].get(f.place.start.line, "")) for f in findings if f.path in around]
    return Counter(rows)


def repaired_by(fix: Fix, finding: Finding) -> bool:
    """Whether a finding goes with a fix: it has the same, or stands in the text that the fix touches."""
    return finding.fix == fix or any(
        span.overlaps(finding.place.span) or span == finding.place.span for span in fix.touched
    )


def faults(folder: Path, finding: Finding, findings: tuple[Finding, ...], sources: dict[Path, Source]) -> list[str]:
    """What is wrong with the text that the fix of one finding makes."""
    fix, path = finding.fix, finding.path
    assert fix is not None
    source = sources[path]
    if not choose([finding], Level.UNSAFE, source):
        return []
    after = apply(source, (fix,))
    try:
        ast.parse(after)
    except SyntaxError as error:
        return [f"does not parse: {error}"]
    found = [f"drops {kind} {text!r} and does not say so" for kind, text in lost(source.text, after, fix.drops)]
    if after != imports.arrange(source.text, edited(source.text, fix.edits), fix.imports, fix.width):
        found.append("is another text when the whole is read")
    if edits.replaced(fix, source) != edits._compared(fix, whole(source, (fix,)), source):
        found.append("replaces other lines when all are compared")
    before = reported(findings, {one: text.text for one, text in sources.items()})
    path.write_bytes(source.encode(after))
    now = lint(folder).findings
    path.write_bytes(source.encode(source.text))
    then = reported(now, {one: after if one == path else text.text for one, text in sources.items()})
    same = [one for one in findings if (one.path, one.code, one.message) == (path, finding.code, finding.message)]
    left = [one for one in now if (one.path, one.code, one.message) == (path, finding.code, finding.message)]
    if len(left) >= len(same):
        found.append(f"{finding.code} is still there")
    advice = {one.code for one in now if one.severity is Severity.ADVICE}
    passing = {one.code for one in findings if one.severity is Severity.ADVICE}
    found += [f"{row[0]} appears in {row[2] or row[1]}" for row in then - before if row[0] not in advice]
    gone = Counter({row: count for row, count in (before - then).items() if row[0] not in passing})
    gone -= reported(tuple(f for f in findings if repaired_by(fix, f)), {o: t.text for o, t in sources.items()})
    found += [f"{row[0]} vanishes from {row[2] or row[1]} and was not repaired" for row in gone]
    return found


def check(folder: Path) -> list[str]:
    """The faults of all repairs of a project: one by one, then together at both levels."""
    paths = (path for path in sorted(folder.rglob("*.py")) if not is_deployment_file(str(path)))
    sources = {path: Source.read(path) for path in paths}
    findings = lint(folder).findings
    wrong: list[str] = []
    seen: set[Fix] = set()
    for finding in findings:
        is_python = finding.path in sources  # what stands in other files is held by the tests of their rules
        if finding.fix is None or not is_python or finding.fix in seen or not Level.UNSAFE.allows(finding.fix.level):
            continue
        seen.add(finding.fix)
        place = f"{finding.path.name}:{finding.place.start.line} {finding.code}"
        wrong += [f"{place}: {fault}" for fault in faults(folder, finding, findings, sources)]
    for level in (Level.RESPONSE, Level.UNSAFE):
        outcome = lint(folder, fix=True, level=level)
        for change in outcome.changes:
            if change.before.path not in sources:
                continue
            fixes = {one.finding.fix for one in outcome.applied if one.finding.path == change.before.path}
            drops = tuple(drop for fix in fixes if fix is not None for drop in fix.drops)
            wrong += [
                f"together at {level}: drops {fact}" for fact in lost(change.before.text, change.after.text, drops)
            ]
    return wrong


# All fixtures


@pytest.mark.parametrize("path", BAD, ids=name)
def test_repairs_of_a_file(path: Path, tmp_path: Path) -> None:
    laid_out(path, tmp_path)
    assert check(tmp_path) == []


@pytest.mark.parametrize("folder", PROJECTS, ids=name)
def test_repairs_of_a_project(folder: Path, tmp_path: Path) -> None:
    laid_out(folder, tmp_path)
    assert check(tmp_path) == []


# The checker itself


BEFORE = """\
import re
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

app = FastAPI()
engine = index.as_query_engine(streaming=True)


@app.get("/chat")
def chat(q: str):
    response = engine.query(q)
    text = redact("".join(response.response_gen))
    return {"answer": text}
"""
AFTER = BEFORE.replace('    text = redact("".join(response.response_gen))\n', "").replace(
    '{"answer": text}', 'StreamingResponse(response.response_gen, media_type="text/plain")'
)
HONEST = ("text", '"".join(_)', '{"answer": _}')


def test_a_call_that_is_lost_is_told() -> None:
    assert lost(BEFORE, AFTER, HONEST) == [("call", "redact"), ("name", "redact")]


def test_everything_is_lost_that_is_not_declared() -> None:
    found = lost(BEFORE, AFTER, ("redact(_)",))
    assert ("name", "text") in found and ("call", "join") in found and ("constant", "'answer'") in found


def test_a_name_may_go_wherever_it_stands_and_a_call_as_often_as_declared() -> None:
    before = "text = f(a)\nprint(text, f(text))\n"
    assert lost(before, "a\n", ("text", "f(_)", "print(_)")) == [("call", "f")]


@pytest.mark.parametrize(
    ("before", "after", "fact"),
    [
        ("try:\n    a()\nexcept E:\n    pass\n", "a()\n", ("block", "Try")),
        ("a(b[1])\n", "a(b)\n", ("expression", "Subscript")),
        ("a(b + c)\n", "a(b, c)\n", ("operator", "Add")),
        ("a(b) if c else d\n", "a(b), c, d\n", ("block", "if")),
        ("[a for a in b if a]\n", "[a for a in b], a\n", ("block", "if")),
        ("async def f():\n    await a\n", "async def f():\n    a\n", ("expression", "Await")),
    ],
)
def test_blocks_and_operators_count(before: str, after: str, fact: Fact) -> None:
    assert fact in lost(before, after, ())


def planted(folder: Path, drops: tuple[str, ...]) -> list[str]:
    """What is said of a repair that throws `redact` away."""
    path = folder / "application.py"
    path.write_text(BEFORE, "utf-8")
    source = Source.read(path)
    findings = lint(folder).findings
    finding = next(f for f in findings if f.code == "STL102")
    start = BEFORE.index("    text = redact")
    end = BEFORE.index("    return")
    answer = BEFORE.index('{"answer"')
    edits = (
        Edit(Span(start, end), ""),
        Edit(Span(answer, len(BEFORE) - 1), 'StreamingResponse(response.response_gen, media_type="text/plain")'),
    )
    wrong = Fix("planted", edits, Level.RESPONSE, "to see that it is found", drops=drops)
    object.__setattr__(finding, "fix", wrong)
    return faults(folder, finding, findings, {path: source})


def test_a_planted_repair_is_found(tmp_path: Path) -> None:
    assert planted(tmp_path, HONEST) == [
        "drops call 'redact' and does not say so",
        "drops name 'redact' and does not say so",
    ]
