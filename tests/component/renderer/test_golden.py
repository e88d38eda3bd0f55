"""The sample reports, page by page, as when someone last looked at them; and what must hold whatever they say.

Made by the pipeline of `correcta-render`. A difference that is meant is written with `python -m dev.golden --write`.
"""

import re
from pathlib import Path

import pytest

from contracts.options import Audience, Language
from dev.golden.__main__ import difference
from dev.golden.documents import DOCUMENTS, GOLDEN, TYPESETTER, Document, Made, make, sample, typesetter
from services.renderer.language.english import ENGLISH
from services.renderer.language.french import FRENCH
from services.renderer.language.languages import words_in
from services.renderer.language.words import Words
from tests.pdfs import errors_of, everything_in
from tests.texts import texts_of

ANONYMOUS = [document for document in DOCUMENTS if document.options.audience is Audience.ANONYMOUS]
_LAYOUT = re.compile(r"(?m)^(?:==|\[\]|bookmark) .*$|^[A-Z]\w*(?:/\w+)* |⟦→ \d+⟧.*$|[\s\d]+")


@pytest.fixture(scope="module")
def made() -> dict[Document, Made]:
    return make()


def named(document: Document) -> str:
    return document.path.stem


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_every_page_is_as_it_was(document: Document, made: dict[Document, Made]) -> None:
    """Where another text engine or other faces set the pages, lines end elsewhere: then it is the words that count."""
    text = made[document].text
    if typesetter() == TYPESETTER.read_text("utf-8"):
        changed = difference(document, text)
        assert not changed, f"\n{changed}\n\nwhere this is meant: python -m dev.golden --write"
    else:
        assert _LAYOUT.sub("", text) == _LAYOUT.sub("", document.path.read_text("utf-8"))


def test_each_golden_file_is_a_document() -> None:
    assert {*GOLDEN.glob("*.txt")} == {document.path for document in DOCUMENTS}


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_whole_document_is_accessible(document: Document, made: dict[Document, Made], tmp_path: Path) -> None:
    assert not errors_of(made[document].pdf, tmp_path)


@pytest.mark.parametrize("document", DOCUMENTS, ids=named)
def test_the_contents_tell_the_page(document: Document, made: dict[Document, Made]) -> None:
    lines = re.findall(r"(?m)⟦→ (\d+)⟧.* (\d+)$", made[document].text)
    assert len(lines) == len(sample(document.exam)["submissions"])
    assert all(leads == printed for leads, printed in lines)
    assert {page for page, _ in lines} == set(re.findall(r"(?m)^== page (\d+) \|[^|]* 1/\d+$", made[document].text)[1:])
    if document.options.duplex:
        assert all(int(page) % 2 for page, _ in lines)


@pytest.mark.parametrize("document", ANONYMOUS, ids=named)
def test_an_anonymous_document_names_nobody(document: Document, made: dict[Document, Made]) -> None:
    exam = sample(document.exam)
    people = [each["student"] for each in exam["submissions"]] + exam["absent"]
    secrets = {str(person[key]) for person in people for key in ("id", "name", "email") if person.get(key)}
    secrets |= {each["id"] for each in exam["submissions"]} | {each["name"] for each in exam["classes"]}
    inside = everything_in(made[document].pdf)
    for secret in sorted(secrets):
        assert secret not in made[document].text
        assert secret not in made[document].filename
        assert secret.encode() not in inside
        assert secret.encode("utf-16-be").hex().encode() not in inside
        assert secret.encode("utf-16-be") not in inside


def _printed(words: Words) -> set[str]:
    return {text for group in (words.copies, words.front, words.warnings, words.images) for _, text in texts_of(group)}


def test_nothing_of_ours_is_french_in_an_english_document(made: dict[Document, Made]) -> None:
    (document,) = (document for document in DOCUMENTS if document.options.language is Language.EN)
    text = made[document].text
    exam = str(sample(document.exam))
    french = _printed(FRENCH) - _printed(ENGLISH)
    assert not [word for word in french if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text) and word not in exam]
    spoken = " ".join(re.findall(r"⟦(?:Formula|Figure): ([^⟧]*)⟧", text)).split()
    assert not {"égale", "parenthèse", "puissance", "indice", "sur", "abscisses", "Droite", "Courbe", "est"} & {*spoken}


def test_what_a_teacher_left_out_is_not_there(made: dict[Document, Made]) -> None:
    for document in DOCUMENTS:
        text = made[document].text
        words = words_in(document.options.language)
        assert (f"H2 {words.front.statistics} " in text) is document.options.statistics
        assert (f"P {words.copies.comment}\n" in text) is document.options.comments
        assert (words.front.signatures in text) is (document.options.audience is Audience.JURY)
