"""The same program gives the same report, byte for byte, under every hash seed and in whatever order folders are listed.

`python -m tools.same_answers` asks the same of real trees.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tools import same_answers

FIXTURES = Path(__file__).parent / "fixtures"
SEEDS = (0, 1, 2)
PROJECTS = sorted(path for code in ("STL204", "STL308") for path in FIXTURES.glob(f"{code}/project_*") if path.is_dir())

ONE_OF_SEVERAL = """\
import os

import boto3
import redis
import requests
from azure.storage.blob import BlobClient
from fastapi import FastAPI
from google.cloud import storage

app = FastAPI()


class Local:
    def fetch(self, name):
        return open(name).read()


class Amazon(Local):
    def fetch(self, name):
        return boto3.client("s3").get_object(Bucket="b", Key=name)


class Azure(Local):
    def fetch(self, name):
        return BlobClient.from_connection_string("c", "b", name).download_blob()


class Google(Local):
    def fetch(self, name):
        return storage.Client().bucket("b").blob(name).download_as_bytes()


class Web(Local):
    def fetch(self, name):
        return requests.get(name)


class Cache(Local):
    def fetch(self, name):
        return redis.Redis().get(name)


def choose():
    kind = os.environ["STORE"]
    if kind == "amazon":
        return Amazon()
    if kind == "azure":
        return Azure()
    if kind == "google":
        return Google()
    return Web() if kind == "web" else Cache()


store = choose()


@app.get("/file")
async def file(name: str):
    return {"text": store.fetch(name)}
"""


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fixture projects in which an answer is one of several, side by side, and a program in which a call may mean many things."""
    folder = tmp_path_factory.mktemp("tree")
    for project in PROJECTS:
        shutil.copytree(project, folder / project.parent.name / project.name)
        (folder / project.parent.name / project.name / "pyproject.toml").touch()
    (folder / "several").mkdir()
    (folder / "several" / "app.py").write_text(ONE_OF_SEVERAL, "utf-8")
    return folder


def test_reports_are_the_same(tree: Path) -> None:
    reported = same_answers.report(tree, SEEDS[0])
    assert "STL204" in reported
    assert "STL308" in reported
    assert list(same_answers.differences(tree, SEEDS)) == []


def test_a_difference_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(same_answers, "report", lambda folder, seed, options: f"same\n{seed % 2}\n")
    assert [seed for seed, _ in same_answers.differences(tmp_path, (0, 1, 2, 3))] == [1, 3]


def test_a_run_that_fails_is_no_answer(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError, match="ended with 2"):
        same_answers.report(tmp_path, 0, ("--no-such-option",))
