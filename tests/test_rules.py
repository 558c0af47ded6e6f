"""What holds for every rule: its documentation is complete and runs."""

from __future__ import annotations

import inspect
import re
import tomllib
from pathlib import Path

import pytest

from streamlint import rule
from streamlint.config import Config, Selection
from streamlint.finding import Severity
from streamlint.fix import Level
from streamlint.run import Request, run

RULES = rule.discover()
STREAMING = """\
from llama_index.core import VectorStoreIndex

engine = VectorStoreIndex([]).as_query_engine(streaming=True)
"""
SECTIONS = ("What it does", "Why it breaks streaming", "Example", "Use instead", "Fix safety", "References")


def code_of(each: rule.Rule) -> str:
    return each.code


def section(each: rule.Rule, title: str) -> str:
    text = inspect.getdoc(type(each)) or ""
    found = re.search(rf"^## {re.escape(title)}\n\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"{each.code} has no section {title!r}"
    return found[1].strip()


SERVED = (
    STREAMING.replace(
        "from llama", "from fastapi import FastAPI\nfrom fastapi.responses import StreamingResponse\nfrom llama"
    )
    + """
app = FastAPI()


@app.get("/chat")
def chat(q: str):
    return StreamingResponse(engine.query(q).response_gen, media_type="text/plain")
"""
)
FILES = {
    "python": "application.py",
    "requirements": "requirements.txt",
    "dockerfile": "Dockerfile",
    "procfile": "Procfile",
    "yaml": "compose.yaml",
    "nginx": "nginx.conf",
    "terraform": "main.tf",
    "json": "vercel.json",
    "caddyfile": "Caddyfile",
    "haproxy": "haproxy.cfg",
    "apache": "site.conf",
    "appengine": "app.yaml",
    "apim": "policy.xml",
}


def blocks(each: rule.Rule, title: str) -> dict[str, str]:
    """The files of an example, by their names; an application stands beside one that is a file of requirements."""
    found = re.findall(rf"```({'|'.join(FILES)})\n(.*?)```", section(each, title), re.DOTALL)
    assert found, f"{each.code}: {title} holds no code"
    beside = SERVED if each.language is rule.Language.DEPLOYMENT else STREAMING
    return {FILES["python"]: beside} | {FILES[language]: text for language, text in found}


def request(each: rule.Rule, title: str, folder: Path, *, only: bool, fix: bool = False) -> Request:
    for name, text in blocks(each, title).items():
        (folder / name).write_text(text, "utf-8")
    selection = Selection(select=(each.code,)) if only else Selection()
    return Request((folder,), Config(root=folder), selection, Level.UNSAFE, fix, root=folder)


@pytest.mark.parametrize("each", RULES, ids=code_of)
def test_documentation_has_every_section_in_order(each: rule.Rule) -> None:
    titles = re.findall(r"^## (.*)$", inspect.getdoc(type(each)) or "", re.MULTILINE)
    assert tuple(titles) == SECTIONS
    assert all(section(each, title) for title in SECTIONS)
    assert re.search(r"https://", section(each, "References"))


AROUND = [each for each in RULES if each.code.startswith("STL5")]
NGINX = [each for each in AROUND if each.code.startswith("STL50")]


def references(each: rule.Rule) -> list[str]:
    return [" ".join(one.split()) for one in re.split(r"^- ", section(each, "References"), flags=re.MULTILINE)[1:]]


@pytest.mark.parametrize("each", AROUND, ids=code_of)
def test_what_the_outside_world_does_has_a_document_and_a_date(each: rule.Rule) -> None:
    for reference in references(each):
        assert re.match(r"\[[^]]+\]\(https://\S+\)", reference), reference
        assert re.search(r"\((?:[^()]*; )?(?:checked|measured)[^()]* \d{4}-\d\d-\d\d\)$", reference), reference


@pytest.mark.parametrize("each", NGINX, ids=code_of)
def test_what_nginx_does_has_its_releases(each: rule.Rule) -> None:
    assert all(re.search(r"all releases|before \d", reference) for reference in references(each))


def test_each_default_of_nginx_is_explained_with_its_document() -> None:
    told = {match[1] for each in NGINX for one in references(each) if (match := re.search(r"\((https:\S+)\)", one))}
    rows = tomllib.loads((Path(rule.__file__).parent / "knowledge" / "nginx.toml").read_text("utf-8"))["default"]
    assert {row["docs"] for row in rows} - told <= {"https://nginx.org/en/docs/http/ngx_http_gzip_module.html#gzip"}


def test_the_limits_of_the_models_are_explained_with_their_day() -> None:
    text = (Path(rule.__file__).parent / "knowledge" / "model_limits.toml").read_text("utf-8")
    (model,) = (each for each in RULES if each.code == "STL561")
    limits = tomllib.loads(text)
    (ollama,) = (row for row in limits["limit"] if row["class"] == "Ollama" and row["time-default"] == 30.0)
    assert f"from {ollama['since']} to {ollama['until']}" in references(model)[0]
    assert f"measured {limits['measured']}" in references(model)[0]


@pytest.mark.parametrize("each", RULES, ids=code_of)
def test_example_raises_exactly_this_code(each: rule.Rule, tmp_path: Path) -> None:
    findings = run(request(each, "Example", tmp_path, only=True)).findings
    assert findings
    assert {finding.code for finding in findings} == {each.code}


@pytest.mark.parametrize("each", RULES, ids=code_of)
def test_use_instead_is_clean(each: rule.Rule, tmp_path: Path) -> None:
    assert run(request(each, "Use instead", tmp_path, only=False)).findings == ()


@pytest.mark.parametrize("each", RULES, ids=code_of)
def test_fix_of_example_is_use_instead(each: rule.Rule, tmp_path: Path) -> None:
    outcome = run(request(each, "Example", tmp_path, only=True, fix=True))
    if not outcome.applied:
        assert re.match(r"(There is|No fix)", section(each, "Fix safety")), "a rule without a fix says so first"
        return
    assert [change.after.text for change in outcome.changes] == [
        blocks(each, "Use instead")[change.before.path.name] for change in outcome.changes
    ]


@pytest.mark.parametrize("each", RULES, ids=code_of)
def test_metadata_reads_well(each: rule.Rule) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", each.name)
    assert isinstance(each.severity, Severity)
    assert not each.message.endswith(".")
    assert "should" not in each.message
