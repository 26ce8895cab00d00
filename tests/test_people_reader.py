"""Names of private people who speak: what is one, and what else has capitals."""

import pytest

from pipeline.config import Profile
from pipeline.plan import analysis_settings
from transforms.analysis.analyse import load_analyser
from transforms.analysis.people import PeopleReader
from transforms.complaints.quotes import QuoteHit
from transforms.tables.records import ComplaintHit
from transforms.text.words import TextView

SENT = {
    "en": "Mothers of conscripts met in the town. “My son was sent to the front without training,” {}.",
    "ru": "Матери срочников собрались у военкомата. «Сына отправили на фронт без подготовки», — {}.",
    "uk": "Матері строковиків зібралися біля військкомату. «Сина відправили на фронт без підготовки», — {}.",
}


def names(text: str, lang: str) -> set[str]:
    """Return the names that the analyser of a default run would write for `text`."""
    analyser = load_analyser(analysis_settings(Profile()))
    title, body = TextView("", lang), TextView(text, lang)
    actors = analyser.matcher.find(title, body)
    fields = analyser.finder.read(title, body, actors, None)
    found = analyser.finder.findings(fields)
    people = PeopleReader(fields, actors, analyser.places.find(title, body))
    hits: list[ComplaintHit | QuoteHit] = [*analyser.settle(fields, actors, found.complaints), *found.quotes]
    assert hits
    return {text[slice(*span)] for hit in hits if (span := people.name_of(hit))}


@pytest.mark.parametrize(
    ("lang", "words", "name"),
    [
        ("en", "said Nina Ostrowskaya, the mother of a conscript", "Nina Ostrowskaya"),
        ("en", "says Nina, the mother of a conscript", "Nina"),
        ("ru", "рассказала Нина Островская, мать срочника", "Нина Островская"),
        ("ru", "рассказала мать солдата из Самары Нина Островская", "Нина Островская"),
        ("uk", "розповіла Ніна Островська, мати строковика", "Ніна Островська"),
    ],
)
def test_the_name_of_a_private_speaker_is_found(lang: str, words: str, name: str) -> None:
    assert names(SENT[lang].format(words), lang) == {name}


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        ("en", "said the mother of a conscript from Perm"),
        ("en", "said Governor Pavel Grinko"),
        ("en", "said Pavel Grinko, who is for all we know the governor"),
        ("en", "said a mother on Tuesday"),
        ("en", "a mother said to Governor Pavel Grinko"),
        ("en", "said Olga Tsukanova, head of the Council of Mothers and Wives"),
        ("en", "said Ivan Lapin, chairman of the Council of Mothers and Wives"),
        ("en", "said members of Put Domoi"),
        ("en", "said relatives, who accused Western newspapers of silence"),
        ("ru", "рассказала мать срочника из Самары"),
        ("ru", "заявил губернатор Павел Гринько"),
        ("ru", "рассказала мать срочника газете «Заря Свободы»"),
        ("uk", "заявив губернатор Павло Гринько"),
        ("uk", "розповіла мати строковика з Харкова"),
    ],
)
def test_places_offices_and_papers_are_no_private_people(lang: str, words: str) -> None:
    assert names(SENT[lang].format(words), lang) == set()


@pytest.mark.parametrize("who", ["Harbour Board said", "reported the newspaper Northern Echo"])
def test_who_has_no_role_may_be_no_person(who: str) -> None:
    text = f"Mothers of conscripts met in the town. “Soldiers at the front get no food,” {who}."
    assert names(text, "en") == set()
    assert names(text.replace(who, "said Ivan Lapin, a soldier"), "en") == {"Ivan Lapin"}


def test_who_is_meant_by_a_pronoun_has_the_name_of_before() -> None:
    text = "Nina Ostrowskaya, the mother of a conscript, told us of the front. She said that soldiers get no food."
    assert names(text, "en") == {"Nina Ostrowskaya"}


def test_a_surname_alone_belongs_to_the_name_that_was_given_in_full() -> None:
    text = SENT["en"].format("said Nina Ostrowskaya, the mother of a conscript")
    text += " Every day, as Ostrowskaya herself told us, soldiers get no food."
    assert names(text, "en") == {"Nina Ostrowskaya", "Ostrowskaya"}


@pytest.mark.parametrize("opening", ["A Russian", "In English"])
def test_a_capital_at_the_beginning_of_a_sentence_makes_no_name(opening: str) -> None:
    text = f"Mothers of conscripts met in the town. {opening} soldier says that they get no food at the front."
    assert names(text, "en") == set()
    assert names(text.replace(opening, "Ivan Lapin, a"), "en") == {"Ivan Lapin"}


@pytest.mark.parametrize("named", ["Nina Ostrowskaya Support Centre", "Southern Wives United Support Centre"])
def test_a_long_run_of_capitals_is_an_organisation(named: str) -> None:
    assert names(SENT["en"].format(f"said the {named}, relatives of conscripts"), "en") == set()
