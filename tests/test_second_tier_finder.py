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
from transforms.knowledge.yaml_file import InvalidFile
from transforms.second_tier.features import ClassNames
from transforms.second_tier.finder import LONG, REACH, SETTINGS, Scored, SecondTier, score_sentences
from transforms.second_tier.model import WEIGHTS, read_model
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
    (hit,) = [hit for hit in found(text, "en", [spoken]) if hit.code == code]
    assert (hit.method, hit.status, hit.start, hit.end) == ("some-rule", status, 25, 40)


def test_a_rule_that_model_and_article_speak_against_is_not_written() -> None:
    text = "The mothers of soldiers thanked the choir for a lovely evening in the park."
    spoken = ComplaintHit("SUP.FOOD", "asserted", "text", 4, 23, (), "media", None, "none", "some-rule", 0.3)
    assert "some-rule" not in {hit.method for hit in found(text, "en", [spoken])}


def test_how_sure_a_rule_is_counts() -> None:
    code, text = PLAIN["en"]
    weak, strong = (
        next(
            hit.confidence
            for hit in found(
                text,
                "en",
                [ComplaintHit(code, "asserted", "text", 25, 40, (), "media", None, "none", "some-rule", sure)],
            )
            if hit.code == code
        )
        for sure in (0.3, 0.9)
    )
    assert weak <= strong


def test_a_rule_in_another_sentence_takes_nothing_from_this_one() -> None:
    code, text = PLAIN["en"]
    spoken = ComplaintHit(code, "asserted", "text", 3, 20, (), "media", None, "none", "some-rule", 0.9)
    hits = [hit for hit in found(f"{text} {text}", "en", [spoken]) if hit.code == code]
    assert [hit.method for hit in hits] == ["some-rule", TIER.method]


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


def test_sentences_score_the_same_at_once_and_one_by_one() -> None:
    model, _ = read_model(bundled("configs", "model"))
    names = {lang: ClassNames(known.lexicon, model.classes) for lang, known in KNOWLEDGE.languages.items()}
    sentences = [text for _, text in PLAIN.values()] + ["Nobody answered the letters.", "No food came to the soldiers."]

    def scored(text: str) -> list[Scored]:
        return score_sentences(model, names, RULES.read(NO_TITLE["en"], TextView(text, "en"), actor(5)), [])

    together = scored(" ".join(sentences))
    assert len(together) == len(sentences)
    for item, sentence in zip(together, sentences, strict=True):
        (own,) = scored(sentence)
        assert own.odds.tolist() == pytest.approx(item.odds.tolist(), abs=1e-4)
        assert own.status == item.status


def test_where_no_actor_is_named_the_model_alone_must_be_surer_than_beside_a_rule() -> None:
    text = TextView("The conscripts were sent to the front without any training.", "en")
    sure = TIER.settings.model_copy(update={"alone": 0.01, "unbacked": 1.0})
    tier = SecondTier(*read_model(bundled("configs", "model")), sure, KNOWLEDGE)
    fields = RULES.read(NO_TITLE["en"], text, [])
    rules = RULES.findings(fields).complaints
    assert rules
    assert tier.find(fields, [], rules)
    assert tier.find(fields, [], []) == []
    assert tier.find(fields, actor(5), [])


def test_soldiers_by_the_way_in_a_long_text_give_nothing_unless_it_names_an_actor() -> None:
    code, told = "SUP.TRAINING", "The conscripts were sent to the front without any training."
    short, long = TextView(told, "en"), TextView(told + " The band played on." * LONG, "en")
    nobody = NO_TITLE["en"]
    rules = {view: ComplaintFinder(KNOWLEDGE).find(nobody, view, []) for view in (short, long)}
    assert code in {hit.code for hit in read_and_find(nobody, short, [], rules[short])}
    heeding = SecondTier(
        *read_model(bundled("configs", "model")),
        TIER.settings.model_copy(update={"threshold": 0.05, "threshold_of": {}, "alone": 0.05, "unbacked": 0.05}),
        KNOWLEDGE,
    )
    assert heeding.find(RULES.read(nobody, long, []), [], rules[long]) == []
    assert heeding.find(RULES.read(nobody, long, actor(5)), actor(5), rules[long])


def test_far_from_a_word_of_service_the_model_is_silent() -> None:
    model, _ = read_model(bundled("configs", "model"))
    names = {lang: ClassNames(known.lexicon, model.classes) for lang, known in KNOWLEDGE.languages.items()}
    text = " ".join(["The conscripts left.", *["It rained all day."] * 8])
    scored = score_sentences(model, names, RULES.read(NO_TITLE["en"], TextView(text, "en"), []), [])
    assert len(scored) == 1 + REACH


@pytest.mark.parametrize(
    "settings_text", ["threshold: 2\nalone: 0.8\nunbacked: 0.9\n", "thresold: 0.5\n", "threshold: 0.5\n"]
)
def test_wrong_settings_are_named_with_their_line(tmp_path: Path, settings_text: str) -> None:
    (tmp_path / WEIGHTS).write_bytes((bundled("configs", "model") / WEIGHTS).read_bytes())
    (tmp_path / SETTINGS).write_text(settings_text)
    with pytest.raises(InvalidFile, match=r"model\.yaml:1"):
        SecondTier.load(tmp_path, KNOWLEDGE)


@pytest.mark.parametrize(
    ("lang", "question"),
    [
        ("en", "Would the conscripts be sent to the front without any training?"),
        ("ru", "Будут ли мобилизованных отправлять на фронт без всякой подготовки?"),
        ("uk", "Чи будуть мобілізованих відправляти на фронт без жодної підготовки?"),
    ],
)
def test_what_is_asked_of_the_future_is_not_asserted(lang: str, question: str) -> None:
    hits = [hit for hit in found(f"{PLAIN[lang][1]} {question}", lang) if hit.code == "SUP.TRAINING"]
    asked = [hit for hit in hits if hit.start > len(PLAIN[lang][1])]
    assert [hit.status for hit in hits if hit not in asked] == ["asserted"]
    assert {hit.status for hit in asked} == {"hypothetical"}


def test_a_language_may_have_a_threshold_of_its_own() -> None:
    sure = TIER.settings.model_copy(update={"threshold_of": {"en": 1.0}})
    strict = SecondTier(*read_model(bundled("configs", "model")), sure, KNOWLEDGE)
    for lang, kept in (("en", False), ("ru", True)):
        fields = RULES.read(NO_TITLE[lang], TextView(PLAIN[lang][1], lang), actor(5))
        assert bool(strict.find(fields, actor(5), [])) is kept
