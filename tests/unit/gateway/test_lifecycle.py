"""Starts: nothing is accepted that could not be handed on."""

from unittest.mock import Mock

import pytest

from contracts.states import Format
from services.common.migrations import SchemaUnfit
from services.gateway.routes import lifecycle


async def test_nothing_is_accepted_before_the_tables_fit() -> None:
    request = Mock()
    request.state.dependencies.migrator.require.side_effect = SchemaUnfit("at another revision")
    with pytest.raises(SchemaUnfit):
        await lifecycle.start(request, Mock(), Format.PDF)
    assert not request.state.dependencies.store.mock_calls
