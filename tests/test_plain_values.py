"""Which values of YAML, JSON and Traefik's files are known: all that no template and no variable computes."""

from __future__ import annotations

from pathlib import Path

import pytest

from streamlint.deployment.resources.values import plain
from streamlint.surroundings import templates, yaml_file


@pytest.mark.parametrize(
    ("written", "is_known"),
    [
        ("60s", True),
        ("PathRegexp(`^/chat$`)", True),
        ("/api(/|$)(.*)", True),
        ("/$2", True),
        ("'costs $5'", True),
        ("${IDLE}", False),
        ("$(IDLE)", False),
        ("http://$HOST:8000", False),
        ("http://chat:${PORT:-8000}", False),
    ],
)
def test_only_variables_make_a_value_unknown(written: str, is_known: bool) -> None:
    (setting,) = yaml_file.read(f"value: {written}\n").settings
    assert plain(Path("values.yaml"), setting).is_known is is_known


def test_a_value_of_a_template_is_unknown() -> None:
    text = "value: {{ .Values.idle }}\n"
    (setting,) = yaml_file.read(templates.read(text).masked(text)).settings
    assert not plain(Path("values.yaml"), setting).is_known
