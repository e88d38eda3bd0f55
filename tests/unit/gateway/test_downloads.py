"""The name a browser saves a file under."""

from email.message import Message
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.routes.downloads import content_disposition


def parsed(header: str) -> tuple[str, str]:
    """The plain and the UTF-8 name."""
    plain = header.split('"')[1]
    return plain, unquote(header.rpartition("UTF-8''")[2])


@pytest.mark.parametrize(
    ("name", "plain", "shown"),
    [
        ("rapport.pdf", "rapport.pdf", "rapport.pdf"),
        ("Résumé d'été.pdf", "Resume d'ete.pdf", "Résumé d'été.pdf"),
        ("期末.pdf", "pdf", "期末.pdf"),
        ("../../etc/passwd", "_.._etc_passwd", "_.._etc_passwd"),
        ('a"; filename="evil.exe', "a_; filename=_evil.exe", "a_; filename=_evil.exe"),
        ("a\r\nSet-Cookie: x=1", "aSet-Cookie: x=1", "aSet-Cookie: x=1"),
        ("fdp.\u202etxt.exe", "fdp.txt.exe", "fdp.txt.exe"),
        ("100%41.pdf", "100_41.pdf", "100%41.pdf"),
        ("...", "export", "export"),
    ],
)
def test_names(name: str, plain: str, shown: str) -> None:
    assert parsed(content_disposition(name)) == (plain, shown)


@given(st.text())
def test_any_name_makes_one_header_that_reads_back(name: str) -> None:
    header = content_disposition(name)
    assert header.isascii()
    assert header.isprintable()
    message = Message()
    message["Content-Disposition"] = header
    assert message.get_content_disposition() == "attachment"
    assert header.count('"') == 2
    plain, shown = parsed(header)
    assert plain
    assert shown
    assert not {*plain, *shown} & set('/\\"\r\n\0')
