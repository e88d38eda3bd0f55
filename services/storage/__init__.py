"""Keeps export files: bytes in, bytes out, expiry. A file is either whole and in the ledger, or not there."""
