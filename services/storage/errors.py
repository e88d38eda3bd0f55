"""What can go wrong in storage. Each error has a stable code and an HTTP status; its text is for the calling service.

StorageError
├── InvalidRequest        a header or address that no caller of ours writes
├── Unauthorized          the token is absent or wrong
├── Forbidden             the token is good, for other methods
├── FileMissing           no such file was ever stored for this owner
├── OwnerConflict         the export's files belong to another owner
├── BlobMissing           no such blob is there, or no longer
├── BlobConflict          another blob has this name
├── BlobsOff              storage keeps no blobs
├── FileExpired           it was stored, and is gone by the retention policy or on request
├── FileDamaged           the ledger has it, the bytes do not agree
├── TooLarge              the body is over the size cap
├── DigestMismatch        the body is not the file the caller announced
├── UploadStalled         the body stopped coming
├── RangeUnsatisfiable    the asked bytes lie beyond the file's end
├── StorageFull           no room on the device or in the bucket
└── StorageUnavailable    device, bucket or ledger do not answer; the same call may succeed later
"""

from typing import ClassVar


class StorageError(Exception):
    """Root of the tree. `public` tells the caller what, why and what to do; the cause goes to the log."""

    code: ClassVar[str] = "internal"
    status: ClassVar[int] = 500
    retry_after: ClassVar[int | None] = None

    def __init__(self, public: str, *, cause: str | None = None) -> None:
        super().__init__(public)
        self.public = public
        self.cause = cause

    def headers(self) -> dict[str, str]:
        """Headers the answer needs beyond its body."""
        return {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}


class InvalidRequest(StorageError):
    """A header or address that no caller of ours writes."""

    code = "invalid_request"
    status = 400


class Unauthorized(StorageError):
    """The token is absent or wrong."""

    code = "unauthorized"
    status = 401

    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.2: a 401 names the scheme."""
        return {"WWW-Authenticate": "Bearer"}


class Forbidden(StorageError):
    """The token is good, for other methods."""

    code = "forbidden"
    status = 403


class FileMissing(StorageError):
    """No such file was ever stored for this owner: another owner's file and an absent one look the same."""

    code = "file_not_found"
    status = 404


class OwnerConflict(StorageError):
    """The export's files belong to another owner. Sending this one again will not help."""

    code = "owner_conflict"
    status = 409


class BlobMissing(StorageError):
    """No such blob is there, or no longer."""

    code = "blob_not_found"
    status = 404


class BlobConflict(StorageError):
    """Another blob has this name, and keeps it: a name is written once."""

    code = "blob_conflict"
    status = 409


class BlobsOff(StorageError):
    """Storage is not to keep any blobs. Sending this one again will not help."""

    code = "blobs_off"
    status = 403


class FileExpired(StorageError):
    """It was stored, and is gone by the retention policy or on request."""

    code = "file_expired"
    status = 410


class FileDamaged(StorageError):
    """The ledger has it, the bytes do not agree."""

    code = "file_damaged"


class TooLarge(StorageError):
    """The body is over the size cap."""

    code = "file_too_large"
    status = 413


class DigestMismatch(StorageError):
    """The body is not the file the caller announced."""

    code = "digest_mismatch"
    status = 422


class UploadStalled(StorageError):
    """The body stopped coming."""

    code = "upload_stalled"
    status = 408


class RangeUnsatisfiable(StorageError):
    """The asked bytes lie beyond the file's end."""

    code = "range_not_satisfiable"
    status = 416

    def __init__(self, size: int) -> None:
        super().__init__(f"The file has {size} bytes; ask for bytes within it.")
        self.size = size

    def headers(self) -> dict[str, str]:
        """RFC 9110, 15.5.17: a 416 says how long the file is."""
        return {"Content-Range": f"bytes */{self.size}"}


class StorageFull(StorageError):
    """No room on the device or in the bucket."""

    code = "storage_full"
    status = 507
    retry_after = 30


class StorageUnavailable(StorageError):
    """Device, bucket or ledger do not answer; the same call may succeed later."""

    code = "storage_unavailable"
    status = 503
    retry_after = 2
