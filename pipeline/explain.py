"""`picket explain` and `picket actors test`: a text with its findings marked, and what made each of them."""

import sys
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import typer

from pipeline.config import Profile
from pipeline.plan import analysis_settings
from pipeline.query import QueryError, printable, run_query
from transforms.analysis.analyse import load_analyser
from transforms.dataset.lock import DatasetBusy
from transforms.text.language import identify_language
from transforms.text.words import TextView

EXIT_NOT_FOUND = 2
_ARTICLE = (
    "SELECT article_id, revision, source_id, lang, title, text, relevant FROM latest WHERE starts_with(article_id, {})"
)
_MENTIONS = (
    "SELECT 'actor' AS what, actor_id AS name, kind AS detail, field, start_char, end_char FROM mentions"
    " WHERE article_id = {} AND revision = {}"
)
_COMPLAINTS = (
    "SELECT 'complaint' AS what, code || ' ' || status AS name, method || ', confidence ' || round(confidence, 2) ||"
    " ', said by ' || speaker_kind || coalesce(' (' || speaker || ')', '') || ', about ' || target AS detail,"
    " field, start_char, end_char FROM complaints WHERE article_id = {} AND revision = {}"
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A finding to show: `number` stands behind its last character."""

    number: int
    what: str
    name: str
    detail: str
    field: str
    start: int
    end: int


def explain(out: Path, article: str) -> int:
    """Print the article whose id begins with `article`, its findings marked and explained. Return the exit code."""
    try:
        articles = _asked(out, _ARTICLE.format(_quoted(article)))
        if len(articles) != 1:
            print(f"{len(articles)} articles have an id that begins with {article!r}", file=sys.stderr)
            return EXIT_NOT_FOUND
        found = articles[0]
        key = (_quoted(found["article_id"]), found["revision"])
        rows = [*_asked(out, _MENTIONS.format(*key)), *_asked(out, _COMPLAINTS.format(*key))]
    except (QueryError, DatasetBusy) as error:
        print(error, file=sys.stderr)
        return EXIT_NOT_FOUND
    typer.echo(
        f"{found['article_id']} revision {found['revision']}, {found['source_id']}, {found['lang']}, "
        f"{'relevant' if found['relevant'] else 'not relevant'}"
    )
    marks = _numbered(
        (row["what"], row["name"], row["detail"], row["field"], row["start_char"], row["end_char"]) for row in rows
    )
    for line in _shown({"title": found["title"], "text": found["text"]}, marks):
        typer.echo(line)
    return 0


def show_actors(profile: Profile, text: str, lang: str | None) -> int:
    """Print `text` with the actors that the registry finds in it. Return the exit code. Raises InvalidFile."""
    analyser = load_analyser(analysis_settings(profile))
    language, confidence = identify_language("", text, lang)
    hits = analyser.matcher.find(TextView("", language), TextView(text, language))
    typer.echo(f"language {language} ({confidence:.2f}), {len(hits)} mentions")
    marks = _numbered(("actor", hit.actor_id, hit.kind, hit.field, hit.start, hit.end) for hit in hits)
    for line in _shown({"text": text}, marks):
        typer.echo(line)
    return 0


def _numbered(found: Iterable[tuple[str, str, str, str, int, int]]) -> list[Mark]:
    ordered = sorted(found, key=lambda one: (one[3] != "title", one[4], one[5], one[1]))
    return [Mark(number, *one) for number, one in enumerate(ordered, 1)]


def _shown(fields: dict[str, str], marks: Sequence[Mark]) -> Iterator[str]:
    for field, text in fields.items():
        here = [mark for mark in marks if mark.field == field]
        yield ""
        yield from (printable(line) for line in _marked(text, here).split("\n"))
    yield ""
    for mark in marks:
        surface = fields[mark.field][mark.start : mark.end]
        yield printable(f"[{mark.number}] {mark.what} {mark.name}: “{surface}” ({mark.detail})")


def _marked(text: str, marks: Sequence[Mark]) -> str:
    """Return `text` with `[` before each finding and `]number` behind it."""
    signs: list[tuple[int, int, str]] = []
    for mark in marks:
        signs.append((mark.start, 1, "["))
        signs.append((mark.end, 0, f"]{mark.number}"))
    out, last = [], 0
    for position, _, sign in sorted(signs):
        out += [text[last:position], sign]
        last = position
    return "".join([*out, text[last:]])


def _asked(out: Path, sql: str) -> list[dict[str, Any]]:
    with run_query(out, sql) as answer:
        return [dict(zip(answer.columns, row, strict=True)) for batch in answer.batches for row in batch]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
