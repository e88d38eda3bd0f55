"""Reads a request's body, bounded in size and time, before it is parsed."""

import asyncio

from starlette.requests import Request

from services.gateway.errors import BodyTimeout, BodyTooLarge

BODY_SECONDS = 10.0


async def read_body(request: Request, limit: int) -> bytes:
    """The whole body.

    Raises:
        BodyTooLarge: more than `limit` bytes, announced or sent.
        BodyTimeout: it stopped coming.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:20]) > limit:
        raise BodyTooLarge
    read = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                read += chunk
                if len(read) > limit:
                    raise BodyTooLarge
    except TimeoutError as error:
        raise BodyTimeout from error
    return bytes(read)
