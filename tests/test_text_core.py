"""The text core: normalised text with its way back, words, sentences."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from transforms.text.normalise import normalise
from transforms.text.sentences import sentence_spans
from transforms.text.words import TextView

TEXTS = st.text(alphabet="аБёЁйИ «»“”'’-–—.!?\n\t\u00a0\u00ad\u0301\u0306\u200bабв AbcİßΣ1", max_size=40)


@pytest.mark.parametrize(
    ("raw", "normal"),
    [
        ("ЖЁНЫ", "жены"),
        ("«Путь — домой»", '"путь - домой"'),
        ("сім’я", "сім'я"),
        ("за\u00adщитник", "защитник"),
        ("мате\u0301ри", "матери"),
        ("и\u0306од", "йод"),
        ("İz", "iz"),
        ("a\u00a0b", "a b"),
    ],
)
def test_differences_that_do_not_matter_are_folded(raw: str, normal: str) -> None:
    assert normalise(raw).text == normal


@given(TEXTS)
def test_every_normalised_span_leads_back_to_its_letters(raw: str) -> None:
    normal = normalise(raw)
    for index, character in enumerate(normal.text):
        start, end = normal.raw_span(index, index + 1)
        assert 0 <= start < end <= len(raw)
        assert normalise(raw[start:end]).text[:1] == character
    assert normal.raw_length == len(raw)


@given(TEXTS)
def test_raw_positions_lead_to_the_character_that_covers_them(raw: str) -> None:
    normal = normalise(raw)
    for index in range(len(normal.text)):
        start, _ = normal.raw_span(index, index + 1)
        assert normal.from_raw(start) == index


def test_sentences_end_at_marks_and_blank_lines() -> None:
    raw = "He left. She stayed!\n\nWhy? «Да», — сказала она. Г. Иванов ушёл в 2023 г. в Омск."
    assert [raw[start:end] for start, end in sentence_spans(raw, "ru")] == [
        "He left.",
        "She stayed!",
        "Why?",
        "«Да», — сказала она.",
        "Г. Иванов ушёл в 2023 г. в Омск.",
    ]


def test_a_wrapped_line_is_one_sentence() -> None:
    raw = "Комитет солдатских\nматерей собрался.\nМатери пришли."
    assert [raw[start:end] for start, end in sentence_spans(raw, "ru")] == [
        "Комитет солдатских\nматерей собрался.",
        "Матери пришли.",
    ]


@given(TEXTS)
def test_sentences_are_in_order_and_hold_all_letters(raw: str) -> None:
    spans = sentence_spans(raw, "en")
    assert all(start < end for start, end in spans)
    assert all(one[1] <= other[0] for one, other in pairwise(spans))
    rest = "".join(
        raw[a:b] for a, b in zip([0, *(end for _, end in spans)], [*(s for s, _ in spans), len(raw)], strict=True)
    )
    assert not rest.strip()


def test_words_have_spans_and_sentences() -> None:
    view = TextView("Жёны ждут. Солдат-срочник молчит.", "ru")
    assert [word.text for word in view.words] == ["жены", "ждут", "солдат-срочник", "молчит"]
    assert [word.sentence for word in view.words] == [0, 0, 1, 1]
    assert view.raw[view.words[0].start : view.words[0].end] == "Жёны"
    assert view.words[0].lemmas[0] == "жена"
    assert view.sentence_at(view.words[2].start) == view.sentences[1]


@given(TEXTS)
def test_words_slice_back_to_what_they_were_made_of(raw: str) -> None:
    view = TextView(raw, "ru")
    for word in view.words:
        assert normalise(view.raw[word.start : word.end]).text == word.text
        assert view.normal.text[word.norm_start : word.norm_end] == word.text
