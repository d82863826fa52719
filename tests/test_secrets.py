"""Passwords are covered in whatever is shown, and every other character stays in its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_migrate_decl.errors import Finding, secret_lines, without_secrets
from flask_migrate_decl.errors.rules import SYNTAX


@pytest.mark.parametrize(
    "text",
    [
        "url = 'postgresql://shop:PW@localhost/shop'",
        "mysql+pymysql://root:PW@db",
        "redis://:PW@cache",
        "postgresql://me@home:PW@db",
        "postgresql://me:PW/PW@PW@db",
        "postgresql://me:PW'\"PW@db/x",
        "mysql://db/shop?charset=utf8&password=PW",
        "mysql://db/shop?ssl_key_password=PW&x=1",
        "postgresql://db/shop?passfile=PW",
        'password = "PW"',
        "db-password='PW PW'",
        'a = { api_key = "PW", b = 1 }',
        '"SECRET_TOKEN" = "PW"',
        "shop.credentials = PW",
        "password: PW",
        "  password PW",
        '{"password": "PW"}',
        "dialect_opts = {'password': 'PW'}",
        '"postgresql:\\/\\/u:PW@h\\/db"',
        "postgresql\\u003a//u\\u003aPW@h",
        "mssql:///?odbc_connect=Driver%3DX%3BPWD%3DPW",
        "api-key = 'PW'",
        "private_key = 'PW'",
        "db_pw = 'PW'",
        "auth = 'PW'",
        '"my password!" = "PW"',
        '"password" . "b" = "PW"',
        "postgresql://my user:PW@h",
        "url = 'postgresql://u:PW'",
        'options = ["--password","PW"]',
        "# --password PW",
    ],
)
def test_a_password_is_covered(text: str) -> None:
    covered = without_secrets(text.replace("PW", "hunter2"))
    assert "hunter2" not in covered
    assert len(covered) == len(text.replace("PW", "hunter2"))


@pytest.mark.parametrize(
    "text",
    [
        'columns = [{ table = "user", from = "password", to = "password_hash" }]',
        'version_table = "alembic_version"',
        "postgresql://localhost/shop",
        "postgresql://localhost:5432/shop",
        '"postgresql://localhost:5432"',
        'from = "password"',
        'authors = ["Ann"]',
        'author = "Ann"',
        'to = "private_note"',
        '{ table = "user", from = "token", to = "access_token", bind = "eu" },',
        "see https://example.org/a?b=c",
        "compare_type = true # passes",
        "version_table_pk = true",
    ],
)
def test_what_is_no_password_stays(text: str) -> None:
    assert without_secrets(text) == text


@given(st.text())
def test_no_character_moves(text: str) -> None:
    assert len(without_secrets(text)) == len(text)


def test_lines_that_go_on_with_a_secret_are_known() -> None:
    lines = ["a = 1", 'password = """', "hunter2", '  hunter3"""', "b = [", '"x"]', "[c]", "'d'"]
    assert secret_lines("\n".join(lines)) == {3, 4}
    assert secret_lines("\n".join(lines[4:])) == frozenset()


def test_a_finding_covers_them_everywhere() -> None:
    url = "postgresql://u:hunter2@h"
    finding = Finding(SYNTAX, f"m {url}", f"h {url}", None, f'binds."{url}"')
    assert "hunter2" not in f"{finding.message} {finding.help} {finding.key}"
