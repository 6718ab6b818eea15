"""Texts that break careless loaders, in places that people and programs write to."""

import copy
import json
import uuid
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.reading import Rows, from_duckdb, from_parquet, from_postgres
from tests.source.conftest import Loader

from .conftest import Load
from .server import PostgresServer

_NUL = {"before\x00after": "before\ufffdafter"}
_SURROGATES = {"before\ud800after": "before\ufffdafter", "\udc00\ud800": "\ufffd\ufffd"}
_TEXTS = {
    "quotes": "it's \"quoted\" `twice` 'n' \\",
    "sql": "'; DROP TABLE builds; --",
    "placeholders": "$1 %s %(a)s {} {{ x }} :name ? $$",
    "end of data marker": "before\n\\.\nafter",
    "null marker": "\\N",
    "the word null": "NULL",
    "lines": "one\ntwo\r\nthree\rfour\ttab",
    "commas": "a,b;c|d",
    "formula": "=cmd|' /C calc'!A0",
    "emoji": "👩‍👩‍👧‍👦 🏴‍☠️ :rocket:",
    "controls": "\x01\x1b[31mred\x7f\x85",
    "marks": "\ufeff\u2028\u202eevil\u200b",
    "last characters": "\uffff\U0010ffff",
    "blanks": "  ",
    "a megabyte": "x" * 1_000_000,
    "half a megabyte of umlauts": "ä" * 500_000,
    "json": '{"a": [1, "\\u0000"]}',
    "escaped escape": "\\u0000 \\ud800",
}


@pytest.fixture
def wanted(loader: Loader) -> dict[str, str]:
    return _serve(loader, {text: text for text in _TEXTS.values()} | _NUL)


def _serve(loader: Loader, texts: dict[str, str]) -> dict[str, str]:
    """Serve a page of builds full of these texts; return the text to be stored, by build."""
    organization = loader.simulator.world.organizations[0].slug
    url = f"{loader.simulator.base_url}/organizations/{organization}/builds?per_page=1"
    answer = requests.get(url, headers={"Authorization": f"Bearer {loader.simulator.token}"})
    template = next(build for build in answer.json() if build["jobs"])
    builds = [_hostile(template, text) for text in texts]
    loader.simulator.faults.add(
        kind="body", match="/builds", times=None, body=json.dumps(builds).encode()
    )
    return {build["id"]: stored for build, stored in zip(builds, texts.values(), strict=True)}


def _hostile(template: dict[str, Any], text: str) -> dict[str, Any]:
    build = copy.deepcopy(template)
    job = next(job for job in build["jobs"] if job["type"] == "script")
    build |= {
        "id": str(uuid.uuid5(uuid.NAMESPACE_OID, repr(text))),
        "message": text,
        "author": {"username": None, "name": text, "email": None},
        "meta_data": {text: text},
        "jobs": [job],
        text: text,
    }
    job |= {"id": build["id"], "name": text}
    return build


def _check(rows: Rows, wanted: dict[str, str]) -> None:
    for build_id, text in wanted.items():
        build, job = rows["builds"][build_id], rows["jobs"][build_id]
        assert build["message"] == build["author_name"] == text
        assert build["meta_data"] == build["extra"] == {text: text}
        assert job["name"] == text
    assert rows["builds"].keys() == wanted.keys()


def test_duckdb_stores_them(loader: Loader, wanted: dict[str, str]) -> None:
    loader.load()
    _check(from_duckdb(loader.database, "ci"), wanted)


@pytest.mark.slow
def test_postgres_stores_them(
    load_postgres: Load, postgres: PostgresServer, dataset: str, wanted: dict[str, str]
) -> None:
    load_postgres()
    connection = postgres.connect()
    _check(from_postgres(connection, dataset), wanted)
    connection.close()


def test_files_store_them(load_files: Load, bucket: Path, wanted: dict[str, str]) -> None:
    load_files()
    _check(from_parquet(bucket / "ci"), wanted)


def test_a_lone_surrogate_does_not_stop_a_load(
    loader: Loader, load_postgres: Load, postgres: PostgresServer, dataset: str
) -> None:
    wanted = _serve(loader, _SURROGATES)
    load_postgres()
    connection = postgres.connect()
    _check(from_postgres(connection, dataset), wanted)
    connection.close()
