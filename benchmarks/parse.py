"""Parse every Python file of a folder with the standard library and do nothing with it: the unit of the ratios."""

from __future__ import annotations

import ast
import sys
import warnings
from contextlib import suppress
from pathlib import Path


def main() -> None:
    warnings.simplefilter("ignore")
    for path in sorted(Path(sys.argv[1]).rglob("*.py")):
        with suppress(SyntaxError, ValueError, RecursionError):
            ast.parse(path.read_bytes())


if __name__ == "__main__":
    main()
