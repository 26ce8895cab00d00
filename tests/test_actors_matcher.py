"""What the matcher guarantees about hits: kinds, spans, the longest name, short forms and leaders in reading order."""

import pickle

import pytest
from actor_finding import find, found_actors, shipped_matcher, shipped_registry
from hypothesis import given, settings
from hypothesis import strategies as st

from transforms.actors.matcher import ActorMatcher
from transforms.text.words import TextView


def kinds(lang: str, title: str, text: str) -> list[tuple[str, str, str]]:
    source = {"title": title, "text": text}
    return [(hit.actor_id, hit.kind, source[hit.field][hit.start : hit.end]) for hit in find(lang, title, text)]


def test_the_longest_name_wins() -> None:
    text = "The Union of Committees of Soldiers' Mothers wrote to the minister."
    assert kinds("en", "", text) == [
        ("union-committees-soldiers-mothers", "alias", "Union of Committees of Soldiers' Mothers")
    ]


def test_short_form_counts_after_a_full_mention_only() -> None:
    assert found_actors("en", "", "The committee wrote to the minister about soldiers.") == set()
    text = "The committee waited. The Committee of Soldiers' Mothers replied, and the committee was heard."
    assert kinds("en", "", text) == [
        ("committee-soldiers-mothers", "alias", "Committee of Soldiers' Mothers"),
        ("committee-soldiers-mothers", "short_form", "the committee"),
    ]


def test_short_form_in_the_text_follows_a_mention_in_the_title() -> None:
    hits = find("ru", "Комитет солдатских матерей подал иск", "В комитете ждут ответа.")
    assert [(hit.field, hit.kind) for hit in hits] == [("title", "alias"), ("text", "short_form")]


def test_short_form_means_the_organisation_last_mentioned() -> None:
    text = (
        "The Committee of Soldiers' Mothers agreed with the Committee of Families of Warriors of the Fatherland. "
        "The committee is loyal."
    )
    assert kinds("en", "", text)[-1] == ("families-of-warriors", "short_form", "The committee")


def test_short_form_is_not_given_to_an_organisation_it_cannot_mean() -> None:
    text = "The Committee of Soldiers' Mothers met The Put Domoi movement. The committee agreed."
    assert kinds("en", "", text)[-1] == ("committee-soldiers-mothers", "short_form", "The committee")


def test_committee_of_something_else_is_no_short_form() -> None:
    text = "Комитет солдатских матерей написал в комитет Госдумы по обороне."
    assert [kind for _, kind, _ in kinds("ru", "", text)] == ["alias"]


def test_surname_counts_after_the_full_name_only() -> None:
    assert found_actors("ru", "", "Цуканова обратилась к министру.") == set()
    text = "Ольга Цуканова обратилась к министру. Цукановой не ответили."
    assert kinds("ru", "", text) == [
        ("council-mothers-wives", "representative", "Ольга Цуканова"),
        ("council-mothers-wives", "representative", "Цукановой"),
    ]


def test_surname_counts_after_the_organisation_was_named() -> None:
    text = "The Council of Mothers and Wives is led by Ms Tsukanova."
    assert ("council-mothers-wives", "representative", "Tsukanova") in kinds("en", "", text)


def test_common_name_of_a_leader_needs_her_movement_nearby() -> None:
    assert found_actors("ru", "", "Мария Андреева сыграла в спектакле.") == set()
    assert found_actors("ru", "", "Мария Андреева, жена мобилизованного, вышла к Кремлю.") == {"way-home"}


@pytest.mark.parametrize(
    "text",
    [
        "«Асоціація родин захисників “Азовсталі”» провела мітинг",
        "Асоціація родин захисників Азовсталі провела мітинг",
        "АСОЦІАЦІЯ РОДИН ЗАХИСНИКІВ «АЗОВСТАЛІ» провела мітинг",
        "Асоціації родин за\u00adхисників «Азовсталі»",
        "Асоціація  родин\nзахисників «Азовсталі»",
    ],
)
def test_quotes_case_hyphens_and_spaces_do_not_matter(text: str) -> None:
    assert found_actors("uk", "", text) == {"families-azovstal"}


def test_names_do_not_run_over_sentences() -> None:
    assert found_actors("ru", "", "Собрался комитет. Солдатских матерей не звали.") == {"soldiers-mothers"}
    assert found_actors("ru", "", "Туда пришёл комитет, солдатских матерей не звали.") == {"soldiers-mothers"}


def test_russian_names_are_found_in_ukrainian_and_english_texts() -> None:
    assert found_actors("uk", "", "«Совет матерей и жён» закрито.") == {"council-mothers-wives"}
    assert found_actors("en", "", "The Комитет солдатских матерей was founded in 1989.") == {
        "committee-soldiers-mothers"
    }


def test_namesakes_of_the_state_are_kept_apart() -> None:
    text = "Комитет семей воинов Отечества и Комитет солдатских матерей разошлись."
    assert found_actors("ru", "", text) == {"families-of-warriors", "committee-soldiers-mothers"}


def test_group_without_a_row_is_another_group_and_no_collective() -> None:
    text = "В «Совете жён военнослужащих» обсудили отпуска."
    assert kinds("ru", "", text) == [("other-relatives-group", "alias", "Совете жён военнослужащих")]


def test_acronym_is_case_sensitive_and_needs_its_context() -> None:
    assert found_actors("ru", "", "В КСМ пришли матери призывников.") >= {"committee-soldiers-mothers"}
    assert "committee-soldiers-mothers" not in found_actors("ru", "", "В ксм пришли матери призывников.")
    assert found_actors("ru", "", "КСМ построит склад. Завод просит кредит, заявил бывший солдат.") == set()


def test_both_collectives_of_one_phrase_are_found() -> None:
    text = "На встречу пришли жёны и матери мобилизованных."
    assert kinds("ru", "", text) == [
        ("soldiers-relatives", "collective", "жёны и матери мобилизованных"),
        ("soldiers-mothers", "collective", "матери мобилизованных"),
    ]


def test_nothing_is_found_in_nothing() -> None:
    assert find("en", "", "") == []
    assert find("und", "\u00ad", "...") == []


def test_matcher_goes_through_pickle() -> None:
    copy: ActorMatcher = pickle.loads(pickle.dumps(shipped_matcher()))  # noqa: S301 - our own bytes
    hits = copy.find(TextView("", "ru"), TextView("Матери солдат пришли.", "ru"))
    assert [hit.actor_id for hit in hits] == ["soldiers-mothers"]


def test_every_alias_of_the_registry_is_found_as_itself() -> None:
    for actor_id, named, place in shipped_registry().named():
        for lang, aliases in named.aliases.items():
            for alias in aliases:
                beside = " ".join(stem.replace("*", "") for stem in alias.beside)
                context = {"en": "The soldiers were mobilised.", "ru": "Солдаты на войне.", "uk": "Солдати на війні."}
                text = f"“{alias.text}”. {context[lang]} {beside}."
                assert actor_id in found_actors(lang, "", text), (place, alias.text)


WORDS = st.sampled_from(
    (
        "матери жёны солдат солдатских мобилизованных комитет комитета Комитет совет и их чьи сыновья на фронте "
        "военных родных погибших пленных Путь домой «Путь домой» КСМ Ольга Цуканова , . : — « » ё\u0301 \u00ad "
        "mothers wives of soldiers' the committee Union Committees Soldiers' Mothers Russia movement their families "
        "drafted men whose sons матері дружини військових полонених рада родин"
    ).split(" ")
)
TEXTS = st.lists(WORDS, max_size=25).map(" ".join)


@settings(max_examples=300, deadline=None)
@given(title=TEXTS, text=TEXTS, lang=st.sampled_from(["en", "ru", "uk", "und", "bg"]))
def test_spans_are_in_range_and_hits_of_one_actor_do_not_overlap(title: str, text: str, lang: str) -> None:
    hits = find(lang, title, text)
    for hit in hits:
        raw = title if hit.field == "title" else text
        assert 0 <= hit.start < hit.end <= len(raw)
        assert raw[hit.start : hit.end].strip() == raw[hit.start : hit.end]
    for one in hits:
        for other in hits:
            if one is not other and (one.actor_id, one.field) == (other.actor_id, other.field):
                assert one.end <= other.start or other.end <= one.start
    assert hits == sorted(hits, key=lambda hit: (hit.field != "title", hit.start, hit.end, hit.actor_id))
