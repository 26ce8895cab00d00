"""What the second tier is trained on: labelled sentences and articles under `configs/training/`."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from transforms.complaints.codes import CODES
from transforms.complaints.loading import LANGUAGES
from transforms.tables.records import Field, Status
from transforms.text.words import TextView

STATUSES: dict[str, Status] = {"a": "asserted", "d": "denied", "h": "hypothetical", "p": "historical"}
_LETTERS = {status: letter for letter, status in STATUSES.items()}
COMMENT = "#"

T = TypeVar("T")
Labels = tuple[tuple[str, str], ...]  # code, letter of the status


@dataclass(frozen=True, slots=True)
class Example:
    """One training sentence: its language, its text, its labels, and the number of its article (0: none)."""

    lang: str
    text: str
    labels: Labels
    article: int = 0


@dataclass(frozen=True, slots=True)
class Passage:
    """A part of a field of an article, with the labels that it is evidence of."""

    field: Field
    start: int
    end: int
    labels: Labels


@dataclass(frozen=True, slots=True)
class Article:
    """A labelled article, and its number, from 1."""

    number: int
    lang: str
    title: str
    text: str
    passages: tuple[Passage, ...]

    def labels_in(self, field: Field, start: int, end: int) -> set[tuple[str, str]]:
        """Return the labels whose evidence reaches into `start` to `end` of `field`."""
        near = (p for p in self.passages if p.field == field and p.start < end and start < p.end)
        return {label for passage in near for label in passage.labels}


@dataclass(frozen=True, slots=True)
class TrainingTexts:
    """All training sentences, those of articles among them, and the articles."""

    examples: tuple[Example, ...]
    articles: tuple[Article, ...]


def read_training(folder: Path) -> TrainingTexts:
    """Read `<lang>.tsv` (sentences), `<lang>-stories-*.tsv` and `texts-<lang>*.jsonl` (articles) of `folder`.

    A file of stories has a sentence a line, the headline first; a comment ends a story. Raises ValueError that names
    file and line.
    """
    examples: list[Example] = []
    articles: list[Article] = []
    for lang in LANGUAGES:
        for path in sorted(folder.glob(f"{lang}*.tsv")):
            rows = _checked(path, _sentence)
            if "-stories-" in path.name:
                stories = list(_stories(rows))
                for story in stories:
                    number = len(articles) + 1
                    articles.append(_story(number, lang, story))
                    examples += [Example(lang, text, labels, number) for labels, text in story]
            else:
                examples += [Example(lang, text, labels) for row in rows if row for labels, text in [row]]
        for path in sorted(folder.glob(f"texts-{lang}*.jsonl")):
            for article in _checked(path, lambda line, lang=lang: _article(lang, line)):  # type: ignore[misc]  # mypy cannot infer a lambda with a default
                if article is not None:
                    numbered = Article(len(articles) + 1, lang, article.title, article.text, article.passages)
                    articles.append(numbered)
                    examples += _sentences(numbered)
    return TrainingTexts(tuple(dict.fromkeys(examples)), tuple(articles))


def _checked(path: Path, read: Callable[[str], T]) -> Iterator[T | None]:
    """Yield what `read` makes of each line, and nothing for a comment."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip() or (line.startswith(COMMENT) and "\t" not in line):
            yield None
            continue
        try:
            yield read(line)
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path}:{number}: {error}") from error


def _sentence(line: str) -> tuple[Labels, str]:
    marks, tab, text = line.partition("\t")
    if not tab or not text.strip():
        raise ValueError("no sentence behind the labels")
    labels = [] if marks == "-" else [mark.split(":") for mark in marks.split()]
    for label in labels:
        if len(label) != 2 or label[0] not in CODES or label[1] not in STATUSES:  # noqa: PLR2004 - code and status
            raise ValueError(f"unknown label {':'.join(label)}")
    return tuple((code, status) for code, status in labels), text.strip()


def _stories(rows: Iterator[tuple[Labels, str] | None]) -> Iterator[list[tuple[Labels, str]]]:
    story: list[tuple[Labels, str]] = []
    for row in rows:
        if row is not None:
            story.append(row)
        elif story:
            yield story
            story = []
    if story:
        yield story


def _story(number: int, lang: str, story: list[tuple[Labels, str]]) -> Article:
    (labels, title), *rest = story
    passages, place = [Passage("title", 0, len(title), labels)], 0
    for said, text in rest:
        passages.append(Passage("text", place, place + len(text), said))
        place += len(text) + 1
    return Article(number, lang, title, " ".join(text for _, text in rest), tuple(passages))


def _article(lang: str, line: str) -> Article:
    record = json.loads(line)
    passages = []
    for field in ("title", "text"):
        for complaint in record["complaints"]:
            start = record[field].find(complaint["evidence"])
            if start >= 0:
                label = complaint["code"], _LETTERS[complaint["status"]]
                passages.append(Passage(field, start, start + len(complaint["evidence"]), (label,)))
    return Article(0, lang, record["title"], record["text"], tuple(passages))


def _sentences(article: Article) -> Iterator[Example]:
    fields: tuple[tuple[Field, str], ...] = (("title", article.title), ("text", article.text))
    for field, raw in fields:
        for start, end in TextView(raw, article.lang).sentences:
            labels = tuple(sorted(article.labels_in(field, start, end)))
            yield Example(article.lang, raw[start:end], labels, article.number)
