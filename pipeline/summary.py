"""The closing summary of a run: what was read, what was found, what failed, and what to do next."""

import shutil
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from transforms.tables.schemas import schema_of

MAX_FAILURES_SHOWN = 8
MAX_IGNORED_SHOWN = 5
EXAMPLES_PER_LANGUAGE = 2
COMPLAINT_COLUMNS = ["article_id", "revision", "lang", "code", "status", "evidence", "confidence"]
MAX_EVIDENCE = 110  # characters of an example: one line of a wide terminal
LANGUAGE_NAMES = {"en": "English", "ru": "Russian", "uk": "Ukrainian"}


@dataclass(frozen=True, slots=True)
class Summary:
    """The findings of one run, as numbers and examples."""

    run: dict[str, Any]
    by_language: dict[str, dict[str, int]]
    actors: dict[str, int]
    codes: dict[str, int]
    examples: tuple[tuple[str, str, str, str], ...]  # language, code, evidence, title
    failures: tuple[tuple[str, str, str], ...]  # reason, place, message
    fetches: dict[str, int]
    ignored: tuple[str, ...]


def summarise(out: Path, run_id: str, ignored: Sequence[str]) -> Summary:
    """Read the files that the run `run_id` published and return what is in them."""
    articles = _read(out, run_id, "articles", ["article_id", "revision", "lang", "relevant", "actors", "title"])
    complaints = _read(out, run_id, "complaints", COMPLAINT_COLUMNS)
    mentions = _read(out, run_id, "mentions", ["lang", "actor_id"])
    failures = _read(out, run_id, "failures", ["reason", "place", "message"])
    fetches = _read(out, run_id, "fetches", ["outcome"])
    (run,) = _read(out, run_id, "runs", None).to_pylist()
    languages: dict[str, dict[str, int]] = {}
    for lang in sorted(set(articles["lang"].to_pylist())):
        mine = articles.filter(pc.equal(articles["lang"], lang))
        languages[lang] = {
            "articles": mine.num_rows,
            "relevant": int(pc.sum(mine["relevant"]).as_py() or 0),
            "mentions": mentions["lang"].to_pylist().count(lang),
            "complaints": complaints["lang"].to_pylist().count(lang),
        }
    return Summary(
        run=run,
        by_language=languages,
        actors=_counted(actor for actors in articles["actors"].to_pylist() for actor in actors),
        codes=_counted(complaints["code"].to_pylist()),
        examples=tuple(_examples(articles, complaints)),
        failures=tuple((row["reason"], row["place"], row["message"]) for row in failures.to_pylist()),
        fetches=_counted(fetches["outcome"].to_pylist()),
        ignored=tuple(ignored),
    )


def lines_of(summary: Summary, out: Path) -> Iterator[str]:
    """Yield the summary as lines for a person."""
    run = summary.run
    rejected = dict(run["rejected"] or [])
    outside, forgotten = rejected.pop("outside_period", 0), rejected.pop("forgotten", 0)
    yield (
        f"Read {run['documents']} documents: {run['new_articles']} new, {run['revisions']} revised"
        + (f", {sum(rejected.values())} known already" if rejected else "")
        + (f", {outside} left out because they lie outside the period" if outside else "")
        + (f", {forgotten} forgotten on request" if forgotten else "")
        + (f", {run['failures']} failures" if run["failures"] else "")
    )
    if summary.fetches:
        yield "Feeds: " + ", ".join(f"{number} {outcome}" for outcome, number in summary.fetches.items())
    if summary.by_language:
        yield ""
        yield f"{'language':<12}{'articles':>9}{'relevant':>9}{'mentions':>9}{'complaints':>11}"
        for lang, numbers in summary.by_language.items():
            name = LANGUAGE_NAMES.get(lang, lang)
            yield (
                f"{name:<12}{numbers['articles']:>9}{numbers['relevant']:>9}"
                f"{numbers['mentions']:>9}{numbers['complaints']:>11}"
            )
    yield from _counts("Actors (articles)", summary.actors)
    yield from _counts("Complaints", summary.codes)
    if summary.examples:
        yield ""
        yield "For example"
        for lang, code, evidence, title in summary.examples:
            yield f"  {lang}  {code:<15} {shown(evidence, MAX_EVIDENCE)}"
            yield f"      in: {shown(title, MAX_EVIDENCE)}"
    yield from _failures(summary)
    yield ""
    yield f"The tables are in {out}/tables. Next:"
    yield f'  {_program()} query --out {out} "SELECT code, status, evidence FROM complaints LIMIT 10"'  # noqa: S608 - shown to a person, not run
    yield f"  {_program()} status --out {out}"


def _program() -> str:
    """Return how this program is called here: by its path where it is not on the shell's own."""
    called = sys.argv[0]
    return called if Path(called).name == "picket" and shutil.which("picket") is None else "picket"


def shown(text: str, limit: int) -> str:
    """Return `text` on one line, cut to `limit` characters, without what could drive a terminal."""
    clean = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c)[0] != "C")
    clean = " ".join(clean.split())
    return clean if len(clean) <= limit else clean[: limit - 1] + "…"


def _counts(heading: str, counts: dict[str, int]) -> Iterator[str]:
    if counts:
        yield ""
        yield heading
        for name, number in counts.items():
            yield f"  {number:>5}  {name}"


def _failures(summary: Summary) -> Iterator[str]:
    if summary.failures:
        yield ""
        yield "Could not be read"
        for reason, place, message in summary.failures[:MAX_FAILURES_SHOWN]:
            yield f"  {reason}: {shown(place, MAX_EVIDENCE)}: {shown(message, MAX_EVIDENCE)}"
        if len(summary.failures) > MAX_FAILURES_SHOWN:
            yield f"  … and {len(summary.failures) - MAX_FAILURES_SHOWN} more, in the table failures"
    if summary.ignored:
        files: dict[str, list[str]] = {}
        for entry in summary.ignored:
            path, _, key = entry.partition("\t")
            files.setdefault(path, []).append(key)
        yield ""
        yield "Keys that were not used"
        for path, keys in list(files.items())[:MAX_IGNORED_SHOWN]:
            yield f"  {shown(path, MAX_EVIDENCE)}: {shown(', '.join(sorted(keys)), MAX_EVIDENCE)}"


def _examples(articles: pa.Table, complaints: pa.Table) -> Iterator[tuple[str, str, str, str]]:
    # Most of a large run's articles complain of nothing: as rows they would take a kilobyte each.
    told = articles.filter(pc.is_in(articles["article_id"], value_set=complaints["article_id"].combine_chunks()))
    titles = {
        (row["article_id"], row["revision"]): row["title"]
        for row in told.select(["article_id", "revision", "title"]).to_pylist()
    }
    taken: Counter[str] = Counter()
    codes: set[tuple[str, str]] = set()
    # The surest first: what a newcomer sees should be what the program knows best.
    surest = sorted(
        complaints.to_pylist(), key=lambda row: (row["lang"], -row["confidence"], row["code"], row["evidence"])
    )
    for row in surest:
        key = (row["lang"], row["code"].partition(".")[0])
        if row["status"] == "asserted" and taken[row["lang"]] < EXAMPLES_PER_LANGUAGE and key not in codes:
            taken[row["lang"]] += 1
            codes.add(key)
            yield row["lang"], row["code"], row["evidence"], titles.get((row["article_id"], row["revision"]), "")


def _counted(names: Any) -> dict[str, int]:
    return dict(sorted(Counter(names).items(), key=lambda item: (-item[1], item[0])))


def _read(out: Path, run_id: str, table: str, columns: list[str] | None) -> pa.Table:
    files = sorted((out / "tables" / table).glob(f"dt=*/{run_id}-*.parquet"))
    schema = schema_of(table)
    if not files:
        empty = schema.empty_table()
        return empty.select(columns) if columns else empty
    # partitioning=None: the folder's name must not become a column.
    return pa.concat_tables([pq.read_table(file, columns=columns, partitioning=None) for file in files])
