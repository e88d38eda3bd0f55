"""Has a message whose AMQP properties our client can't decode arrive without any, instead of ending the connection.

RabbitMQ passes on what a publisher wrote: a header's name that is not UTF-8, tables nested a thousand deep, a time in
the year 10000. pamqp (4.0) raises there and aiormq (7.2) closes the connection; the message comes back to whoever
connects next, and nobody gets any other. The libraries offer no hook, so the one method that decodes properties is
replaced; tests hold it.
"""

from pamqp.commands import Basic

_decode = Basic.Properties.unmarshal


def tolerate() -> None:
    """Replace the method, for the whole process. A handler then sees a message without headers, which it can refuse."""
    Basic.Properties.unmarshal = _tolerant  # type: ignore[assignment, method-assign]


def _tolerant(properties: Basic.Properties, flags: int, data: bytes) -> None:
    try:
        _decode(properties, flags, data)
    except Exception:
        properties.__init__()  # type: ignore[misc]  # as if none had been sent
