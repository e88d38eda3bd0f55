"""The HTTP of blobs: `PUT`, `GET` and `HEAD` of one, and which of many results are there. For renderers only."""

import asyncio

from pydantic import ValidationError
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.routing import Route

from contracts.blobs import MOST_KEYS, ResultKeys
from contracts.validation import summary
from services.common.numerals import natural
from services.storage.blobs import BlobName, Blobs, Kind, blob_name
from services.storage.errors import BlobMissing, BlobsOff, InvalidRequest, StorageError, TooLarge, UploadStalled
from services.storage.metrics import Metrics
from services.storage.policy import UploadLimits

MOST_QUESTION_BYTES = 80 * MOST_KEYS


def blob_routes(blobs: Blobs | None, limits: UploadLimits, metrics: Metrics) -> list[Route]:
    """The routes; without blobs each is refused."""

    def kept() -> Blobs:
        if blobs is None:
            raise BlobsOff("Storage keeps no blobs: BLOB_BYTES is 0.")
        return blobs

    async def put(request: Request) -> Response:
        name = _name(request)
        try:
            body = await _body(request, limits)
            created = await kept().put(name, body)
        except ClientDisconnect:
            return Response(status_code=400)
        except StorageError as error:
            metrics.blobs_written.labels(name.kind, error.code).inc()
            raise
        metrics.blobs_written.labels(name.kind, "stored" if created else "known").inc()
        metrics.blob_bytes.labels("in").inc(len(body))
        return Response(status_code=201 if created else 200)

    async def get(request: Request) -> Response:
        name = _name(request)
        body = await kept().get(name)
        metrics.blobs_read.labels(name.kind, "missing" if body is None else "found").inc()
        if body is None:
            raise BlobMissing("No such blob is there.")
        metrics.blob_bytes.labels("out").inc(len(body))
        return Response(body, media_type="application/octet-stream", headers={"Cache-Control": "private, no-store"})

    async def present(request: Request) -> Response:
        asked = await _asked(request, limits)
        found = await kept().present(BlobName(Kind.RESULTS, key) for key in asked.keys)
        answer = ResultKeys(keys=tuple(name.digest for name in found))
        return Response(answer.to_json(), media_type="application/json")

    return [
        Route("/blobs/{kind}/{digest}", put, methods=["PUT"]),
        Route("/blobs/{kind}/{digest}", get, methods=["GET", "HEAD"]),
        Route("/blobs/results", present, methods=["POST"]),
    ]


def _name(request: Request) -> BlobName:
    return blob_name(request.path_params["kind"], request.path_params["digest"])


async def _asked(request: Request, limits: UploadLimits) -> ResultKeys:
    try:
        return ResultKeys.model_validate_json(
            await _body(request, UploadLimits(max_bytes=MOST_QUESTION_BYTES, silence=limits.silence))
        )
    except ValidationError as error:
        raise InvalidRequest(f"The body must list at most {MOST_KEYS} keys: {summary(error)}") from error


async def _body(request: Request, limits: UploadLimits) -> bytes:
    """The whole body.

    Raises:
        TooLarge, UploadStalled.
    """
    too_large = TooLarge(f"A body may have {limits.max_bytes} bytes at most.")
    if (natural(request.headers.get("content-length", ""), digits=20) or 0) > limits.max_bytes:
        raise too_large
    body = bytearray()
    stream = aiter(request.stream())
    try:
        while True:
            async with asyncio.timeout(limits.silence):
                piece = await anext(stream, None)
            if piece is None:
                return bytes(body)
            body += piece
            if len(body) > limits.max_bytes:
                raise too_large
    except TimeoutError as error:
        raise UploadStalled(f"Nothing came for {limits.silence:.0f} s; send it again.") from error
