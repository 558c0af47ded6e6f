"""How files of tests, and the folders of them, are called."""

from __future__ import annotations

import re

TEST_FOLDERS = ("tests", "test")
_TESTING = re.compile(r"test_.*\.py|.*_test\.py|conftest\.py")


def is_test_file(name: str) -> bool:
    """Whether a file is called as test runners look for them."""
    return _TESTING.fullmatch(name) is not None
