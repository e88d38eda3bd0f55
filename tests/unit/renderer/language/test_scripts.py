"""The language of a text by its script, run by run, and nothing of the text lost."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.renderer.language.scripts import language_of, language_runs


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("Rien d'autre, 1 + 1.", [(None, "Rien d'autre, 1 + 1.")]),
        ("où α vaut β et ΔH", [(None, "où α vaut β et ΔH")]),
        ("Le mot λόγος, oui", [(None, "Le mot "), ("el", "λόγος"), (None, ", oui")]),
        ("Русский: да. 中文。", [("ru", "Русский: да. "), ("zh", "中文。")]),
        ("日本語を学ぶ", [("ja", "日本語を学ぶ")]),
        ("한국어 et हिन्दी", [("ko", "한국어"), (None, " et "), ("hi", "हिन्दी")]),
        ("محمد الأمين (Amine)", [("ar", "محمد الأمين"), (None, " (Amine)")]),
        ("dit שלום 100, puis", [(None, "dit "), ("he", "שלום 100"), (None, ", puis")]),
    ],
)
def test_each_run_has_the_language_of_its_script(text: str, runs: list[tuple[str | None, str]]) -> None:
    assert list(language_runs(text)) == runs


@given(st.text(st.sampled_from("aé 1,(αλόγςЖשא中文かن\u064e%\u200f\n")))
def test_no_character_is_lost(text: str) -> None:
    assert "".join(run for _, run in language_runs(text)) == text


def test_a_text_has_the_language_of_its_first_letters() -> None:
    assert language_of("(1) שלום et le reste") == "he"
    assert language_of("Mot שלום") is None
    assert language_of("123") is None
