"""<correcta-export>, from the click to the file and through every state in between."""

import re
from pathlib import Path

from playwright.async_api import expect

from contracts.states import FailureCode, Phase
from tests.e2e.browser.desk import Desk, modal, shown_progress
from tests.e2e.browser.stage import PDF, Stage


async def test_a_report_from_the_click_to_the_file(desk: Desk, stage: Stage, tmp_path: Path) -> None:
    page = await desk.open()
    export_id = await desk.export(page)
    dialog = modal(page)
    await expect(dialog.get_by_role("heading")).to_have_text("Export en cours…")
    await expect(dialog).to_contain_text("En attente…")
    await stage.progress(export_id, 4, 0, phase=Phase.LOADING)
    await expect(dialog).to_contain_text("Chargement des données…")
    await stage.progress(export_id, 35, 12)
    await expect(dialog).to_contain_text("Traitement des copies…")
    await expect(dialog).to_contain_text("12 / 34 copies")
    await expect(shown_progress(page)).to_have_attribute("value", "35")
    await stage.progress(export_id, 85, 34, phase=Phase.GENERATING)
    await expect(dialog).to_contain_text("Génération du PDF…")
    await stage.progress(export_id, 96, 34, phase=Phase.SAVING)
    await expect(dialog).to_contain_text("Enregistrement…")
    file = await stage.complete(export_id, warned=2)
    await expect(dialog.get_by_role("heading")).to_have_text("Export terminé")
    await expect(dialog).to_contain_text("Terminé !")
    await expect(dialog).to_contain_text("34 copies exportées · 66 pages · 1,2 Mo")
    await expect(dialog).to_contain_text("2 avertissements")
    await expect(dialog).to_contain_text("Agathe Valentin")
    await expect(dialog).to_contain_text(file.sha256)
    await expect(dialog).to_contain_text(re.compile(r"Disponible encore (60|59)\smin"))
    async with page.expect_download() as waiting:
        await dialog.get_by_role("link", name="Télécharger").click()
    download = await waiting.value
    assert download.suggested_filename == file.filename
    await download.save_as(tmp_path / "report.pdf")
    assert (tmp_path / "report.pdf").read_bytes() == PDF
    assert page.url.endswith("/grading")


async def test_a_failure_says_why_and_starts_again(desk: Desk, stage: Stage) -> None:
    page = await desk.open()
    export_id = await desk.export(page)
    await stage.fail(export_id, FailureCode.RENDERER_CRASHED, "La composition s'est interrompue à plusieurs reprises.")
    dialog = modal(page)
    await expect(dialog.get_by_role("heading")).to_have_text("Erreur d'export")
    await expect(dialog).to_contain_text("La composition s'est interrompue à plusieurs reprises.")
    await expect(dialog).to_contain_text("renderer_crashed")
    await dialog.get_by_role("button", name="Relancer l'export").click()
    await expect(dialog.get_by_role("heading")).to_have_text("Export en cours…")
    again = await stage.running()
    assert again != [export_id]
