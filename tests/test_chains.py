"""What each stream passes, as `--show-routes` tells it, and which streams are matched with which location."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from streamlint import shown
from streamlint.config import Config, Selection
from streamlint.projects import Request
from streamlint.reporters import chains as told
from tests.conftest import Streamlint, Write

CODE = """\
from fastapi import APIRouter, FastAPI
from fastapi.responses import StreamingResponse
from llama_index.core import Settings, VectorStoreIndex
from llama_index.llms.huggingface_api import HuggingFaceInferenceAPI

app = FastAPI()
router = APIRouter(prefix="/chat")
Settings.llm = HuggingFaceInferenceAPI(model_name="zephyr", timeout=120)
engine = VectorStoreIndex.from_documents([]).as_query_engine(streaming=True)


@router.post("/{id}")
async def chat(id: str, q: str):
    response = await engine.aquery(q)
    return StreamingResponse(response.async_response_gen(), media_type="text/plain")


app.include_router(router, prefix="/v1")
"""
COMPOSE = """\
services:
  api:
    build: backend
    command: gunicorn -k uvicorn_worker.UvicornWorker --bind 0.0.0.0:8000 --graceful-timeout 10 main:app
  web:
    image: nginx:1.27
    volumes: ["./nginx.conf:/etc/nginx/conf.d/default.conf:ro"]
    ports: ["80:8080"]
"""
NGINX = """\
server {
    listen 8080;
    location /api/ {
        proxy_pass http://api:8000/;
    }
    location / {
        proxy_pass http://web:3000;
    }
}
"""
WIDE = """\
POST /v1/chat/{id} streams through:
  1. model client: HuggingFaceInferenceAPI (backend/main.py:8): `timeout` 120 s: cut after silence
  2. application: fastapi chat (backend/main.py:13): no limit of its own
  3. server: gunicorn service `api` (compose.yaml:4): `graceful_timeout` 10 s: cut at a restart
     docker run --rm --network "container:$(docker compose ps -q api)" curlimages/curl -N -X POST 'http://localhost:8000/v1/chat/1'
  4. container: Compose service `api` (compose.yaml:2): `stop_grace_period` 10 s (the default): cut at a restart
  5. proxy: nginx location /api/ (nginx.conf:4): `proxy_read_timeout` 60 s (the default): cut after silence, `proxy_buffering` (the default): held back, `proxy_http_version 1.0` (the default): a broken stream ends as a whole one
     curl -N -X POST 'http://localhost:80/api/v1/chat/1'
  cuts first: nginx location /api/ after 60 s without a token (`proxy_read_timeout`)
  note: `HuggingFaceInferenceAPI` asks for at most 256 tokens (`num_output`, the default): a longer answer ends there, and nothing on the way has cut it"""  # noqa: E501
NARROW = """\
POST /v1/chat/{id} streams through:
  1. model client: HuggingFaceInferenceAPI (backend/main.py:8): `timeout` 120 s:
     cut after silence
  2. application: fastapi chat (backend/main.py:13): no limit of its own
  3. server: gunicorn service `api` (compose.yaml:4): `graceful_timeout` 10 s:
     cut at a restart
     docker run --rm --network "container:$(docker compose ps -q api)" curlimages/curl -N -X POST 'http://localhost:8000/v1/chat/1'
  4. container: Compose service `api` (compose.yaml:2): `stop_grace_period` 10 s
     (the default): cut at a restart
  5. proxy: nginx location /api/ (nginx.conf:4): `proxy_read_timeout` 60 s (the
     default): cut after silence, `proxy_buffering` (the default): held back,
     `proxy_http_version 1.0` (the default): a broken stream ends as a whole one
     curl -N -X POST 'http://localhost:80/api/v1/chat/1'
  cuts first: nginx location /api/ after 60 s without a token
  (`proxy_read_timeout`)
  note: `HuggingFaceInferenceAPI` asks for at most 256 tokens (`num_output`, the
  default): a longer answer ends there, and nothing on the way has cut it"""


@pytest.fixture
def deployed(write: Write) -> None:
    write(".git/HEAD", "")
    write("backend/main.py", CODE)
    write("compose.yaml", COMPOSE)
    write("nginx.conf", NGINX)


def rendered(width: int) -> str:
    _, (ways,) = shown.routes(Request((Path.cwd(),), Config(root=Path.cwd()), Selection()))
    return told.render(ways.chains, ways.deployment, width)


@pytest.mark.parametrize(("width", "expected"), [(300, WIDE), (80, NARROW)])
def test_a_chain_from_the_model_to_the_proxy(deployed: None, width: int, expected: str) -> None:
    assert rendered(width) == expected


@pytest.mark.parametrize(
    ("compose", "expected"),
    [
        (COMPOSE, "curl -N -X POST 'http://localhost:80/api/v1/chat/1'"),
        (COMPOSE.replace("80:8080", "8080"), "(docker compose ps -q web)"),
        (
            COMPOSE.replace('    ports: ["80:8080"]\n', "    network_mode: host\n"),
            "'http://localhost:8080/api/v1/chat/1'",
        ),
        (COMPOSE.replace("nginx:1.27", "registry.example/nginx-unprivileged@sha256:0"), "'http://localhost:80/api/v1"),
        (COMPOSE.replace("nginx:1.27", "traefik"), "'http://localhost:8080/api/v1/chat/1'"),
        (f"{COMPOSE}  old:\n    image: nginx\n    ports: ['90:8080']\n", "'http://localhost:80/api/v1/chat/1'"),
    ],
    ids=["published", "inside", "host", "another name", "no nginx", "by its volume"],
)
def test_a_proxy_is_tried_where_it_answers(deployed: None, write: Write, compose: str, expected: str) -> None:
    write("compose.yaml", compose)
    assert expected in rendered(200).splitlines()[8]


def test_a_published_port_of_a_server_is_tried(deployed: None, write: Write) -> None:
    write("compose.yaml", COMPOSE.replace("    command", '    ports: ["7000:8000"]\n    command'))
    assert rendered(200).splitlines()[4] == "     curl -N -X POST 'http://localhost:7000/v1/chat/1'"


def test_what_is_only_possible_is_left_out_beside_what_is_known(deployed: None, write: Write) -> None:
    write("other/Procfile", "web: uvicorn --factory $APP\n")
    assert "Procfile" not in rendered(200)
    write("compose.yaml", "")
    write("backend/Dockerfile", "")
    assert "perhaps uvicorn process `web`" in rendered(200)


def test_another_application_of_the_project_is_not_served(deployed: None, write: Write) -> None:
    write("backend/jobs.py", "from celery import Celery\n\napp = Celery()\n")
    write("compose.jobs.yaml", COMPOSE.replace("main:app", "jobs:app"))
    assert "compose.jobs.yaml" not in rendered(200)


def test_chunks_that_are_off_mask_too(deployed: None, write: Write) -> None:
    write("nginx.conf", NGINX.replace("listen 8080;", "listen 8080; chunked_transfer_encoding off;"))
    assert "`chunked_transfer_encoding off`: a broken stream ends as a whole one" in rendered(200)


def test_what_is_not_there_is_said(write: Write) -> None:
    write("main.py", CODE.replace("timeout=120", "").replace("zephyr", "zephyr-7b"))
    text = rendered(100)
    assert "nothing that is known here cuts it" in text
    assert "not found: a proxy: no proxy file names this upstream" in text
    assert "not found: a command that starts a server for this application" in text


def test_what_a_person_starts_is_no_deployed_server(write: Write) -> None:
    by_hand = '\n\nif __name__ == "__main__":\n    import uvicorn\n\n    uvicorn.run(app, reload=True)\n'
    write("main.py", CODE + by_hand)
    assert "a command that starts a server for this application; its code starts uvicorn when it is" in rendered(200)
    write("Procfile", "web: python main.py\n")
    assert "server: uvicorn process `web` (Procfile:1)" in rendered(200)


MODEL = 'HuggingFaceInferenceAPI(model_name="zephyr", timeout=120)'


def test_clients_that_are_alike_are_one_hop(deployed: None, write: Write) -> None:
    write("backend/main.py", CODE.replace("router =", f"spare = {MODEL}\nrouter ="))
    (line, *_) = [line for line in rendered(300).splitlines() if "model client" in line]
    assert line.startswith("  1. model client: HuggingFaceInferenceAPI (backend/main.py:7 and 1 more): `timeout` 120 s")
    assert "not found: which of these clients it asks" in rendered(300)


def test_variants_of_a_file_are_one_hop(deployed: None, write: Write) -> None:
    write("compose.prod.yaml", COMPOSE)
    text = rendered(300)
    assert "server: gunicorn service `api` (compose.prod.yaml:4 and 1 more)" in text
    assert "container: Compose service `api` (compose.prod.yaml:2 and 1 more)" in text


@pytest.mark.parametrize(
    ("timeout", "cuts"), [("30", "API after 120 s"), ("None", "nothing that is"), ("limit()", "nothing that is")]
)
def test_the_most_patient_of_several_clients_counts(deployed: None, write: Write, timeout: str, cuts: str) -> None:
    other = MODEL.replace("120", timeout)
    write("backend/main.py", CODE.replace("router =", f"spare = {other}\nrouter ="))
    write("nginx.conf", "")
    assert cuts in rendered(300)


def test_a_command_of_a_service_takes_the_place_of_its_image(deployed: None, write: Write) -> None:
    write("backend/Dockerfile", 'FROM python:3.12\nCMD ["uvicorn", "main:app"]\n')
    assert "uvicorn image" not in rendered(300) and "gunicorn service `api`" in rendered(300)
    write("compose.yaml", COMPOSE.replace("build: backend", "image: api"))
    assert "uvicorn image" in rendered(300)


def test_a_path_that_is_not_known_is_why_no_proxy_was_found(deployed: None, write: Write) -> None:
    write("backend/main.py", CODE.replace('prefix="/v1"', "prefix=settings.prefix"))
    write("compose.yaml", "")
    write("nginx.conf", NGINX.replace("http://api:8000/", "http://$backend"))
    assert "not found: a proxy: files of nginx are here, but not all of the path" in rendered(300)


def test_a_heartbeat_saves_from_silence(deployed: None, write: Write) -> None:
    beating = CODE.replace("fastapi.responses import StreamingResponse", "sse_starlette import EventSourceResponse")
    write(
        "backend/main.py",
        beating.replace("StreamingResponse(", "EventSourceResponse(").replace(', media_type="text/plain"', ""),
    )
    assert "cuts first: HuggingFaceInferenceAPI after 120 s" in rendered(200)


def test_programs_are_told_the_same(deployed: None, streamlint: Streamlint) -> None:
    (chain,) = json.loads(streamlint("--show-routes", "--output-format", "json").stdout)["chains"]
    assert [hop["layer"] for hop in chain["hops"]] == ["model client", "application", "server", "container", "proxy"]
    assert chain["cuts_first"].startswith("nginx location /api/ after 60 s")
    assert chain["not_found"] == []


def findings(streamlint: Streamlint, codes: str = "STL50") -> set[str]:
    report = json.loads(streamlint("--select", codes, "--output-format", "json").stdout)
    return {f"{each['code']} {each['severity']}" for each in report["findings"]}


def test_a_service_that_runs_the_application_is_certain(deployed: None, streamlint: Streamlint) -> None:
    assert "STL501 error" in findings(streamlint)


@pytest.mark.parametrize(
    "upstream", ["http://web:3000/", "http://api:9000/", "http://127.0.0.1:9000/"], ids=["frontend", "port", "host"]
)
def test_what_leads_elsewhere_is_silent(deployed: None, write: Write, streamlint: Streamlint, upstream: str) -> None:
    write("nginx.conf", NGINX.replace("http://api:8000/", upstream))
    compose = COMPOSE.replace("    command", '    ports: ["8000:8000"]\n    command')
    write("compose.yaml", compose)
    assert findings(streamlint) == set()


def test_a_published_port_of_this_machine_is_the_application(
    deployed: None, write: Write, streamlint: Streamlint
) -> None:
    write("compose.yaml", COMPOSE.replace("    command", '    ports: ["7000:8000"]\n    command'))
    write("nginx.conf", NGINX.replace("http://api:8000/", "http://localhost:7000/"))
    assert "STL501 error" in findings(streamlint)


def test_a_computed_upstream_is_likely_where_the_path_is_known(
    deployed: None, write: Write, streamlint: Streamlint
) -> None:
    write("compose.yaml", "")
    write("nginx.conf", NGINX.replace("http://api:8000/", "http://$backend"))
    assert "STL501 warning" in findings(streamlint)


UNKNOWN = NGINX.replace("http://api:8000/", "http://backend.internal:8000/")


def test_which_of_several_applications_is_not_known(deployed: None, write: Write, streamlint: Streamlint) -> None:
    write("compose.yaml", "")
    write("nginx.conf", UNKNOWN.replace("http://web:3000", "http://backend.internal:8000"))
    assert "STL501 warning" in findings(streamlint)
    write("other/jobs.py", CODE)
    assert findings(streamlint) <= {"STL501 advice", "STL504 advice", "STL505 advice"}
    assert "perhaps nginx" in rendered(300)


@pytest.mark.parametrize(
    ("files", "severity"),
    [
        ({}, "advice"),
        ({"compose.yaml": "services:\n  web:\n    image: redis\n"}, "warning"),
        ({"compose.yaml": "services:\n  web:\n    build: web\n"}, "advice"),
        ({"compose.yaml": "services:\n  web:\n    build: web\n", "web/Dockerfile": "FROM node:22\n"}, "warning"),
        (
            {
                "compose.yaml": "services:\n  web:\n    build: web\n",
                "web/Dockerfile": 'FROM alpine\nCMD ["npm", "start"]\n',
            },
            "warning",
        ),
    ],
    ids=["unknown", "image", "built", "of node", "by npm"],
)
def test_which_of_several_addresses_is_not_known(
    deployed: None, write: Write, streamlint: Streamlint, files: dict[str, str], severity: str
) -> None:
    write("compose.yaml", "")
    write("nginx.conf", UNKNOWN)
    for name, text in files.items():
        write(name, text)
    assert {each for each in findings(streamlint) if "STL501" in each} == {f"STL501 {severity}"}


def test_a_certificate_of_another_name_is_not_asked_for(deployed: None, write: Write) -> None:
    write("nginx.conf", NGINX.replace("listen 8080;", "listen 443 ssl;"))
    write("compose.yaml", COMPOSE.replace("80:8080", "443:443"))
    assert "curl -N -k -X POST 'https://localhost:443/api/v1/chat/1'" in rendered(300)


def test_neither_upstream_nor_prefix(deployed: None, write: Write, streamlint: Streamlint) -> None:
    write("compose.yaml", "")
    write("nginx.conf", NGINX.replace("http://api:8000/", "http://$backend"))
    write("backend/main.py", CODE.replace('prefix="/v1"', "prefix=settings.prefix"))
    assert findings(streamlint) == set()


def test_an_unknown_prefix_counts_for_the_broadest_location(
    deployed: None, write: Write, streamlint: Streamlint
) -> None:
    write("backend/main.py", CODE.replace('prefix="/v1"', "prefix=settings.prefix"))
    assert "STL501 warning" in findings(streamlint)


def test_a_path_of_the_settings_needs_no_python(write: Write, streamlint: Streamlint) -> None:
    write(".git/HEAD", "")
    write("nginx.conf", NGINX.replace("http://api:8000/", "http://backend.internal:8000"))
    assert streamlint("--select", "STL50").exit_code == 2, "nothing says that anything streams"
    write("streamlint.toml", 'streaming-paths = ["/api/*"]\n')
    assert "STL501 warning" in findings(streamlint)


def test_a_path_of_the_settings_stands_for_all_below_it(write: Write, streamlint: Streamlint) -> None:
    write(".git/HEAD", "")
    write("streamlint.toml", 'streaming-paths = ["/api/*"]\n')
    passes = NGINX.replace("http://api:8000/", "http://backend.internal:8000")
    write("nginx.conf", passes.replace("location /api/ ", "location /api/chat/ "))
    write("Caddyfile", "s {\n handle /api/ask/* {\n reverse_proxy a:80 {\n response_buffers 1\n }\n }\n}\n")
    assert findings(streamlint, "STL501,STL552") == {"STL501 warning", "STL552 warning"}
    write("streamlint.toml", 'streaming-paths = ["/api/other/*"]\n')
    assert findings(streamlint, "STL552") == set()
