"""What a program that uses the AWS CDK declares: read where it is written, not known where it is computed, never a failure."""

from __future__ import annotations

import re

import pytest

from tests.conftest import STREAMING, Streamlint, Write

HEAD = """import aws_cdk as cdk
from aws_cdk import aws_elasticloadbalancingv2 as elbv2
stack = cdk.Stack(cdk.App(), "Chat")
"""


def balancer(seconds: str) -> str:
    return f'elbv2.ApplicationLoadBalancer(stack, "Chat", idle_timeout={seconds})\n'


@pytest.fixture(autouse=True)
def application(write: Write) -> None:
    write("app.py", STREAMING)


def found(streamlint: Streamlint) -> list[str]:
    """The rules of family 5 that say something of the program; nothing fails."""
    result = streamlint("--select", "STL5", "--output-format", "concise")
    assert result.exit_code in (0, 1), result.stdout + result.stderr
    assert "STL009" not in result.stdout
    return [code for line in result.stdout.splitlines() if "stack.py:" in line for code in re.findall("STL5..", line)]


@pytest.mark.parametrize(
    "seconds",
    [
        "cdk.Duration.seconds(60)",
        "cdk.Duration.minutes(1)",
        "cdk.Duration.millis(60000)",
        "cdk.Duration.seconds(60.0)",
        "cdk.Duration.seconds(amount=60)",
    ],
)
def test_what_is_short_is_told(seconds: str, write: Write, streamlint: Streamlint) -> None:
    write("stack.py", HEAD + balancer(seconds))
    assert found(streamlint) == ["STL520"]


@pytest.mark.parametrize(
    "seconds",
    [
        "cdk.Duration.seconds(300)",
        "cdk.Duration.hours(1)",
        "cdk.Duration.seconds(int(__import__('os').environ['IDLE']))",
        "cdk.Duration.seconds('60')",
        "cdk.Duration.seconds(None)",
        "cdk.Duration.seconds(-1e999)",
        "cdk.Duration.seconds(1" + "0" * 500 + ")",
        "cdk.Duration.seconds()",
        "cdk.Duration.seconds(*[60])",
        "cdk.Duration.parse('PT1M')",
        "seconds(60)",
        "None if cdk else cdk.Duration.seconds(60)",
        "[{(): {}}]",
        "f'{stack}'",
        "lambda: 60",
    ],
)
def test_what_is_long_or_not_known_is_silent(seconds: str, write: Write, streamlint: Streamlint) -> None:
    write("stack.py", HEAD + balancer(seconds))
    assert found(streamlint) == []


@pytest.mark.parametrize(
    "text",
    [
        balancer("[" * 80 + "]" * 80),
        balancer("cdk.Options(a=" * 60 + "1" + ")" * 60),
        "class A(A): pass\nA.b = A\n" + balancer("cdk.Duration.seconds(A.b.b.b)"),
        "def make(x=60):\n    return make(x)\n" + balancer("cdk.Duration.seconds(make())"),
        "x = cdk.Duration.seconds(x)\n" + balancer("x"),
        "elbv2 = elbv2.ApplicationLoadBalancer(elbv2, elbv2, **elbv2)\n",
        "elbv2.ApplicationLoadBalancer(*stack, **{'idle_timeout': stack})\n",
        balancer("[cdk.Duration.seconds(1)] * 10**9"),
        "this is no Python (\n",
        "\x00\n",
    ],
)
def test_what_nobody_writes_is_silent(text: str, write: Write, streamlint: Streamlint) -> None:
    write("stack.py", HEAD + text)
    assert found(streamlint) == []


def test_a_file_is_only_taken_for_one_that_imports_it(write: Write, streamlint: Streamlint) -> None:
    write(
        "stack.py",
        '"""Once made with aws_cdk."""\n' + HEAD.replace("aws_cdk", "other") + balancer("cdk.Duration.seconds(1)"),
    )
    assert found(streamlint) == []
