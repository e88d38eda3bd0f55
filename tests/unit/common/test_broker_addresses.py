"""Several nodes in one setting."""

import pytest

from services.common.broker_addresses import addresses

BEAT = "heartbeat=5"


@pytest.mark.parametrize(
    ("setting", "found"),
    [
        ("amqp://u:p@one/", [f"amqp://u:p@one/?{BEAT}"]),
        ("amqp://u:p@one/ amqp://u:p@two:5673/v", [f"amqp://u:p@one/?{BEAT}", f"amqp://u:p@two:5673/v?{BEAT}"]),
        (" amqp://one/ ,\namqps://two/?x=1 ", [f"amqp://one/?{BEAT}", f"amqps://two/?x=1&{BEAT}"]),
        ("amqp://u:a,b@one/,amqp://two/", [f"amqp://u:a,b@one/?{BEAT}", f"amqp://two/?{BEAT}"]),
        ("amqp://one/?heartbeat=30", ["amqp://one/?heartbeat=30"]),
    ],
)
def test_each_address_of_a_setting(setting: str, found: list[str]) -> None:
    assert list(addresses(setting)) == found
