"""Sentiment of a text by the engine of its language, and the name of the engine that gave it."""

from dataclasses import dataclass
from functools import cache
from importlib.metadata import version

NO_ENGINE = "none"  # no engine speaks the language
SKIPPED = "skipped"  # the gate left the text aside


@dataclass(frozen=True, slots=True)
class Score:
    """Polarity from -1 to 1 and subjectivity from 0 to 1; both None where `engine` gave no score."""

    polarity: float | None
    subjectivity: float | None
    engine: str


def score_text(text: str, lang: str) -> Score:
    """Score `text` with the engine of `lang`: TextBlob for English, none yet for other languages."""
    if lang != "en":
        return Score(None, None, NO_ENGINE)
    from textblob.en import sentiment

    # The function behind TextBlob(text).sentiment: the same numbers without building a blob.
    polarity, subjectivity = sentiment(text)
    return Score(float(polarity), float(subjectivity), _textblob_name())


def document_text(title: str, text: str) -> str:
    """Return what is scored as the document: title, a blank line, text."""
    return f"{title}\n\n{text}"


@cache
def _textblob_name() -> str:
    return f"textblob {version('textblob')}"
