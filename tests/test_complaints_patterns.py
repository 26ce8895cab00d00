"""The pattern language of the complaint rules, and the word classes compiled from it."""

import pytest

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.patterns import DEFAULT_GAP, parse_pattern, parse_phrase


def spans(lexicon: Lexicon, name: str, words: str) -> list[tuple[int, int]]:
    tokens = words.split()
    return lexicon.stand(tokens, list(range(len(tokens)))).get(lexicon.number(name), [])


def lexicon(lang: str, **classes: str) -> Lexicon:
    made = Lexicon(classes, lang)
    for name, phrases in classes.items():
        for phrase in phrases.split(","):
            made.define(name, phrase.strip())
    made.freeze()
    return made


def test_a_group_is_words_in_order_with_gaps() -> None:
    (reading,) = parse_phrase("no ~3 training|@DRILL")
    assert [(e.choices, e.gap) for e in reading] == [(("no",), DEFAULT_GAP), (("training", "@DRILL"), 3)]


def test_an_optional_word_gives_two_readings() -> None:
    readings = parse_phrase("without any? training")
    assert [[e.choices[0] for e in reading] for reading in readings] == [
        ["without", "any", "training"],
        ["without", "training"],
    ]


@pytest.mark.parametrize(
    ("pattern", "complaint"),
    [
        ("", "without a required word"),
        ("a? b?", "without a required word"),
        ("one & ", "without a required word"),
        ("send ~99 front", "not a gap"),
        ("send ~x front", "not a gap"),
        ("send ~4", "no word behind it"),
        ("@lower", "not a class name"),
        ("=stem*", "not a word"),
        ("a*", "shorter than"),
        ("two(words", "not a word"),
        ("=", "not a word"),
    ],
)
def test_a_bad_pattern_is_refused_and_named(pattern: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_pattern(pattern)


def test_groups_belong_to_rules_only() -> None:
    with pytest.raises(ValueError, match="for rules only"):
        parse_phrase("one & two")


def test_a_word_matches_its_forms_a_form_only_itself() -> None:
    made = lexicon("en", VERB="send", FORM="=send", STEM="train*", ENDING="*n't", NUMBER="#")
    assert spans(made, "VERB", "they sent him") == [(1, 1)]
    assert spans(made, "FORM", "they sent him") == []
    assert spans(made, "STEM", "untrained trainees") == [(1, 1)]
    assert spans(made, "ENDING", "they didn't") == [(1, 1)]
    assert spans(made, "NUMBER", "the 18-year-old") == [(1, 1)]


def test_patterns_are_folded_like_the_text() -> None:
    made = lexicon("ru", WOMEN="жён*", STILL="Ещё")
    assert spans(made, "WOMEN", "жены мобилизованных") == [(0, 0)]
    assert spans(made, "STILL", "еще") == [(0, 0)]


def test_a_ukrainian_past_stem_has_its_masculine() -> None:
    assert spans(lexicon("uk", BROKE="зламал*"), "BROKE", "він зламав") == [(1, 1)]
    assert spans(lexicon("ru", BROKE="сломал*"), "BROKE", "он сломав") == []


def test_parts_of_a_hyphenated_word_count() -> None:
    assert spans(lexicon("ru", CONSCRIPT="срочник*"), "CONSCRIPT", "солдата-срочника") == [(0, 0)]


def test_phrases_respect_gaps_and_may_name_other_classes() -> None:
    made = lexicon(
        "en", LACK="no, without", DRILL="training, drill", UNTRAINED="@LACK ~2 @DRILL", SENT="sent ~3 @UNTRAINED"
    )
    assert spans(made, "UNTRAINED", "without any real training") == [(0, 3)]
    assert spans(made, "UNTRAINED", "without any real proper training") == []
    assert spans(made, "UNTRAINED", "training without") == []
    assert spans(made, "SENT", "sent there without training") == [(0, 3)]


def test_classes_in_a_circle_are_refused() -> None:
    with pytest.raises(ValueError, match="circle"):
        lexicon("en", ONE="a ~1 @TWO", TWO="b ~1 @ONE")


def test_an_unknown_class_is_refused() -> None:
    with pytest.raises(ValueError, match="unknown class @NOWHERE"):
        lexicon("en", ONE="@NOWHERE")


def test_stems_are_the_most_telling_words_of_a_class() -> None:
    made = lexicon("en", LACK="no, without", UNTRAINED="@LACK ~2 training, raw recruits, untrain*, the =unit")
    assert made.stems(made.number("UNTRAINED")) == {"training", "recruits", "untrain", "unit"}


def test_a_hostile_sentence_costs_little() -> None:
    made = lexicon("en", MANY="a ~20 a ~20 a ~20 b")
    assert spans(made, "MANY", "a " * 160) == []
