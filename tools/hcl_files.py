"""Whether our reader of Terraform files says what tree-sitter says: `python -m tools.hcl_files FOLDER_OR_FILE...`.

Names, nesting and the texts of attributes are compared. Files that tree-sitter finds broken are only counted: our reader reads
them as far as it can.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from streamlint.source import Source, UnreadableFile
from streamlint.surroundings import hcl_file
from streamlint.surroundings.document import Keys

_HOLDING = ("{", "[", "<<", "jsonencode", "yamlencode", "tolist", "toset", "tomap")
"""What our reader takes apart."""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("paths", nargs="+", type=Path)
    counts: Counter[str] = Counter()
    for path in parser.parse_args().paths:
        for file in sorted(path.rglob("*.tf")) if path.is_dir() else [path]:
            try:
                source = Source.read_plain(file, 1_000_000)
            except UnreadableFile:
                continue
            verdict = compare(source.text)
            counts[verdict.partition(":")[0]] += 1
            if verdict.startswith("differs"):
                print(f"{file}: {verdict}")
    print(*(f"{name}: {number}" for name, number in sorted(counts.items())), sep="\n")
    return 1 if counts["differs"] else 0


def compare(text: str) -> str:
    """`same`, `broken`, or `differs: …` with the first difference."""
    theirs = _parsed(text)
    if theirs is None:
        return "broken"
    document = hcl_file.read(text)
    if document.faults:
        return f"differs: {document.faults[0]}"
    names = {_plain(keys) for keys in document.places}
    values: dict[Keys, set[str]] = {}
    for setting in document.settings:
        values.setdefault(_plain(setting.keys), set()).add(text[setting.span.start : setting.span.end].strip())
    for keys, written in theirs:
        if keys not in names:
            return f"differs: {keys} is missing"
        if not written.startswith(_HOLDING) and written not in values.get(keys, ()):
            return f"differs: {keys} is {written!r}"
    own = {keys for keys in values if keys not in {keys for keys, _ in theirs}}
    return f"differs: {min(own)} is too much" if {keys[:-1] for keys in own} & _blocks(theirs) else "same"


def _plain(keys: Keys) -> Keys:
    return tuple(key for key in keys if isinstance(key, str))


def _blocks(rows: list[tuple[Keys, str]]) -> set[Keys]:
    """What holds attributes and no values."""
    return {keys[:-1] for keys, _ in rows} - {keys for keys, _ in rows}


def _parsed(text: str) -> list[tuple[Keys, str]] | None:
    """The attributes as tree-sitter reads them; None where it finds a fault."""
    import tree_sitter
    import tree_sitter_hcl

    content = text.encode()
    root = tree_sitter.Parser(tree_sitter.Language(tree_sitter_hcl.language())).parse(content).root_node
    if root.has_error:
        return None
    return [(keys, written.decode().strip()) for body in root.named_children for keys, written in _attributes(body, ())]


def _attributes(body: Any, keys: Keys) -> Iterator[tuple[Keys, bytes]]:
    for child in body.named_children:
        if child.type == "attribute":
            name, value = (each for each in child.named_children if each.type != "comment")
            yield (*keys, name.text.decode()), value.text
        elif child.type == "block":
            own = [each for each in child.named_children if each.type in ("identifier", "string_lit")]
            for inner in (each for each in child.named_children if each.type == "body"):
                yield from _attributes(inner, (*keys, *(each.text.decode().strip('"') for each in own)))


if __name__ == "__main__":
    sys.exit(main())
