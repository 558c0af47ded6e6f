"""What `super()` means: the class around the method in which it stands, whatever functions are in between."""

from __future__ import annotations

import pytest

from .asking import said

BASE = """\
class Base:
    kind = 0

    def which(self):
        return self.kind


class Own(Base):
    kind = 1

"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("    def run(self):\n        «super().which()»\n", {"1"}),
        ("    def run(self):\n        inner = lambda: super().which()\n        «inner()»\n", {"1"}),
        ("    def run(self):\n        def inner():\n            «super().which()»\n", {"1"}),
        ("    def run(self):\n        for inner in [super().which() for _ in self]:\n            «inner»\n", {"1"}),
        ("    def run(self):\n        «super().kind»\n", {"0"}),
        ("    @classmethod\n    def run(cls):\n        «super().kind»\n", {"0"}),
        ("    def __new__(cls):\n        made = super().__new__(cls)\n        «made»\n", {"Own()"}),
        ("def run(self):\n    «super().kind»\n", {"?"}),
        ("def run(self):\n    def inner():\n        «super().kind»\n", {"?"}),
        ("«super().kind»\n", {"?"}),
    ],
)
def test_what_super_finds(text: str, expected: set[str]) -> None:
    assert said(BASE + text) == expected


@pytest.mark.parametrize(
    ("receiver", "expected"),
    [("Own()", {"1"}), ("Below()", {"3"}), ("Other()", {"1"}), ("Base()", {"1"}), ("unseen", {"1"})],
)
def test_what_super_finds_for_a_receiver(receiver: str, expected: set[str]) -> None:
    method = "    def run(self):\n        return super().which()\n\n\n"
    others = "class Below(Own):\n    kind = 3\n\n\nclass Other:\n    kind = 2\n\n\n"
    assert said(f"{BASE}{method}{others}«Own.run({receiver})»\n") == expected
