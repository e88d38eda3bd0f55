"""The sentences of `correcta-export` itself in every `Language`. The server's own come in the same language."""

from dataclasses import dataclass
from typing import assert_never

from contracts.options import Language
from contracts.states import ExportStatus, Phase


@dataclass(frozen=True)
class Words:
    """One language."""

    language: Language
    phases: dict[Phase, str]
    unknown_phase: str
    statuses: dict[ExportStatus, str]
    copies: tuple[str, str]
    pages: tuple[str, str]
    second_attempt: str
    queue_position: str
    time_left: str
    saved: str
    warning: str
    warning_of_copy: str
    still_running: str
    maybe_started: str
    unreachable: str
    unexpected: str
    elsewhere: str
    ended: str
    damaged: str
    bad_output: str
    columns: tuple[str, ...]
    none: str


FRENCH = Words(
    language=Language.FR,
    phases={
        Phase.QUEUED: "En attente…",
        Phase.LOADING: "Chargement des données…",
        Phase.PROCESSING: "Traitement des copies…",
        Phase.GENERATING: "Génération du fichier…",
        Phase.SAVING: "Enregistrement…",
        Phase.COMPLETE: "Terminé !",
    },
    unknown_phase="Export en cours…",
    statuses={
        ExportStatus.QUEUED: "en attente",
        ExportStatus.ACTIVE: "en cours",
        ExportStatus.COMPLETED: "terminé",
        ExportStatus.FAILED: "échoué",
        ExportStatus.CANCELLED: "annulé",
        ExportStatus.EXPIRED: "expiré",
    },
    copies=("copie", "copies"),
    pages=("page", "pages"),
    second_attempt="tentative {attempt}",
    queue_position="place {position} dans la file",
    time_left="reste environ {seconds} s",
    saved="{path} : {size} octets, {copies}, sha256 vérifié",
    warning="attention : {message}",
    warning_of_copy="attention, copie {submission} : {message}",
    still_running="L'export continue sur le serveur. Pour le reprendre :",
    maybe_started="L'export a peut-être commencé. Pour le reprendre :",
    unreachable="{url} ne répond pas ({cause}).",
    unexpected="{url} a répondu autre chose que ce qui était attendu (HTTP {status}) : vérifiez --url.",
    elsewhere="Le serveur renvoie vers un autre serveur ({url}) : rien n'y est demandé.",
    ended="L'export s'est terminé sans fichier ({status}).",
    damaged="Le fichier reçu n'est pas celui qui a été produit (sha256 différent) : rien n'a été enregistré.",
    bad_output="Impossible d'écrire dans {path}.",
    columns=("Export", "Format", "État", "Avancement", "Demandé le", "Fichier"),
    none="Aucun export.",
)

ENGLISH = Words(
    language=Language.EN,
    phases={
        Phase.QUEUED: "Queued…",
        Phase.LOADING: "Loading data…",
        Phase.PROCESSING: "Processing copies…",
        Phase.GENERATING: "Making the file…",
        Phase.SAVING: "Saving…",
        Phase.COMPLETE: "Done",
    },
    unknown_phase="Exporting…",
    statuses={status: status.value for status in ExportStatus},
    copies=("copy", "copies"),
    pages=("page", "pages"),
    second_attempt="attempt {attempt}",
    queue_position="place {position} in the queue",
    time_left="about {seconds} s left",
    saved="{path}: {size} bytes, {copies}, sha256 verified",
    warning="warning: {message}",
    warning_of_copy="warning, copy {submission}: {message}",
    still_running="The export goes on on the server. To take it up again:",
    maybe_started="The export may have started. To take it up again:",
    unreachable="{url} does not answer ({cause}).",
    unexpected="{url} answered something unexpected (HTTP {status}): check --url.",
    elsewhere="The server points to another server ({url}); nothing is asked there.",
    ended="The export ended without a file ({status}).",
    damaged="What arrived is not the file that was made (different sha256); nothing was saved.",
    bad_output="Cannot write to {path}.",
    columns=("Export", "Format", "State", "Progress", "Requested", "File"),
    none="No exports.",
)


def words_in(language: Language) -> Words:
    """The sentences of a language."""
    match language:
        case Language.FR:
            return FRENCH
        case Language.EN:
            return ENGLISH
        case _:
            assert_never(language)


def counted(number: int, forms: tuple[str, str]) -> str:
    """So many of something; one and none are singular."""
    return f"{number} {forms[number > 1]}"


def words_for(locale: str) -> Words:
    """The words for a POSIX locale such as `fr_FR.UTF-8`; English where its language is none of ours."""
    tag = locale.lower()
    return words_in(next((language for language in Language if tag.startswith(language)), Language.EN))
