"""What the routes are given."""

from dataclasses import dataclass

from services.storage.expiry import Expiry
from services.storage.files import Files
from services.storage.ledger import Ledger
from services.storage.metrics import Metrics
from services.storage.policy import UploadLimits


@dataclass(frozen=True)
class Dependencies:
    """One of each for the whole process."""

    files: Files
    ledger: Ledger
    expiry: Expiry
    limits: UploadLimits
    metrics: Metrics
