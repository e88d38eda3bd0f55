"""Reads a request's body, bounded in size and time, before it is parsed."""

import asyncio

from starlette.requests import Request

from services.common.numerals import natural
from services.gateway.errors import BodyTimeout, BodyTooLarge


async def read_body(request: Request, limit: int, seconds: float) -> bytes:
    """The whole body.

    Raises:
        BodyTooLarge: more than `limit` bytes, announced or sent.
        BodyTimeout: it did not come within so many seconds.
    """
    announced = natural(request.headers.get("content-length", ""), digits=20)
    if announced is not None and announced > limit:
        raise BodyTooLarge
    read = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in request.stream():
                read += chunk
                if len(read) > limit:
                    raise BodyTooLarge
    except TimeoutError as error:
        raise BodyTimeout from error
    return bytes(read)
