"""The reader of Terraform files says what tree-sitter says, knows where it stands, and reads on behind faults."""

from __future__ import annotations

import gc
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from streamlint.surroundings import hcl_file
from tools.hcl_files import compare

PLAIN = """\
# a comment with { and "
/* another
   one } */
variable "idle" {
  type    = number
  default = 60 // seconds
}
resource "aws_lb" "main" {
  name         = "chat-${var.stage == "x" ? "a" : "b"}"
  idle_timeout = var.idle
  subnets      = [for one in var.subnets : one.id]
  tags = { team = "chat", "cost center" : 4
    owner = var.owner }
  access_logs {
    bucket = "first"
  }
  access_logs {
    bucket = "second"
  }
  dynamic "listener" {
    for_each = var.listeners
    content { port = listener.value["port"] }
  }
  user_data = <<-EOF
    } not a brace
    EOF
  share = -1 / (2 + 3)
}
resource "aws_ecs_task_definition" "api" {
  container_definitions = jsonencode([{ name = "api", stopTimeout = 30 }])
}
"""
HOSTILE = [
    *("a = [", "a = {", 'a "b" {', 'a = "${', "a = (", "<<A\n", "a = <<A\n", "a = [for ", '"', "/*", "a = [1,\n"),
    *(
        "a b\n",
        "a = [1,",
        'a = "\n',
        "a = jsonencode(",
        "}\n",
        "a = [[[[1]]],\n",
        "x = {\n",
        "\\",
        'a = "%{',
        "é = 1\n",
    ),
]


def values(text: str) -> dict[str, str]:
    return {".".join(map(str, each.keys)): each.value for each in hcl_file.read(text).settings}


def test_a_file_of_everything_is_read_as_tree_sitter_does() -> None:
    assert compare(PLAIN) == "same"


def test_values_of_blocks_objects_and_lists_have_their_keys() -> None:
    found = values(PLAIN)
    assert found["variable.idle.default"] == "60"
    assert found["resource.aws_lb.main.idle_timeout"] == "var.idle"
    assert found["resource.aws_lb.main.subnets"] == "[for one in var.subnets : one.id]"
    assert found["resource.aws_lb.main.tags.cost center"] == "4"
    assert found["resource.aws_lb.main.access_logs.1.bucket"] == "second"
    assert found["resource.aws_lb.main.dynamic.listener.0.content.0.port"] == 'listener.value["port"]'
    assert found["resource.aws_lb.main.share"] == "-1 / (2 + 3)"
    assert found["resource.aws_ecs_task_definition.api.container_definitions.0.stopTimeout"] == "30"


def test_the_head_of_a_block_ends_behind_its_brace() -> None:
    document = hcl_file.read(PLAIN)
    head = document.places["resource", "aws_lb", "main"]
    assert PLAIN[head.start : head.end] == 'resource "aws_lb" "main" {'


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a {\n b = 1\n", {"a.b": "1"}),
        ("a {\n b = [1,\n}\nc { d = 2 }\n", {"a.b": "[1,", "c.d": "2"}),
        ('a {\n b = "x\n c = 2\n}\n', {"a.b": "x", "a.c": "2"}),
        ("a {\n ??\n c = 2\n}\n", {"a.c": "2"}),
        ("}\na { c = 2 }", {"a.c": "2"}),
    ],
)
def test_a_fault_costs_what_it_touches(text: str, expected: dict[str, str]) -> None:
    assert values(text).items() >= expected.items()
    assert hcl_file.read(text).faults


WORDS = st.sampled_from(["a", "b_c", "x-y"])
ATOMS = st.sampled_from(
    [
        "1",
        "true",
        "var.x",
        '"t"',
        '"a${b["c"]}"',
        '"\\"{"',
        "f(1, [2])",
        "a ? 1 : [2]",
        "[]",
        "{}",
        "!x",
        "[for y in z : y]",
    ]
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda every: f"[{', '.join(every)}]"),
        st.lists(st.tuples(WORDS, inner), max_size=3).map(
            lambda rows: "{\n" + "".join(f"  {key} = {value}\n" for key, value in rows) + "}"
        ),
    ),
    max_leaves=8,
)
ATTRIBUTES = st.tuples(WORDS, VALUES).map(lambda row: f"{row[0]} = {row[1]} # done\n")
BODIES = st.recursive(
    st.lists(ATTRIBUTES, max_size=3, unique_by=lambda line: line.split()[0]).map("".join),
    lambda inner: st.tuples(WORDS, inner, inner).map(lambda row: f'{row[0]} "{row[0]}" {{\n{row[1]}}}\n\n{row[2]}'),
    max_leaves=5,
)


@given(BODIES)
def test_generated_files_are_read_as_tree_sitter_does(text: str) -> None:
    assert compare(text) in ("same", "broken")
    assert not hcl_file.read(text).faults


@given(st.text(alphabet='ab={}[]()"$%\\<>#/*\n\r\t ,:.1?é\ufeff', max_size=120))
def test_any_text_is_read_to_its_end_and_places_lie_in_it(text: str) -> None:
    document = hcl_file.read(text)
    for setting in document.settings:
        assert 0 <= setting.span.start <= setting.span.end <= len(text)
        if setting.inside is not None:
            assert text[setting.inside.start : setting.inside.end] == setting.value


@pytest.mark.parametrize("piece", HOSTILE)
def test_the_reader_is_linear(piece: str) -> None:
    def cost(length: int) -> float:
        gc.disable()  # else what other tests hold is looked through again and again
        started = time.process_time()
        try:
            hcl_file.read(piece * (length // len(piece)))
            return time.process_time() - started
        finally:
            gc.enable()

    cost(1_000)
    assert cost(100_000) < 40 * max(cost(10_000), 0.01)
