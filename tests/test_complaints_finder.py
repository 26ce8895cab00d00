"""What the finder makes of whole articles: status, speakers, scope, actors, evidence."""

import pickle
import time
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.complaints.finder import ComplaintFinder
from transforms.tables.records import ActorHit, ComplaintHit
from transforms.text.words import TextView

CONFIGS = Path(__file__).parent.parent / "configs" / "complaints"
MILLISECONDS_PER_ARTICLE = 12  # bound for a slow machine; about 3 for 3,000 characters on an idle one


@cache
def finder() -> ComplaintFinder:
    return ComplaintFinder.load(CONFIGS)


def find(text: str, lang: str = "en", title: str = "", actors: list[ActorHit] | None = None) -> list[ComplaintHit]:
    return finder().find(TextView(title, lang), TextView(text, lang), actors or [])


def found(text: str, lang: str = "en", title: str = "") -> set[tuple[str, str]]:
    return {(hit.code, hit.status) for hit in find(text, lang, title)}


# --- status -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "expected"),
    [
        ("en", "The conscripts were beaten by their officers.", ("ABU.VIOLENCE", "asserted")),
        ("en", "The ministry denied that conscripts had been sent to the front.", ("MOB.CONSCRIPT", "denied")),
        ("en", "Mothers fear that the conscripts may be sent to the front.", ("MOB.CONSCRIPT", "hypothetical")),
        ("en", "In the 1990s conscripts were sent to the front in Chechnya.", ("MOB.CONSCRIPT", "historical")),
        ("ru", "Срочников отправили на фронт.", ("MOB.CONSCRIPT", "asserted")),
        ("ru", "В Минобороны опровергли, что срочников отправили на фронт.", ("MOB.CONSCRIPT", "denied")),
        ("ru", "Матери боятся, что срочников отправят на фронт.", ("MOB.CONSCRIPT", "hypothetical")),
        ("ru", "В девяностые срочников бросали в бой под Грозным.", ("MOB.CONSCRIPT", "historical")),
        ("uk", "Строковиків кинули на передову.", ("MOB.CONSCRIPT", "asserted")),
        ("uk", "У міністерстві спростували, що строковиків кинули на передову.", ("MOB.CONSCRIPT", "denied")),
        ("uk", "Матері бояться, що строковиків кинуть на передову.", ("MOB.CONSCRIPT", "hypothetical")),
        ("uk", "У дев'яностих строковиків кидали в бій під Грозним.", ("MOB.CONSCRIPT", "historical")),
    ],
)
def test_status_is_read_from_the_clause(lang: str, text: str, expected: tuple[str, str]) -> None:
    assert expected in found(text, lang)
    assert {status for code, status in found(text, lang) if code == expected[0]} == {expected[1]}


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The mobilised men were fully equipped and had been trained for three months."),
        ("en", "Our soldiers are not beaten, says a soldier of the company."),
        ("ru", "Мобилизованные полностью экипированы и прошли полный курс подготовки."),
        ("ru", "Солдат здесь не бьют, говорит рядовой этой роты."),
        ("uk", "Мобілізовані повністю екіпіровані й пройшли повний курс підготовки."),
        ("uk", "Солдатів тут не б'ють, каже рядовий цієї роти."),
    ],
)
def test_a_negated_lack_or_harm_is_no_complaint(lang: str, text: str) -> None:
    assert found(text, lang) == set()


def test_a_denial_beside_an_assertion_gives_both_rows() -> None:
    text = (
        "Отказников держат в подвале под Луганском, рассказали жены мобилизованных. "
        "В пресс-службе округа заявили, что мест содержания в части нет."
    )
    assert {("ABU.DETAIN", "asserted"), ("ABU.DETAIN", "denied")} <= found(text, "ru")


def test_the_articles_own_year_tells_what_is_history() -> None:
    title, text = TextView("", "en"), TextView("In 2003 conscripts were sent to the front.", "en")
    then = finder().find(title, text, [], datetime(2003, 5, 1, tzinfo=UTC))
    now = finder().find(title, text, [], datetime(2023, 5, 1, tzinfo=UTC))
    assert [hit.status for hit in then if hit.code == "MOB.CONSCRIPT"] == ["asserted"]
    assert [hit.status for hit in now if hit.code == "MOB.CONSCRIPT"] == ["historical"]


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("ru", "Мобилизованных бросили без командиров, связи нет.", "ABU.SACRIFICE"),
        ("uk", "Срочників бити перестали, строковики мерзнуть у казармі, дров немає.", "CON.LIVING"),
        ("en", "Nobody came, the soldiers were beaten by their officers.", "ABU.VIOLENCE"),
    ],
)
def test_what_a_comma_parts_is_not_negated(lang: str, text: str, code: str) -> None:
    assert (code, "asserted") in found(text, lang)


def test_negation_put_in_between_commas_still_counts() -> None:
    assert ("ABU.HAZING", "denied") in found("Дедовщины, по словам командира, в части нет, заявил он.", "ru")


def test_a_plain_rule_is_negated_anywhere_inside_its_match() -> None:
    assert found("Россия не отправляет срочников на войну.", "ru") == set()
    assert ("MOB.CONSCRIPT", "asserted") in found("Россия отправляет срочников на войну.", "ru")


def test_a_match_does_not_cross_a_semicolon() -> None:
    crossed = "Police detained a thief; wives of mobilised men held a picket."
    assert ("REP.DETAIN", "asserted") not in found(crossed)
    assert ("REP.DETAIN", "asserted") in found("Police detained three wives of mobilised men at the picket.")


# --- scope --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text"),
    [
        ("en", "The school canteen ran out of food, and pupils went hungry."),
        ("en", "Enemy shells killed three soldiers near the village."),
        ("en", "Police detained a woman at a climate protest."),
        ("en", "The army opened a new museum of boots and helmets."),
        ("ru", "В школьной столовой закончилась еда, ученики остались голодными."),
        ("ru", "При обстреле противника погибли трое солдат."),
        ("ru", "Полиция задержала активистку на экологическом пикете."),
        ("ru", "Президент подписал указ о весеннем призыве."),
        ("uk", "У шкільній їдальні закінчилася їжа, учні лишилися голодними."),
        ("uk", "Унаслідок обстрілу ворога загинули троє солдатів."),
        ("uk", "Поліція затримала активістку на екологічному пікеті."),
        ("uk", "Сьогодні відзначають День матері."),
    ],
)
def test_what_is_not_about_people_in_service_is_silent(lang: str, text: str) -> None:
    assert found(text, lang) == set()


def test_words_of_other_trades_count_beside_one_of_the_army() -> None:
    text = "The crew of the unit slept in mouldy tents at the front."
    assert found(text) == set()
    assert ("CON.LIVING", "asserted") in found(f"{text} The soldiers wrote home.")


def test_reprisals_need_those_who_complain_beside_them() -> None:
    near = "The activist, a mother of a conscript, was detained after the protest."
    far = "The soldier's wife sells bread. Bread is dear. An activist was detained after the protest."
    assert "REP.DETAIN" in {code for code, _ in found(near)}
    assert "REP.DETAIN" not in {code for code, _ in found(far)}


def test_the_title_carries_the_subject_into_the_text() -> None:
    text = "Крыша течет, спать приходится на мокрых матрасах."
    assert found(text, "ru") == set()
    assert ("CON.LIVING", "asserted") in found(text, "ru", title="Срочники рассказали о жизни в казарме")


def test_other_languages_are_left_alone() -> None:
    assert find("Die Soldaten wurden geschlagen.", "de") == []
    assert finder().find_demands(TextView("", "de"), TextView("Frieden!", "de"), []) == []


# --- speakers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "kind"),
    [
        ("en", "“We were sent to the front without training,” said a soldier of the company.", "soldier"),
        ("en", "“My son was sent to the front without training,” said the mother of a soldier.", "relative"),
        ("ru", "«Нас отправили на фронт без подготовки», — рассказал солдат.", "soldier"),
        ("ru", "— Сына отправили на фронт без подготовки, — говорит мать солдата.", "relative"),
        ("ru", "По словам адвоката, солдат отправили на фронт без подготовки.", "rights_group"),
        ("uk", "«Сина відправили на фронт без підготовки», – каже мати солдата.", "relative"),
        ("uk", "Солдатів відправили на фронт без підготовки.", "media"),
    ],
)
def test_who_says_it(lang: str, text: str, kind: str) -> None:
    (hit,) = [hit for hit in find(text, lang) if hit.code == "SUP.TRAINING"]
    assert hit.speaker_kind == kind


@pytest.mark.parametrize(
    ("lang", "text", "kind"),
    [
        ("en", "I write about my son. He is a conscript and was sent to the front without training.", "relative"),
        ("en", "We, the wives of the mobilised, ask you. Our men were sent to the front without training.", "group"),
        ("en", "Our platoon left on Monday. I had two days. We were sent to the front without training.", "soldier"),
        ("ru", "Пишу про моего сына, он у меня один. Солдат отправили на фронт без подготовки.", "relative"),
        ("ru", "Нас построили в шесть. Наш взвод отправили на фронт без подготовки.", "soldier"),
        ("uk", "До нас звернулися родини, ми опитали їх. Солдатів відправили на фронт без підготовки.", "rights_group"),
        ("en", "We met at a station. My train left. Soldiers were sent to the front without training.", "media"),
        ("en", "Soldiers were sent to the front without training. My car was there.", "media"),
    ],
)
def test_who_tells_a_text_in_the_first_person(lang: str, text: str, kind: str) -> None:
    (hit,) = [hit for hit in find(text, lang) if hit.code == "SUP.TRAINING"]
    assert hit.speaker_kind == kind


def test_an_account_goes_on_until_somebody_answers() -> None:
    told = "A conscript said that he had been ill. The soldiers were sent to the front without training."
    answered = "A conscript complained. The ministry replied. The soldiers were sent to the front without training."
    assert {hit.speaker_kind for hit in find(told) if hit.code == "SUP.TRAINING"} == {"soldier"}
    assert {hit.speaker_kind for hit in find(answered) if hit.code == "SUP.TRAINING"} == {"media"}


def test_a_quotation_of_nobody_is_a_relatives_where_it_speaks_of_my_son() -> None:
    hits = find("Голосовое сообщение. «Моего сына отправили на фронт без подготовки, он солдат».", "ru")
    assert {hit.speaker_kind for hit in hits if hit.code == "SUP.TRAINING"} == {"relative"}


def test_private_people_have_no_name_and_officials_have() -> None:
    private = find("«Сына отправили на фронт без подготовки», — сказала мать солдата Ирина Волкова.", "ru")
    public = find("Депутат Вера Малых заявила, что мобилизованных отправили на фронт без подготовки.", "ru")
    assert {hit.speaker for hit in private} == {None}
    assert {hit.speaker for hit in public if hit.code == "SUP.TRAINING"} == {"Вера Малых"}


def test_a_resumed_quotation_has_the_same_speaker() -> None:
    text = "“We have no boots,” said the mother of a soldier. “They sleep in mouldy tents,” she went on."
    assert {hit.speaker_kind for hit in find(text) if hit.code == "CON.LIVING"} == {"relative"}


def test_quotes_have_spans_and_speakers() -> None:
    text = "«Наших сыновей бросили без командиров», — заявил Комитет солдатских матерей."
    start = text.index("Комитет")
    actor = ActorHit("committee-soldiers-mothers", "alias", "text", start, start + len("Комитет солдатских матерей"))
    (quote,) = finder().find_quotes(TextView("", "ru"), TextView(text, "ru"), [actor])
    assert text[quote.start : quote.end] == "Наших сыновей бросили без командиров"
    assert (quote.speaker_kind, quote.actor_ids) == ("group", ("committee-soldiers-mothers",))


def test_a_line_that_only_asks_is_the_interviewers() -> None:
    text = "— Do your sons have body armour?\n— They have no body armour, and we buy it ourselves."
    quotes = finder().find_quotes(TextView("Mothers of soldiers", "en"), TextView(text, "en"), [])
    assert [text[quote.start : quote.end][:9] for quote in quotes] == ["They have"]


def test_actors_of_the_sentence_and_of_the_quotation_are_named() -> None:
    text = "«Наших сыновей бросили без командиров», — заявил Комитет солдатских матерей."
    start = text.index("Комитет")
    actor = ActorHit("committee-soldiers-mothers", "alias", "text", start, start + 26)
    hits = find(text, "ru", actors=[actor])
    assert hits
    assert {hit.actor_ids for hit in hits} == {("committee-soldiers-mothers",)}


def test_target_is_who_is_answerable() -> None:
    (hit,) = [h for h in find("Комбат избивает солдат палкой.", "ru") if h.code == "ABU.VIOLENCE"]
    assert hit.target == "command"


def test_target_is_the_usual_one_where_nobody_is_named() -> None:
    (hit,) = [h for h in find("The conscripts were not fed for two days.") if h.code == "SUP.FOOD"]
    assert hit.target == "command"


# --- evidence -----------------------------------------------------------------------------------------------------


def test_evidence_is_short_and_one_for_each_code_status_and_sentence() -> None:
    text = "Вчера вечером, по словам соседей, из города отправили мобилизованных без подготовки, среди них пекаря."
    hits = [hit for hit in find(text, "ru") if hit.code == "SUP.TRAINING"]
    assert len(hits) == 1
    assert "без подготовки" in text[hits[0].start : hits[0].end]
    assert hits[0].end - hits[0].start < len(text) / 2


def test_evidence_is_a_whole_clause() -> None:
    text = "On Monday, the nineteen mobilised men were sent to the front without any training at all, a wife said."
    (hit,) = [hit for hit in find(text) if hit.code == "SUP.TRAINING"]
    evidence = "the nineteen mobilised men were sent to the front without any training at all"
    assert text[hit.start : hit.end] == evidence


PIECES = (
    "Our soldiers starve", "mobilised men", "without training", "the front", "were sent", "«", "»", "“", "”", '"', "—",
    "мобилизо\u0301ванных", "без\u00adподготовки", "солдаты", "голодают", "не", "никто", "сказал командир", "ё", "\n",
    "\n\n", ". ", "! ", "? ", ", ", "строковиків", "кинули", "на передову", "м’ясо", "1995", "\u200b", "😐", "И\u0306",
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["en", "ru", "uk"]), st.lists(st.sampled_from(PIECES), max_size=25), st.sampled_from([" ", ""]))
def test_evidence_is_a_span_of_its_field_inside_its_sentence(lang: str, pieces: list[str], glue: str) -> None:
    text = glue.join(pieces)
    view = TextView(text, lang)
    for hit in finder().find(TextView("Soldiers", lang), view, []):
        raw = "Soldiers" if hit.field == "title" else text
        assert 0 <= hit.start < hit.end <= len(raw)
        if hit.field == "text":
            start, end = view.sentence_at(hit.start)
            assert start <= hit.start < hit.end <= end
    for quote in finder().find_quotes(TextView("", lang), view, []):
        assert 0 <= quote.start < quote.end <= len(text)


# --- demands, merging, cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lang", "text", "code"),
    [
        ("en", "The soldiers' wives demand that their husbands be allowed to come home.", "DEM.RETURN"),
        ("ru", "Матери солдат требуют расследования.", "DEM.INVESTIGATE"),
        ("uk", "Дружини військових вимагають зустрічі з міністром.", "DEM.MEET"),
    ],
)
def test_demands_are_kept_apart_from_complaints(lang: str, text: str, code: str) -> None:
    hits = finder().find_demands(TextView("", lang), TextView(text, lang), [])
    assert code in {hit.code for hit in hits}
    assert not any(hit.code.startswith("DEM.") for hit in find(text, lang))


@pytest.mark.parametrize(
    "text",
    [
        "The ministry demands that the soldiers return to the barracks for an investigation.",
        "The page of the soldiers was closed at the request of the prosecutor, who wants an investigation.",
    ],
)
def test_what_those_in_power_order_is_no_demand(text: str) -> None:
    assert finder().find_demands(TextView("", "en"), TextView(text, "en"), []) == []


def test_contexts_serve_a_second_finder() -> None:
    text = "Матери солдат боятся зимы. Погода была хорошей. Комбат сказал, что все живы."
    fields = finder().read(TextView("", "ru"), TextView(text, "ru"), [])
    contexts = [context for field in fields for context in field.contexts()]
    assert [text[context.start : context.end][:6] for context in contexts] == ["Матери", "Погода", "Комбат"]
    assert [context.status for context in contexts] == ["hypothetical", "asserted", "asserted"]
    assert contexts[0].in_scope
    assert contexts[2].speaker_kind == "official"


def test_finder_is_the_same_for_every_order_and_can_be_pickled() -> None:
    texts = ["Солдаты голодают.", "Срочников отправили на фронт."]
    forward = [find(text, "ru") for text in texts]
    backward = [find(text, "ru") for text in reversed(texts)]
    assert forward == backward[::-1]
    copy = pickle.loads(pickle.dumps(finder()))  # noqa: S301 - our own bytes
    assert copy.find(TextView("", "ru"), TextView(texts[0], "ru"), []) == forward[0]


def test_hostile_texts_cost_little() -> None:
    for text in ("не " * 20_000, "«" * 5_000, "солдат без подготовки " * 3_000, "«а " * 3_000, "— " * 5_000):
        started = time.perf_counter()
        finder().find_all(TextView("", "ru"), TextView(text, "ru"), [])
        assert time.perf_counter() - started < 5, text[:20]
