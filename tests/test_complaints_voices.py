"""Who is found to speak, to be answerable, and to want something, where the text says it less than plainly."""

from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from pipeline.config import Profile
from pipeline.plan import analysis_settings
from transforms.analysis.analyse import Identity, load_analyser
from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.tellers import voice_of_all
from transforms.tables.records import ActorHit, ComplaintHit, DocumentRef, ParsedDocument, SpeakerKind
from transforms.text.words import TextView

CONFIGS = Path(__file__).parent.parent / "configs" / "complaints"
NO_TRAINING = {
    "en": "The soldiers were sent to the front without training.",
    "ru": "Солдат отправили на фронт без подготовки.",
    "uk": "Солдатів відправили на фронт без підготовки.",
}


@cache
def finder() -> ComplaintFinder:
    return ComplaintFinder.load(CONFIGS)


def find(text: str, lang: str, title: str = "", actors: tuple[ActorHit, ...] = ()) -> list[ComplaintHit]:
    return finder().find(TextView(title, lang), TextView(text, lang), actors)


def kinds(text: str, lang: str, title: str = "", code: str = "SUP.TRAINING") -> set[SpeakerKind]:
    return {hit.speaker_kind for hit in find(text, lang, title) if hit.code == code}


def wanted(text: str, lang: str) -> set[str]:
    return {hit.code for hit in finder().find_demands(TextView("", lang), TextView(text, lang), [])}


# --- who speaks ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "before", "kind"),
    [
        ("en", "A conscript came to our door. He said: ", "soldier"),
        ("ru", "Мать солдата пришла в редакцию. По ее словам, ", "relative"),
        ("uk", "Правозахисники збирали листи два місяці. За їхніми даними, ", "rights_group"),
    ],
)
def test_a_pronoun_means_who_was_named_last(lang: str, before: str, kind: str) -> None:
    told = NO_TRAINING[lang][0].lower() + NO_TRAINING[lang][1:]
    assert kinds(before + told, lang) == {kind}


def test_who_is_asked_does_not_say_it() -> None:
    text = "A deputy who had come late to the hall asked the minister why soldiers were sent to the front untrained."
    assert kinds(text, "en") == {"politician"}


def test_who_is_spoken_of_does_not_say_it() -> None:
    text = "Солдат отправили на фронт без подготовки, о командире рассказала вчера в долгом письме в газету мать."
    assert kinds(text, "ru") == {"relative"}


@pytest.mark.parametrize(
    ("lang", "label", "kind"),
    [("en", "Mother of a conscript: ", "relative"), ("ru", "Мать солдата: ", "relative"), ("uk", "Боєць: ", "soldier")],
)
def test_a_label_before_a_colon_speaks(lang: str, label: str, kind: str) -> None:
    assert kinds(label + NO_TRAINING[lang], lang) == {kind}


def test_a_long_clause_before_a_colon_is_no_label() -> None:
    text = (
        "The mother of a conscript brought a cake to the gate on Sunday: the soldiers were sent to the front untrained."
    )
    assert "relative" not in kinds(text, "en")


def test_the_end_of_a_title_says_whose_words_it_gives() -> None:
    hits = find("", "uk", title="Солдатів відправили на фронт без підготовки – правозахисники")
    assert {hit.speaker_kind for hit in hits if hit.code == "SUP.TRAINING"} == {"rights_group"}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The mother of a soldier fears nobody told her that her son was sent to the front without training."),
        ("ru", "Мать не верит, что солдат отправили на фронт без подготовки случайно."),
        ("uk", "Мати скаржиться: солдатів відправили на фронт без підготовки."),
    ],
)
def test_who_complains_by_what_they_do_speaks(lang: str, text: str) -> None:
    assert kinds(text, lang) == {"relative"}


def test_a_husband_quoted_is_a_relatives_word_whoever_reads_it_out() -> None:
    text = "“My husband was sent to the front without training, he is a conscript,” a deputy read out."
    assert kinds(text, "en") == {"relative"}


def test_quotations_beside_nobody_are_one_persons() -> None:
    assert voice_of_all(["unknown", "relative", "unknown"]) == "relative"
    assert voice_of_all(["unknown"] * 3) == "soldier"


def test_one_quotation_beside_nobody_stays_unknown() -> None:
    assert voice_of_all(["unknown"]) is None
    assert voice_of_all([]) is None


def test_quotations_of_others_keep_their_speakers() -> None:
    assert voice_of_all(["unknown", "official"]) is None


def test_a_report_is_the_organisations_though_it_says_we_once() -> None:
    text = "We interviewed forty families. In nine cases soldiers were sent to the front without training. It was hot."
    assert kinds(text, "en") == {"rights_group"}


# --- who is answerable --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "code", "target"),
    [
        # A court, a paper and a state are named beside the complaint and are not the ones it is about.
        ("en", "A regional newspaper wrote that the conscripts were not fed for two days.", "SUP.FOOD", "command"),
        ("ru", "Районная газета пишет: солдаты неделю сидят без еды.", "SUP.FOOD", "command"),
        ("en", "The governor was told that the conscripts were not fed.", "SUP.FOOD", "command"),
        (
            "en",
            "The welder's deferment was torn up and he was mobilised, a regional newspaper wrote.",
            "MOB.EXEMPT",
            "draft_office",
        ),
        ("en", "The state left the mobilised men poorly equipped.", "SUP.EQUIP", "defence_ministry"),
        ("ru", "Комбат избивает солдат палкой.", "ABU.VIOLENCE", "command"),
    ],
)
def test_target_is_not_everybody_who_is_named(lang: str, text: str, code: str, target: str) -> None:
    assert {hit.target for hit in find(text, lang) if hit.code == code} == {target}


def test_a_region_is_answerable_where_it_is_no_paper() -> None:
    text = "Губернатор не ответил на обращение жен мобилизованных."
    assert {hit.target for hit in find(text, "ru") if hit.code == "AUT.IGNORED"} == {"regional_authorities"}


# --- what is wanted -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("en", "Time to bring our soldiers home, it says on the placard of the wives.", "DEM.RETURN"),
        ("en", "The wives of mobilised men want a law that sets a limit to their service.", "DEM.RETURN"),
        ("en", "The soldiers' mothers invited the minister to a conversation.", "DEM.MEET"),
        ("en", "The mother of the soldier has asked the prosecutor to look into his death.", "DEM.INVESTIGATE"),
        ("en", "Relatives of the sailors asked the fleet for the names of the dead.", "DEM.INFORM"),
        ("en", "The conscripts recorded a video asking for helmets.", "DEM.SUPPLY"),
        ("ru", "Мы хотим, чтобы наши мужья вернулись домой, пишут жены мобилизованных.", "DEM.RETURN"),
        ("ru", "Родные пленных солдат уверены, что о них забыли: никого не обменяли.", "DEM.RETURN"),
        ("ru", "Министерство обязано проверить жалобы срочников на командира.", "DEM.INVESTIGATE"),
        ("ru", "Матери солдат попросили губернатора выйти к ним.", "DEM.MEET"),
        ("ru", "Мать солдата пишет: просто скажите, где мой сын.", "DEM.INFORM"),
        ("ru", "Солдаты записали видео с просьбой выдать зимние куртки.", "DEM.SUPPLY"),
        ("uk", "Дружини військових написали до міністерства з вимогою виплатити бойові.", "DEM.SUPPLY"),
        ("uk", "Мати солдата наполягає на повторній експертизі.", "DEM.INVESTIGATE"),
        ("uk", "Солдатські матері закликали негайно почати переговори.", "DEM.PEACE"),
        ("uk", "Дружини мобілізованих пропонують встановити граничний строк служби.", "DEM.RETURN"),
    ],
)
def test_what_is_wanted(lang: str, text: str, code: str) -> None:
    assert wanted(text, lang) == {code}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "None of the conscripts asked to be discharged."),
        ("en", "The sergeant demanded money from each soldier."),
        ("en", "The ministry insists that the soldiers' payments were made."),
        ("ru", "У бойца потребовали половину выплаты за ранение."),
        ("ru", "Мобилизованные проходят подготовку на полигоне, сообщил штаб."),
        ("ru", "Министерство приняло решение освободить от призыва отцов троих детей."),
        ("uk", "Ніхто з мобілізованих додому не проситься."),
    ],
)
def test_what_only_looks_like_a_wish(lang: str, text: str) -> None:
    assert wanted(text, lang) == set()


def test_a_wish_outside_the_subject_is_not_written() -> None:
    analyser = load_analyser(analysis_settings(Profile()))
    tables = {}
    for text in (
        "Relatives of the conscripts demand an inquiry.",
        "Army veterans of two wars demand an inquiry into the military contract of the rocket maker.",
    ):
        ref = DocumentRef("", "", 0, 0, "", "written", "", datetime(2024, 1, 1, tzinfo=UTC))
        document = ParsedDocument(ref, "1", None, None, "", text, "full", "en", None, None, (), "0" * 24)
        tables[text] = {table for table, _ in analyser.analyse(document, Identity("0" * 24, 0, "")).rows}
    assert ["demands" in found for found in tables.values()] == [True, False]
