"""What a repair may not do to any file, whatever it repairs: lose Python or a comment, import twice or in vain."""

from __future__ import annotations

import ast
import io
import tokenize
from collections import Counter
from collections.abc import Iterator


def harms(before: str, after: str) -> Iterator[str]:
    """What is wrong with a repaired text and was not wrong before, in words."""
    if not is_python(before):
        return
    if not is_python(after):
        yield "no Python"
        return
    yield from (f"imports {name} twice" for name in sorted(_twice(after) - _twice(before)))
    yield from (f"imports {name} without a use" for name in sorted(_unused(after) - _unused(before)))
    yield from (f"loses the comment {comment}" for comment in (_comments(before) - _comments(after)).elements())


def is_python(text: str) -> bool:
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


def _comments(text: str) -> Counter[str]:
    tokens = tokenize.generate_tokens(io.StringIO(text).readline)
    return Counter(token.string.rstrip() for token in tokens if token.type == tokenize.COMMENT)


def _bound(text: str) -> Iterator[str]:
    """What the top of a module imports, each as often as it does."""
    for node in ast.parse(text).body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from (alias.asname or alias.name for alias in node.names)


def _twice(text: str) -> set[str]:
    return {name for name, count in Counter(_bound(text)).items() if count > 1}


def _unused(text: str) -> set[str]:
    used = {node.id for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Name)}
    return {name for name in _bound(text) if name.partition(".")[0] not in used}
