"""Whether our reader of nginx files says what crossplane says: `python -m tools.nginx_files FOLDER_OR_FILE...`.

Every file whose name or text may be nginx's is read by both, and names, arguments, lines and nesting are compared. Files that
crossplane refuses, and templates, which it reads as something else, are only counted: our reader reads them as far as it can.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from streamlint.source import Source, UnreadableFile
from streamlint.surroundings import nginx_file
from streamlint.surroundings.nginx_file import Argument, Directive

Row: TypeAlias = tuple[int, str, tuple[str, ...], "tuple[Row, ...] | None"]
"""Line, name, arguments and the block's rows."""
_SUFFIXES = (".conf", ".sample", ".nginx", ".template", ".tmpl", ".j2", ".erb", ".vhost", ".inc", "")
_NGINX = re.compile(
    r"^\s*(?:server|http|upstream|location\b[^\n{]*)\s*\{|^\s*(?:proxy|uwsgi|fastcgi)_\w+\s[^\n]*;", re.MULTILINE
)

_VARIABLE_END = re.compile(r"(\$\{[^}]*\})\s\Z")
"""crossplane takes the blank behind `${name}` for a part of the word."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    counts: Counter[str] = Counter()
    for source in _sources(parser.parse_args().paths):
        verdict = compare(source.text)
        counts[verdict.partition(":")[0]] += 1
        if verdict.startswith("differs"):
            print(f"{source.path}: {verdict}")
    print(*(f"{name}: {number}" for name, number in sorted(counts.items())), sep="\n")
    return 1 if counts["differs"] else 0


def _sources(paths: Iterable[Path]) -> Iterator[Source]:
    for path in paths:
        for file in sorted(each for each in path.rglob("*") if each.is_file()) if path.is_dir() else [path]:
            if file.suffix not in _SUFFIXES and "nginx" not in file.name:
                continue
            try:
                source = Source.read_plain(file, 1_000_000)
            except UnreadableFile:
                continue
            if _NGINX.search(source.text):
                yield source


def compare(text: str) -> str:
    """`same`, `template`, `refused` by crossplane, or `differs` with the first difference."""
    ours = nginx_file.read(text)
    theirs = crossplane_rows(text)
    if ours.is_template:
        return "template"
    if theirs is None:
        return "refused"
    return next(_differences(rows(text), theirs), "same")


def _differences(ours: Sequence[Row], theirs: Sequence[Row]) -> Iterator[str]:
    for one, other in zip(ours, theirs, strict=False):
        if one[:3] != other[:3] or (one[3] is None) != (other[3] is None):
            yield f"differs: {one[:3]} and {other[:3]}"
        yield from _differences(one[3] or (), other[3] or ())
    if len(ours) != len(theirs):
        yield f"differs: {len(ours)} and {len(theirs)} directives in a block"


def rows(text: str) -> tuple[Row, ...]:
    """What our reader says, in crossplane's words."""
    source = Source(Path("nginx.conf"), text, is_python=False)
    return tuple(_row(source, each) for each in nginx_file.read(text).directives)


def _row(source: Source, directive: Directive) -> Row:
    arguments = tuple(_written(source, each) for each in directive.arguments)
    if directive.name == "if":
        arguments = _without_brackets(arguments)
    inner: tuple[Row, ...] | None = tuple(_row(source, each) for each in directive.inner)
    if directive.name.endswith("_by_lua_block") and directive.opening is not None:
        arguments, inner = (*arguments, source.text[directive.opening + 1 : directive.span.end - 1]), None
    return (
        source.text.count("\n", 0, directive.span.start) + 1,
        directive.name,
        arguments,
        inner if directive.is_block else None,
    )


def _written(source: Source, argument: Argument) -> str:
    written = source.slice(argument.span)
    return written[1:-1].replace(f"\\{written[0]}", written[0]) if argument.is_quoted else written


def _without_brackets(arguments: tuple[str, ...]) -> tuple[str, ...]:
    if arguments and arguments[0].startswith("(") and arguments[-1].endswith(")"):
        first, last = arguments[0][1:].lstrip(), arguments[-1][:-1].rstrip()
        arguments = (first[:-1].rstrip(),) if len(arguments) == 1 else (first, *arguments[1:-1], last)
        return arguments[not arguments[0] : len(arguments) - (not arguments[-1])]
    return arguments


def crossplane_rows(text: str) -> tuple[Row, ...] | None:
    """What crossplane says; None where it refuses the file."""
    crossplane = importlib.import_module("crossplane")
    with tempfile.NamedTemporaryFile("w", suffix=".conf", encoding="utf-8", newline="", errors="replace") as file:
        file.write(text)
        file.flush()
        found = crossplane.parse(
            file.name, single=True, comments=False, check_ctx=False, check_args=False, catch_errors=True
        )
    [config] = found["config"]
    return None if config["errors"] else _their_rows(config["parsed"])


def _their_rows(statements: Iterable[dict[str, Any]]) -> tuple[Row, ...]:
    """Comments between the words of a statement are rows for crossplane, whether or not they are wanted."""
    return tuple(_their_row(each) for each in statements if each["directive"] != "#")


def _their_row(statement: dict[str, Any]) -> Row:
    block = statement.get("block")
    inner = None if block is None else _their_rows(block)
    arguments = tuple(_VARIABLE_END.sub(r"\1", each) for each in statement["args"])
    return statement["line"], statement["directive"], arguments, inner


if __name__ == "__main__":
    sys.exit(main())
