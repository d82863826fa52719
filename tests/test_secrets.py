"""Passwords are covered in whatever is shown, and every other character stays in its column."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flask_migrate_decl.errors import without_secrets


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
