"""Whose an export's file is, and how requests to storage say so: headers of percent-encoded UTF-8."""

from dataclasses import dataclass
from urllib.parse import quote

INSTITUTION_HEADER = "X-Institution-Id"
EXAM_HEADER = "X-Exam-Id"
REQUESTER_HEADER = "X-Requested-By"


@dataclass(frozen=True)
class Owner:
    """The institution, the exam and the user that a file was made for. Storage gives a file out to its owner only."""

    institution_id: str
    exam_id: str
    requested_by: str

    def headers(self) -> dict[str, str]:
        """The headers by which a request to storage names the owner."""
        return {
            INSTITUTION_HEADER: quote(self.institution_id, safe=""),
            EXAM_HEADER: quote(self.exam_id, safe=""),
            REQUESTER_HEADER: quote(self.requested_by, safe=""),
        }
