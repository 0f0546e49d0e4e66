"""`python -m gateway serve` told something wrong: one line, and an end."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "CQRS_SUBGRAPHS",
            "participation-api:8000",
            "CQRS_SUBGRAPHS: Value error, each is NAME=URL",
        ),
        ("CQRS_LOG_LEVEL", "loud", "CQRS_LOG_LEVEL: String should match pattern"),
        ("CQRS_PORT", "99999", "CQRS_PORT: Input should be less than or equal to 65535"),
        ("CQRS_SUPERGRAPH", "nowhere.graphql", "No such file or directory: 'nowhere.graphql'"),
    ],
)
def test_what_is_wrong_is_named_in_one_line(name: str, value: str, expected: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "gateway", "serve"],
        env={**os.environ, name: value},
        check=False,
        capture_output=True,
        text=True,
        timeout=60,
    )
    (line,) = done.stderr.splitlines()
    assert done.returncode == 1
    assert line.startswith("gateway serve: ")
    assert expected in line
