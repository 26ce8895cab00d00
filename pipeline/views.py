"""The views that a dataset ships: named questions over its tables, as SQL text for DuckDB."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.resources import bundled
from pipeline.snippets import SNIPPETS
from transforms.dataset.layout import Layout
from transforms.dataset.storage import LOCAL, Storage
from transforms.mapping.codes import mapping_rows
from transforms.tables.schemas import OPEN_TABLES, empty_file, schema_json

ROOT_VARIABLE = "picket"  # a DuckDB variable that says where a dataset lies which was moved
_EMPTY = "dt=0001-01-01/empty.parquet"  # a file without rows, so that a table without files has a view


@dataclass(frozen=True, slots=True)
class View:
    """A question with a name; `about` is one line for a person."""

    name: str
    about: str
    sql: str


# The day of an article is that of its publication, else that of its collection.
_DAY = "coalesce(CAST(a.published_at AT TIME ZONE 'UTC' AS DATE), a.dt) AS day"
# Counting "by article" and "by story": copies of one story count once.
_COUNTS = "count(DISTINCT article_id) AS articles, count(DISTINCT story_id) AS stories"
# A day without articles tells of silence only where a poll was answered properly. Items are what the feeds held,
# articles what was first collected (or collected again after an edit) on that day, whatever brought it.
_POLL_COVERAGE = """\
WITH polled AS (
  SELECT source_id, CAST(fetched_at AT TIME ZONE 'UTC' AS DATE) AS day, count(*) AS polls,
    count(*) FILTER (outcome NOT IN ('failed', 'refused')) AS ok_polls,
    count(*) FILTER (outcome = 'failed') AS failed_polls, count(*) FILTER (outcome = 'refused') AS refused_polls,
    sum(items)::BIGINT AS items, sum(new_items)::BIGINT AS new_items
  FROM fetches GROUP BY ALL),
days AS (
  SELECT source_id, CAST(unnest(generate_series(min(day), max(day), INTERVAL 1 DAY)) AS DATE) AS day
  FROM polled GROUP BY source_id),
collected AS (
  SELECT source_id, CAST(collected_at AT TIME ZONE 'UTC' AS DATE) AS day, count(DISTINCT article_id) AS articles
  FROM articles GROUP BY ALL),
counted AS (
  SELECT source_id, day, coalesce(polls, 0) AS polls, coalesce(ok_polls, 0) AS ok_polls,
    coalesce(failed_polls, 0) AS failed_polls, coalesce(refused_polls, 0) AS refused_polls,
    coalesce(items, 0) AS items, coalesce(new_items, 0) AS new_items, coalesce(articles, 0) AS articles
  FROM days LEFT JOIN polled USING (source_id, day) LEFT JOIN collected USING (source_id, day))
SELECT *, CASE WHEN articles > 0 OR new_items > 0 THEN 'seen' WHEN ok_polls > 0 THEN 'silent'
  WHEN polls > 0 THEN 'blind' ELSE 'not_polled' END AS verdict
FROM counted ORDER BY source_id, day"""
# What a later retry answered is not open any more; one that failed for another reason then tells that one.
_OPEN_FAILURES = """\
WITH last AS (
  SELECT item_id, source_id, place, step, reason, run_id, min(occurred_at) OVER same AS first_failed,
    max(occurred_at) OVER same AS last_failed, count(*) OVER same AS times,
    bool_or(item IS NOT NULL) OVER same AS retryable
  FROM failures WHERE item_id IS NOT NULL WINDOW same AS (PARTITION BY item_id)
  QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY run_id DESC, place DESC) = 1),
tried AS (
  SELECT item_id, outcome, reason, run_id FROM retries
  QUALIFY row_number() OVER (PARTITION BY item_id ORDER BY run_id DESC) = 1)
SELECT last.item_id, source_id, place, step, coalesce(tried.reason, last.reason) AS reason, first_failed, last_failed,
  times, retryable
FROM last LEFT JOIN tried ON tried.item_id = last.item_id AND tried.run_id > last.run_id
WHERE coalesce(tried.outcome, 'failed') = 'failed' ORDER BY source_id, place"""
VIEWS = (
    View(
        "latest_stories",
        "the story of each article that is a copy of another, as last linked",
        "SELECT * FROM stories QUALIFY row_number() OVER (PARTITION BY article_id ORDER BY run_id DESC) = 1",
    ),
    View(
        "latest",
        "the last revision of each article, with its story (its own id where it has no copy)",
        "SELECT a.*, coalesce(s.story_id, a.article_id) AS story_id, coalesce(s.is_head, true) AS is_head"
        " FROM articles a"
        " JOIN (SELECT article_id, max(revision) AS revision FROM articles GROUP BY article_id) AS last"
        " ON a.article_id = last.article_id AND a.revision = last.revision"
        " LEFT JOIN latest_stories s ON s.article_id = a.article_id",
    ),
    View(
        "latest_mentions",
        "mentions in the last revision of each article, with its source, story and day",
        f"SELECT m.*, a.source_id, a.story_id, {_DAY} FROM mentions m"  # noqa: S608 - constants
        " JOIN latest a ON m.article_id = a.article_id AND m.revision = a.revision",
    ),
    View(
        "latest_complaints",
        "complaints in the last revision of each article, with its source, story and day",
        f"SELECT c.*, a.source_id, a.story_id, {_DAY} FROM complaints c"  # noqa: S608 - constants
        " JOIN latest a ON c.article_id = a.article_id AND c.revision = a.revision",
    ),
    View(
        "mentions_daily",
        "mentions by day, source, language and actor",
        f"SELECT day, source_id, lang, actor_id, {_COUNTS}, count(*) AS mentions,"  # noqa: S608 - constants
        " avg(polarity) AS mean_polarity FROM latest_mentions GROUP BY ALL ORDER BY ALL",
    ),
    View(
        "complaints_by_actor",
        "complaints by actor (null: none named), code, status and language",
        f"SELECT actor_id, family, code, status, lang, {_COUNTS}, count(*) AS complaints"  # noqa: S608 - constants
        " FROM (SELECT unnest(CASE WHEN len(actor_ids) = 0 THEN [NULL] ELSE actor_ids END) AS actor_id, *"
        " FROM latest_complaints) GROUP BY ALL ORDER BY ALL",
    ),
    View(
        "story_heads",
        "one row for each story with copies: its head, outlets, and when it was first and last seen",
        "SELECT s.story_id, arg_max(s.article_id, s.is_head) AS article_id, arg_max(a.title, s.is_head) AS title,"
        " count(*) AS copies, count(DISTINCT s.source_id) AS sources, min(s.first_seen) AS first_seen,"
        " max(s.first_seen) AS last_seen, bool_or(a.relevant) AS relevant"
        " FROM latest_stories s JOIN latest a USING (article_id) GROUP BY s.story_id ORDER BY s.story_id",
    ),
    View(
        "revisions",
        "revisions of articles that were edited, and what changed: title, text",
        "SELECT article_id, revision, collected_at, source_id, title, previous_title, title_changed, text_changed"
        " FROM (SELECT *, lag(title) OVER w AS previous_title, title <> lag(title) OVER w AS title_changed,"
        " text <> lag(text) OVER w AS text_changed FROM articles WHERE article_id IN"
        " (SELECT article_id FROM articles GROUP BY article_id HAVING count(*) > 1)"
        " WINDOW w AS (PARTITION BY article_id ORDER BY revision)) WHERE title_changed IS NOT NULL",
    ),
    View(
        "coverage",
        "articles by day of collection, source and language: how many, relevant, with full text, without a date",
        "SELECT dt, source_id, lang, count(*) AS articles, count(*) FILTER (relevant) AS relevant,"
        " count(*) FILTER (text_kind IN ('full', 'page')) AS with_text,"
        " count(*) FILTER (published_at IS NULL) AS undated,"
        " count(*) FILTER (sentiment_engine NOT IN ('none', 'skipped')) AS scored"
        " FROM latest GROUP BY ALL ORDER BY ALL",
    ),
    View(
        "poll_coverage",
        "each source and day, from its first poll to its last: are no articles silence, blindness, or no poll",
        _POLL_COVERAGE,
    ),
    View(
        "open_failures",
        "documents that are not read yet: why, since when, how often, and whether `picket retry` has their raw item",
        _OPEN_FAILURES,
    ),
    View(
        "feed_health",
        "polls, failures and the last news of each feed",
        "SELECT source_id, count(*) AS polls, count(*) FILTER (outcome IN ('failed', 'refused')) AS failed_polls,"
        " max(fetched_at) AS last_poll, arg_max(outcome, fetched_at) AS last_outcome,"
        " arg_max(coalesce(reason, ''), fetched_at) AS last_reason,"
        " max(fetched_at) FILTER (outcome NOT IN ('failed', 'refused')) AS last_success,"
        " max(fetched_at) FILTER (new_items > 0) AS last_news, sum(new_items)::BIGINT AS new_items,"
        " arg_max(next_check_at, fetched_at) AS next_check_at FROM fetches GROUP BY source_id ORDER BY source_id",
    ),
)

_HEADER = """-- Views over the tables of this dataset, for DuckDB 1.1 and later: in its shell, .read '{path}'
-- A dataset that was moved: SET VARIABLE {variable} = '/where/it/lies'; before reading this file.
"""


def views_sql(out: Path | str) -> str:
    """Return the SQL that makes all views over the dataset at `out`."""
    layout = Layout(out)
    header = _HEADER.format(path=str(layout.meta / "views.sql").replace("\n", " "), variable=ROOT_VARIABLE)
    statements = [_table_view(table, layout.root) for table in OPEN_TABLES]
    statements.append(_mapping_view())
    statements += [
        f"-- {view.name}: {view.about}\nCREATE OR REPLACE VIEW {view.name} AS\n{view.sql};" for view in VIEWS
    ]
    return header + "\n".join(statements) + "\n"


def write_views(out: Path | str, storage: Storage = LOCAL) -> None:
    """Write `meta/views.sql`, the same for other tools in `meta/queries/`, and the schema of each open table.

    A schema is written as JSON, and as a Parquet file without rows.
    """
    layout = Layout(out)
    wanted = {layout.meta / "views.sql": views_sql(out).encode("utf-8", "surrogateescape")}
    wanted |= {layout.meta / "queries" / name: text.encode() for name, text in SNIPPETS.items()}
    for table in OPEN_TABLES:
        wanted[layout.meta / "schema" / f"{table}.json"] = schema_json(table).encode()
        wanted[layout.meta / table / _EMPTY] = empty_file(table)
    for path, data in wanted.items():
        if not path.is_file() or path.read_bytes() != data:
            storage.write(path, data)


def _mapping_view() -> str:
    rows = [
        (row.code, row.scheme, row.scheme_code, row.label, row.match, row.note, row.document)
        for row in mapping_rows(bundled("configs", "mapping.yaml"))
    ]
    values = ",\n".join(f"({', '.join('NULL' if cell is None else _quoted(cell) for cell in row)})" for row in rows)
    return (
        "-- code_mapping: the codes in the terms of other schemes, with the quality of the match\n"
        f"CREATE OR REPLACE VIEW code_mapping AS\nSELECT * FROM (VALUES\n{values}\n)"
        " AS mapping(code, scheme, scheme_code, label, match, note, document);"
    )


def _table_view(table: str, root: Path) -> str:
    # `*` is `tables`, and `meta` with its file without rows: DuckDB refuses a pattern that matches no file.
    place = f"coalesce(getvariable('{ROOT_VARIABLE}'), {_quoted(_literal_glob(str(root)))})"
    return (
        f"CREATE OR REPLACE VIEW {table} AS\nSELECT * FROM read_parquet({place} || '/*/{table}/dt=*/*.parquet',"
        " hive_partitioning = true, hive_types = {'dt': DATE}, union_by_name = true);"
    )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _literal_glob(path: str) -> str:
    return "".join(f"[{character}]" if character in "*?[" else character for character in path)
