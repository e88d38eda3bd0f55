"""`correcta-export`: a client of the HTTP interface and nothing else. It knows the contracts, not the gateway."""

from services.gateway.cli.command import main

__all__ = ["main"]
