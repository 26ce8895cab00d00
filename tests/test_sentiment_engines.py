"""Sentiment: exactly what the library computes."""

import pytest
from textblob import TextBlob

from transforms.sentiment.engines import document_text, score_text

TEXTS = [
    ("Mothers demand answers", "They said the boots were terrible. The officer was very polite, not good."),
    ("", "An excellent, beautiful day; nobody was hurt!"),
    ("Bad news", ""),
    ("Numbers", "1 2 3"),
]


@pytest.mark.parametrize(("title", "text"), TEXTS)
def test_english_score_is_textblobs_own(title: str, text: str) -> None:
    score = score_text(document_text(title, text), "en")
    expected = TextBlob(f"{title}\n\n{text}").sentiment
    assert (score.polarity, score.subjectivity) == (expected.polarity, expected.subjectivity)
    assert score.engine.startswith("textblob 0.")


@pytest.mark.parametrize("lang", ["ru", "uk", "de", "und"])
def test_other_languages_have_no_engine_and_no_score(lang: str) -> None:
    score = score_text("Очень хорошо", lang)
    assert (score.polarity, score.subjectivity, score.engine) == (None, None, "none")
