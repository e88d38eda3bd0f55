"""Where the demo's sign-in may redirect to."""

import pytest

from services.gateway.routes.demo import local_path


@pytest.mark.parametrize("address", ["/dashboard/exams/1/grading", "/dashboard?x=1"])
def test_an_address_of_this_site_is_redirected_to(address: str) -> None:
    assert local_path(address) == address


@pytest.mark.parametrize(
    "address", ["", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a\nb", "x"]
)
def test_any_other_address_becomes_the_dashboard(address: str) -> None:
    assert local_path(address) == "/dashboard"
