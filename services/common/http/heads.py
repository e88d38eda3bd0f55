"""A stricter reading of HTTP/1.1 than h11's: what RFC 9112 lets a server refuse because servers disagree about it."""

import h11

from services.common.http.limits import HttpLimits

VERSIONS = frozenset({b"1.0", b"1.1"})


class StrictConnection(h11.Connection):
    """h11's connection, which also refuses heads over the limits, a length stated twice in different ways, targets that
    are no path, and other versions of HTTP.
    """

    def __init__(self, limits: HttpLimits) -> None:
        super().__init__(h11.SERVER, limits.head_bytes)
        self._limits = limits
        self.refusal_status = 400
        """Of the answer to what was refused last."""

    def next_event(self) -> h11.Event | type[h11.NEED_DATA] | type[h11.PAUSED]:
        """The next event.

        Raises:
            h11.RemoteProtocolError: what came is no request we take.
        """
        try:
            event = super().next_event()
            if isinstance(event, h11.Request):
                _check(event, self._limits)
        except h11.RemoteProtocolError as error:
            self.refusal_status = error.error_status_hint
            raise
        return event


def _check(request: h11.Request, limits: HttpLimits) -> None:
    if request.http_version not in VERSIONS:
        raise h11.RemoteProtocolError("HTTP version not supported", error_status_hint=505)
    if len(request.target) > limits.target_bytes:
        raise h11.RemoteProtocolError("request target too long", error_status_hint=414)
    # h11 bounds a head that is incomplete; one that comes in a single piece may be longer.
    if sum(len(name) + len(value) for name, value in request.headers) > limits.head_bytes:
        raise h11.RemoteProtocolError("headers too long", error_status_hint=431)
    # RFC 9112, 3.2: a server behind no forward proxy has no use for the other forms, `http://host/path` and `*`.
    if not request.target.startswith(b"/"):
        raise h11.RemoteProtocolError("request target is no path")
    _check_framing(request)


def _check_framing(request: h11.Request) -> None:
    """Where a body ends must be told once (RFC 9112, 6.1 and 6.3): two readings of it smuggle a request."""
    names = {name for name, _ in request.headers}
    if b"transfer-encoding" not in names:
        return
    if b"content-length" in names:
        raise h11.RemoteProtocolError("both Transfer-Encoding and Content-Length")
    if request.http_version == b"1.0":
        raise h11.RemoteProtocolError("Transfer-Encoding in HTTP/1.0")
