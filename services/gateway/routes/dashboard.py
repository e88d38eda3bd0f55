"""The pages: an institution's exams, and the grading dashboard from which a teacher exports."""

from typing import Any

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from contracts.numbers import Summary
from contracts.options import Language
from contracts.timezones import zone_named
from services.gateway import access
from services.gateway.access import Caller, teachers_only
from services.gateway.dependencies import dependencies
from services.gateway.grading import EVERYONE
from services.gateway.pages import STATIC, page, points, render
from services.gateway.problems import language_of

FIGURES = ("mean", "median", "deviation", "minimum", "q1", "q3", "maximum")
"""The statistics that the page shows, in this order: fields of `Summary`, called so in `PageTexts`."""


async def home(_: Request) -> Response:
    """GET `/`: the dashboard."""
    return RedirectResponse("/dashboard", 307)


@page
@teachers_only
async def exams(request: Request, who: Caller) -> Response:
    """GET `/dashboard`: the exams of the caller's institution that they may see."""
    deps = dependencies(request)
    found = await deps.directory.exams(who.institution_id)
    shown = await access.visible(deps, who, {each["id"] for each in found})
    return render(request, "exams.html", who=who, exams=[each for each in found if each["id"] in shown])


@page
@teachers_only
async def grading(request: Request, who: Caller) -> Response:
    """GET `/dashboard/exams/{examId}/grading`: the grading table, its classes, and the exports' menu."""
    exam = await access.exam(request, who)
    table = await dependencies(request).directory.grading(exam)
    language = language_of(request)
    statistics = {class_id: _written(found, language) for class_id, found in table.statistics.items()}
    zone = zone_named(exam.timezone, dependencies(request).settings.default_timezone)
    bins = table.statistics[EVERYONE].bins
    axis = [bins[0].lower, bins[-1].upper / 2, bins[-1].upper] if bins else []
    shown: dict[str, Any] = {"exam": exam, "grading": table, "statistics": statistics, "figures": FIGURES, "axis": axis}
    return render(request, "grading.html", who=who, zone=zone, **shown)


def _written(found: Summary, language: Language) -> dict[str, Any]:
    """The numbers of a class as the page shows them, and how many marks each bar of the histogram holds."""
    numbers = {name: points(getattr(found, name), language) for name in FIGURES}
    return numbers | {"bars": [each.count for each in found.bins]}


class BrowserFiles(StaticFiles):
    """Static files that a browser validates before each use (by ETag), so that modules of two versions never meet."""

    def file_response(self, *args: Any, **options: Any) -> Response:
        """The file, or 304."""
        response = super().file_response(*args, **options)
        response.headers["Cache-Control"] = "no-cache"
        return response


def dashboard_routes() -> list[BaseRoute]:
    """The addresses of this module."""
    return [
        Route("/", home),
        Route("/dashboard", exams),
        Route("/dashboard/exams/{exam_id}/grading", grading),
        Mount("/static", BrowserFiles(directory=STATIC), name="static"),
    ]
