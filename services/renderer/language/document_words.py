"""What is printed in documents, as a type: copies, front pages, warnings, pictures, formulas, sheets, bookmarks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from contracts.correcta import CopyState, NoCopy
from contracts.plural import Countable
from services.renderer.language.shapes import TextForEach


@dataclass(frozen=True, slots=True)
class CopyWords:
    """On the pages of a copy."""

    student_answer: str
    no_answer: str
    not_graded: str
    unreadable: str
    comment: str
    total: str
    out_of: str
    on_twenty: str
    partial_total: str
    submitted: str
    name_place: str
    image_undescribed: str
    continued: str
    """Where a warning about a name says it is."""

    not_submitted: str
    in_grading: str
    ungraded: str
    unanswered: str
    auto: str
    ai: str
    teacher: str
    harmonised: str
    criteria: str
    all_required: str
    several: str
    ticked: str
    unticked: str
    right: str
    wrong: str
    expected: str
    unknown_option: str
    question: str
    placeholder: str
    image_missing: str
    marks_hidden: str
    copy: str

    def origin(self, origin: str | None) -> str:
        """Who gave a mark; empty where nobody is recorded."""
        return {"auto": self.auto, "ai": self.ai, "teacher": self.teacher}.get(origin or "", "")


@dataclass(frozen=True, slots=True)
class FrontWords:
    """On the pages before the copies."""

    report: str
    teachers: str
    jury: str
    anonymous: str
    as_of: str
    headcount: str
    enrolled: Countable
    graded: Countable
    in_grading: Countable
    ungraded: Countable
    not_handed_in: Countable
    absent: Countable
    statistics: str
    statistics_scope: str
    no_graded: str
    mean: str
    median: str
    first_quartile: str
    third_quartile: str
    deviation: str
    minimum: str
    maximum: str
    histogram: str
    histogram_bar: str
    beyond: Countable
    success: str
    success_note: str
    left_out: str
    left_out_state: str
    left_out_note: str
    begun: str
    absentees: str
    warnings: str
    warnings_note: str
    more_warnings: str
    contents: str
    legend: str
    legend_score: str
    legend_frame: str
    legend_ticks: str
    legend_origin: str
    legend_rounding: str
    signatures: str
    signature_name: str
    signature: str
    logo: str
    number: str
    mean_points: str
    rate: str


@dataclass(frozen=True, slots=True)
class FaultWords(TextForEach[StrEnum]):
    """Why a copy could not be typeset: a field for each `workers.pool.Fault`."""

    timeout: str
    memory: str
    crash: str
    error: str


@dataclass(frozen=True, slots=True)
class WarningWords:
    """What a teacher is warned of, beside images, graphs and formulas."""

    copy_lost: str
    faults: FaultWords
    duplicates: str
    variant_left_out: str
    mark_unreadable: str
    maximum_unreadable: str
    not_listed: str
    controls_shown: str
    as_typed: str
    formula_wide: str
    formula_high: str
    formulas_over: str
    truncated: str
    table_truncated: str


@dataclass(frozen=True, slots=True)
class ImageWords(TextForEach[StrEnum]):
    """Why an image is not shown, said of the image: a field for each `images.problems.Reason`."""

    too_heavy: str
    too_many_pixels: str
    unknown_format: str
    heic: str
    external_content: str
    unprintable_drawing: str
    too_complex: str
    damaged: str
    incomplete: str
    unreadable: str
    forbidden_address: str
    not_found: str
    unreachable: str
    too_slow: str
    redirected: str
    compressed: str


@dataclass(frozen=True, slots=True)
class AreaWords:
    """What bounds an area of a graph."""

    polygon: str
    under_function: str
    between_functions: str
    between_line_and_function: str
    bounded_region: str


@dataclass(frozen=True, slots=True)
class GraphWords:
    """A graph as it is described to whoever does not see it, and what is missing of it."""

    axes: str
    named_axes: str
    function: str
    shifted: str
    point: str
    segment: str
    line: str
    ray: str
    curve: str
    named: str
    area: str
    areas: AreaWords
    text: str
    more: str
    nothing: str
    unread: str
    axes_replaced: str
    left_out: str
    unresolved: str
    pointless: str
    outside: str
    pair: str


@dataclass(frozen=True, slots=True)
class SpokenWords:
    """What is said beside mathra's own words, where its phrase alone would be another formula's too."""

    end_of_index: str
    end_of_exponent: str
    whole: str
    bar_over: str
    end_of_bar: str
    star: str
    plus: str
    minus: str
    unique: str
    cross: str
    partial: tuple[str, str, str]
    angle: str
    modulo: str
    gives: str
    bonds: tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class FormulaWords:
    """A formula as it is read aloud, and what a person should look at.

    `locale` is the one in which mathra speaks; `signs` names what mathra leaves in its phrases as it is, by code point
    (see `sign_names`). The warnings from `unknown_command` to `invalid` are those of mathra's rules E-REC-1 to E-REC-9.
    """

    locale: str
    signs: Mapping[int, str]
    unreadable: str
    empty: str
    spoken_command: str
    spoken: SpokenWords
    to_check: str
    source_printed: str
    unknown_command: str
    doubled_backslashes: str
    repeated_script: str
    lone_brace: str
    left_open: str
    unknown_environment: str
    missing_argument: str
    no_glyph: str
    invalid: str
    too_long: str
    too_deep: str
    too_large: str
    illegible: str
    unfaithful: str
    own_commands: str
    colour_ignored: str


@dataclass(frozen=True, slots=True)
class StateWords(TextForEach[CopyState | NoCopy]):
    """How far a student's copy is, or why there is none."""

    graded: str
    in_grading: str
    ungraded: str
    not_handed_in: str
    absent: str


@dataclass(frozen=True, slots=True)
class SheetWords:
    """In CSV and XLSX: columns of ours, and what stands beside the statistics."""

    status: str
    group: str
    remark: str
    several: str
    variant: str
    unreadable: str
    states: StateWords
    grades: str
    statistics: str
    enrolled: str
    graded: str
    in_grading: str
    ungraded: str
    not_handed_in: str
    absent: str
    mean: str
    median: str
    first_quartile: str
    third_quartile: str
    deviation: str
    minimum: str
    maximum: str
    mark_from: str
    mark_to: str
    copies: str
    question: str
    label: str
    out_of: str
    mean_points: str
    success: str
    answers: str
    as_of: str


@dataclass(frozen=True, slots=True)
class BookmarkWords:
    """In the PDF's outline."""

    summary: str
    no_class: str
