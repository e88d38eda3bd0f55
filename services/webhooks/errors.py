"""What can be wrong with an endpoint. Each has a stable code and a sentence for whoever manages it.

EndpointError
├── InvalidUrl        no address that can be called
├── PrivateAddress    an address within the network
├── UnresolvedHost
├── UnknownEndpoint
├── UnknownEventType
└── UnknownDelivery
"""


class EndpointError(Exception):
    """Root of the tree."""

    code = "endpoint_error"

    def __str__(self) -> str:
        return f"{self.__doc__} ({self.code})"


class InvalidUrl(EndpointError):
    """The address is no absolute https:// URL without user, password and fragment."""

    code = "invalid_url"


class PrivateAddress(EndpointError):
    """The host's address is private, local or reserved, and WEBHOOK_NETWORKS does not allow it."""

    code = "private_address"


class UnresolvedHost(EndpointError):
    """The host has no address."""

    code = "unresolved_host"


class UnknownEndpoint(EndpointError):
    """There is no endpoint of this id."""

    code = "unknown_endpoint"


class UnknownEventType(EndpointError):
    """There is no event of this type."""

    code = "unknown_event_type"


class UnknownDelivery(EndpointError):
    """This endpoint was never sent that event, or it is no longer remembered."""

    code = "unknown_delivery"
