"""What the second tier adds to the rules, and where it stays silent."""

import pickle
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.resources import bundled
from transforms.complaints.codes import CODES
from transforms.complaints.finder import ComplaintFinder
from transforms.complaints.loading import load_knowledge
from transforms.complaints.reading import Reading
from transforms.knowledge.yaml_file import InvalidFile
from transforms.second_tier.finder import SETTINGS, SecondTier
from transforms.second_tier.model import WEIGHTS
from transforms.tables.records import ActorHit, ComplaintHit
from transforms.text.words import TextView

KNOWLEDGE = load_knowledge(bundled("configs", "complaints"))
RULES = ComplaintFinder(KNOWLEDGE)
TIER = SecondTier.load(bundled("configs", "model"), KNOWLEDGE)
NO_TITLE = {lang: TextView("", lang) for lang in ("en", "ru", "uk", "de")}
PLAIN = {
    "en": ("SUP.TRAINING", "The mothers of soldiers say the conscripts were sent to the front without any training."),
    "ru": ("SUP.TRAINING", "Матери солдат говорят, что мобилизованных отправили на фронт без всякой подготовки."),
    "uk": ("SUP.TRAINING", "Матері солдатів кажуть, що мобілізованих відправили на фронт без жодної підготовки."),
}
WORDS = (
    "soldiers mothers conscripts training front commander beaten without food no answer missing, unit said; the was "
    "солдаты матери срочники подготовки фронт командир избили без еды нет ответа пропал, часть сказала. «были» — "
    "солдати матері строковики підготовки їжі немає відповіді зник, частина; сказала! пішли 12 2023"
).split(" ")


def actor(end: int) -> list[ActorHit]:
    return [ActorHit("soldiers-mothers", "collective", "text", 0, end)]


def found(text: str, lang: str, rules: list[ComplaintHit] | None = None) -> list[ComplaintHit]:
    return read_and_find(NO_TITLE[lang], TextView(text, lang), actor(5), rules)


def read_and_find(
    title: TextView, text: TextView, actors: list[ActorHit], rules: list[ComplaintHit] | None = None
) -> list[ComplaintHit]:
    return TIER.find(RULES.read(title, text, actors), actors, rules or [])


@pytest.mark.parametrize("lang", PLAIN)
def test_a_plain_complaint_is_found_in_each_language(lang: str) -> None:
    code, text = PLAIN[lang]
    hit = next(hit for hit in found(text, lang) if hit.code == code)
    assert hit.status == "asserted"
    assert hit.method == TIER.method
    assert TIER.settings.threshold <= hit.confidence <= 1
    assert text[hit.start : hit.end]


@pytest.mark.parametrize("status", ["asserted", "denied", "hypothetical"])
def test_where_a_rule_has_spoken_the_rule_stands(status: str) -> None:
    code, text = PLAIN["en"]
    spoken = ComplaintHit(code, status, "text", 25, 40, (), "media", None, "none", "some-rule", 0.9)  # type: ignore[arg-type]  # parametrised
    assert code not in {hit.code for hit in found(text, "en", [spoken])}


def test_a_rule_in_another_sentence_takes_nothing_from_this_one() -> None:
    code, text = PLAIN["en"]
    first = "Relatives of the soldiers wrote a letter. "
    spoken = ComplaintHit(code, "asserted", "text", 3, 20, (), "media", None, "none", "some-rule", 0.9)
    assert code in {hit.code for hit in found(first + text, "en", [spoken])}


def test_a_code_comes_once_in_a_sentence() -> None:
    text = " ".join(PLAIN["en"][1] for _ in range(3))
    hits = found(text, "en")
    assert len(hits) == len({(hit.code, TextView(text, "en").sentence_at(hit.start)) for hit in hits})


def test_a_headline_alone_is_read() -> None:
    code, headline = PLAIN["en"]
    hits = read_and_find(
        TextView(headline, "en"), TextView("", "en"), [ActorHit("soldiers-mothers", "collective", "title", 4, 23)]
    )
    assert code in {hit.code for hit in hits}
    assert {hit.field for hit in hits} == {"title"}


@pytest.mark.parametrize(
    ("text", "lang"),
    [
        ("The nurses say that new staff were sent to the ward without any training.", "en"),
        ("Строители жалуются, что им два месяца не платят зарплату.", "ru"),
        ("Мешканці будинку вже тиждень без води, а влада не відповідає.", "uk"),
        ("", "en"),
        ("...", "ru"),
    ],
)
def test_nothing_is_found_where_nobody_is_in_service(text: str, lang: str) -> None:
    assert read_and_find(NO_TITLE[lang], TextView(text, lang), []) == []


def test_other_languages_are_left_alone() -> None:
    assert read_and_find(NO_TITLE["de"], TextView("Die Mütter der Soldaten klagen.", "de"), actor(10)) == []


def test_a_model_that_travelled_finds_the_same() -> None:
    other = pickle.loads(pickle.dumps(TIER))  # noqa: S301 - our own bytes, as Beam sends them
    text = TextView(PLAIN["ru"][1], "ru")
    fields = RULES.read(NO_TITLE["ru"], text, actor(5))
    assert other.find(fields, actor(5), []) == TIER.find(fields, actor(5), [])


def test_a_long_sentence_gives_the_part_that_speaks() -> None:
    text = (
        "On a grey morning in the regional capital, the mothers of soldiers said that the conscripts were sent to the "
        "front without any training, and afterwards they went to the railway station."
    )
    hit = next(hit for hit in found(text, "en") if hit.code == "SUP.TRAINING")
    assert "training" in text[hit.start : hit.end]
    assert hit.end - hit.start < len(text)


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # the first text loads dictionaries
@given(st.lists(st.sampled_from(WORDS), max_size=60), st.sampled_from(["en", "ru", "uk"]), st.booleans())
def test_evidence_lies_in_one_sentence(words: list[str], lang: str, named: bool) -> None:
    view = TextView(" ".join(words), lang)
    for hit in read_and_find(NO_TITLE[lang], view, actor(4) if named else []):
        start, end = view.sentence_at(hit.start)
        assert start <= hit.start < hit.end <= end
        assert hit.code in CODES
        assert TIER.settings.threshold <= hit.confidence <= 1


def test_many_sentences_at_once_score_as_one_by_one() -> None:
    lexicon = KNOWLEDGE.languages["en"].lexicon
    text = TextView(" ".join(text for _, text in PLAIN.values()) + " Nobody answered the letters. No food came.", "en")
    sentences = Reading(text, "text", lexicon).sentences
    odds, statuses = TIER.log_odds(sentences, "en")
    for index, sentence in enumerate(sentences):
        own, status = TIER.log_odds([sentence], "en")
        assert own[0].tolist() == pytest.approx(odds[index].tolist(), abs=1e-4)
        assert status[0] == statuses[index]


@pytest.mark.parametrize("settings_text", ["threshold: 2\ncontext: {}\n", "thresold: 0.5\n", "threshold: 0.5\n"])
def test_wrong_settings_are_named_with_their_line(tmp_path: Path, settings_text: str) -> None:
    (tmp_path / WEIGHTS).write_bytes((bundled("configs", "model") / WEIGHTS).read_bytes())
    (tmp_path / SETTINGS).write_text(settings_text)
    with pytest.raises(InvalidFile, match=r"model\.yaml:1"):
        SecondTier.load(tmp_path, KNOWLEDGE)
