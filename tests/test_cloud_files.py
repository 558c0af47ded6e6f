"""Files of clouds that nobody would write: cycles, wrong types, endless lists and broken text fail nobody."""

from __future__ import annotations

import pytest

from tests.conftest import STREAMING, Streamlint, Write

LAUGHS = "a: &a [x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 9)}]\n" for before, name in zip("abcdefg", "bcdefgh", strict=True)
)
DEEP = "".join(f"{' ' * depth}ingress:\n" for depth in range(400))
TUNNEL = "tunnel: chat\ningress:\n"
OPENAPI = "openapi: 3.0.1\npaths:\n  /chat:\n    get:\n      x-amazon-apigateway-integration:"
TASK = 'resource "aws_ecs_task_definition" "chat" {\n  container_definitions = %s\n}\n'
STACK = (
    'AWSTemplateFormatVersion: "2010-09-09"\nResources:\n  Chat:\n    Type: AWS::ECS::TaskDefinition\n    Properties:'
)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "config.yml",
            f"{TUNNEL}  - service: [http://a, {{b: c}}]\n  - 5\n  - hostname: {{a: b}}\n    service: http://\n",
        ),
        ("config.yml", f"{TUNNEL}  - service: http://localhost:99999999999999999999\n  - service: http://[::1\n"),
        ("config.yml", f"{TUNNEL}  - path: '((((a+)+)+)+)+$'\n    service: http://localhost:8000\n"),
        ("config.yml", f"{TUNNEL}  - path: '[['\n    service: unix:/run/chat.sock\n"),
        ("config.yml", f"{TUNNEL}  & *x\n"),
        ("config.yml", TUNNEL + "  - service: http://localhost:8000\n" * 3_000),
        ("config.yml", f"tunnel: chat\n{LAUGHS}ingress: *h\n"),
        ("config.yml", f"tunnel: chat\n{DEEP}"),
        ("wrangler.toml", 'main = "a.ts"\nroutes = [[[[[{ a = 1 }]]]]]\nname = 5\n'),
        ("wrangler.toml", 'main = "a.ts"\nroutes = "'),
        ("wrangler.json", '{"main": ["a.ts"], "routes": {"a": null'),
        ("dns.tf", 'resource "cloudflare_record" "a" {\n proxied = [true]\n}\n' * 50),
        ("dns.tf", 'resource "cloudflare_zone_setting" "a" {\n setting_id = "proxy_read_timeout"\n value = "x"\n}\n'),
        ("openapi.yaml", f"{OPENAPI} 5\n"),
        ("openapi.yaml", f"{OPENAPI}\n        type: [http_proxy]\n        responseTransferMode: {{a: b}}\n"),
        ("openapi.yaml", f"{OPENAPI}\n        x-amazon-apigateway-integration:\n          type: http_proxy\n"),
        ("openapi.yaml", "openapi: 3.0.1\nx-amazon-apigateway-integration:\n  type: http_proxy\n"),
        ("openapi.yaml", f"openapi: 3.0.1\n{LAUGHS}paths:\n  x-amazon-apigateway-integration: *h\n"),
        (
            "openapi.json",
            '{"openapi": "3", "paths": {"/chat": {"get": {"x-amazon-apigateway-integration": {"type": "http_',
        ),
        ("app.yaml", "runtime: [python312]\n"),
        ("app.yaml", "runtime: python312: x\n"),
        ("app.yaml", "runtime: python99999999999999999999\n"),
        ("main.tf", TASK % "jsonencode([[[1]]])"),
        ("main.tf", TASK % 'jsonencode([{ name = [], image = {}, stopTimeout = "x", command = { a = [1] } }])'),
        ("main.tf", TASK % "jsonencode([{ stopTimeout = -1e999, portMappings = 5, environment = [[]] "),
        ("main.tf", TASK % "file(container_definitions)"),
        ("template.yaml", f"{STACK} []\n"),
        ("template.yaml", f"{STACK}\n      ContainerDefinitions: {{Name: 5, StopTimeout: [1]}}\n"),
        (
            "template.yaml",
            f"{STACK}\n      ContainerDefinitions:\n        - &a\n          StopTimeout: 5\n        - *a\n        - !Ref A\n",
        ),
    ],
)
def test_it_fails_nobody(name: str, text: str, write: Write, streamlint: Streamlint) -> None:
    write("app.py", STREAMING)
    write("Dockerfile", 'FROM python:3.12\nCMD ["uvicorn", "app:app", "--port", "8000"]\n')
    write(name, text)
    for arguments in ((), ("--show-routes",)):
        result = streamlint("--extend-select", "STL5", *arguments)
        assert result.exit_code in (0, 1), result.stdout + result.stderr
        assert "STL009" not in result.stdout
