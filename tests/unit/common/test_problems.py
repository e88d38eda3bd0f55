import json

from services.common.problems import problem_response


def test_an_error_is_problem_json() -> None:
    answer = problem_response(410, "file_expired", "The file is gone.", {"Retry-After": "2"}, exportId="e1")
    assert (answer.status_code, answer.media_type) == (410, "application/problem+json")
    assert answer.headers["retry-after"] == "2"
    assert json.loads(bytes(answer.body)) == {
        "type": "about:blank",
        "title": "Gone",
        "status": 410,
        "code": "file_expired",
        "detail": "The file is gone.",
        "exportId": "e1",
    }
