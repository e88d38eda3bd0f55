"""The shape of a language: every text of the gateway, one field each. A text that a language lacks is a type error.

The browser modules have their own file for each language, `web/static/correcta-export/*.json`, as they are served
without a page too. What people wrote is never translated.
"""

from dataclasses import dataclass
from typing import TypedDict

from contracts.options import Language
from contracts.plural import Countable


@dataclass(frozen=True, slots=True)
class Sentences:
    """Sentences for a teacher: why an export failed, by `FailureCode`, then why a request is refused, by the error's
    `text` (`errors`), and how an export ended.
    """

    exam_not_found: str
    class_not_found: str
    no_copies: str
    invalid_request: str
    invalid_exam: str
    too_many_copies: str
    too_many_pages: str
    database_unavailable: str
    storage_unavailable: str
    storage_full: str
    render_failed: str
    renderer_crashed: str
    timed_out: str
    internal: str

    bad_request: str
    missing_job_id: str
    repeated_parameter: str
    invalid_json: str
    duplicate_member: str
    invalid_cursor: str
    cursor_expired: str
    invalid_limit: str
    unknown_event_type: str
    invalid_idempotency_key: str
    not_signed_in: str
    forbidden: str
    not_a_teacher: str
    account_archived: str
    invalid_token: str
    token_expired: str
    token_revoked: str
    insufficient_scope: str
    session_required: str
    token_required: str
    csrf_refused: str
    not_found: str
    export_not_found: str
    method_not_allowed: str
    export_already_ended: str
    export_has_no_file: str
    export_expired: str
    body_too_large: str
    body_timeout: str
    range_not_satisfiable: str
    unknown_option: str
    invalid_option: str
    idempotency_key_reused: str
    too_many_requests: str
    too_many_exports: str
    too_many_files: str
    too_many_own_exports: str
    too_many_own_files: str
    too_many_streams: str
    export_still_running: str
    service_unavailable: str
    cancelled: str

    def __getitem__(self, name: str) -> str:
        """The sentence of a name that is known at run time only."""
        return str(getattr(self, name))


@dataclass(frozen=True, slots=True)
class WarningTexts:
    """What went less than perfectly, by `WarningCode`, in words that quote nothing of an answer: for events, which any
    service may keep. `other` is for a code of a newer version.
    """

    formula_not_drawn: str
    formula_approximate: str
    formula_too_long: str
    image_unavailable: str
    image_refused: str
    graph_incomplete: str
    table_truncated: str
    content_truncated: str
    character_replaced: str
    copy_not_rendered: str
    duplicate_copy: str
    mark_unreadable: str
    warnings_truncated: str
    other: str


class PageTexts(TypedDict):
    """The words of the pages, as the templates name them."""

    exams: str
    exams_of: str
    open: str
    no_exams: str
    skip: str
    sign_out: str
    demo: str
    sign_in: str
    who: str
    demo_note: str
    TEACHER: str
    SCHOOL_ADMIN: str
    PLATFORM_ADMIN: str
    error: str
    code: str
    back: str
    actions: str
    copies: str
    search: str
    class_label: str
    all_classes: str
    state: str
    all_states: str
    student: str
    mark: str
    handed_in: str
    graded: str
    in_grading: str
    ungraded: str
    not_handed_in: str
    absent: str
    expected: Countable
    count_graded: Countable
    count_in_grading: Countable
    count_ungraded: Countable
    count_not_handed_in: Countable
    count_absent: Countable
    partial: str
    variant: str
    several: str
    none_found: str
    no_copies: str
    clear_filters: str
    statistics: str
    statistics_note: str
    mean: str
    median: str
    q1: str
    q3: str
    deviation: str
    minimum: str
    maximum: str
    histogram: str
    my_exports: str
    my_exports_note: str
    times_in: str
    no_exports: str
    cancel: str
    export: str
    everyone: str
    scope: str
    report: str
    audience: str
    student_report: str
    student_report_note: str
    teacher: str
    teacher_note: str
    jury: str
    jury_note: str
    anonymous: str
    anonymous_note: str
    option_statements: str
    option_statistics: str
    option_comments: str
    option_duplex: str
    option_compact: str
    order: str
    by_name: str
    by_class: str
    by_score: str
    language: str
    reset: str


@dataclass(frozen=True, slots=True)
class Texts:
    """One language. `name` is what its speakers call it."""

    language: Language
    name: str
    decimal_mark: str
    sentences: Sentences
    warnings: WarningTexts
    pages: PageTexts
