"""The records of Picket at three levels of trust: references to bytes, articles, and findings.

A record that is a table row has the table's columns as its fields, in order: schemas are derived from here.
Times are timezone-aware UTC `datetime`s; spans are Unicode code points, from zero, half-open.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

FetchOutcome = Literal["new", "unchanged", "empty", "failed", "refused"]
MentionKind = Literal["alias", "short_form", "representative", "collective"]
Field = Literal["title", "text"]
Status = Literal["asserted", "denied", "hypothetical", "historical"]
# How something came in: by a poll of its feed, from files, by a run over a period, by a new analysis of what was
# stored, or by another try of a dead letter.
IngestMode = Literal["poll", "seeds", "backfill", "reanalysis", "retry"]
SpeakerKind = Literal["group", "relative", "soldier", "rights_group", "official", "politician", "media", "unknown"]


# --- outside: nothing here is trusted ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class DocumentRef:
    """Where one raw document lies: a reference, so that bodies are never shuffled.

    `path`, `start`, `length` are bytes of a local file (a seed, or the spool of fetched entries), `kind` is the parser
    that reads them, `shard` the unit of input that the rows are written with, `place` what a person is told.
    """

    shard: str
    path: str
    start: int
    length: int
    kind: str  # a key of `transforms.documents.parse.PARSERS`
    source_id: str
    place: str
    collected_at: datetime
    url: str | None = None  # the feed's or file's own address, to resolve links
    fetch_id: str | None = None  # the poll that brought it; None for seeds
    language: str | None = None  # what the source is declared to speak
    timezone: str | None = None  # zone of dates that name none
    rank: int = 0  # the source's place in the run's order: the first source of an article owns it
    external_id: str | None = None  # the id that the place gives: a one-article file's path relative to its glob
    pages: str = "never"  # when the page of an entry is fetched: never, auto (the feed gives a summary only), always
    retried: str | None = None  # the dead letter that is tried again by this document: its `item_id`


@dataclass(frozen=True, slots=True)
class FeedEntry:
    """One entry of a feed as the feed gave it: markup, dates and addresses untouched. One JSON line in the spool."""

    guid: str | None
    link: str | None
    title: str | None
    summary: str | None
    content: str | None
    published: str | None
    updated: str | None
    language: str | None
    forwarded_from: str | None = None  # whose words a post hands on
    edited: bool = False  # the publisher says that it was changed later
    page_method: str | None = None  # how `content` was found on the entry's page, which the feed does not carry
    content_hash: str | None = None  # with `page_method`: what the entry is recognised by in the next poll


@dataclass(frozen=True, slots=True)
class Unreadable:
    """An expected error as a value: why something could not be read. `reason` is a stable word for counters."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class ParsedDocument:
    """A document after parsing and cleaning, before it is known which article it is."""

    ref: DocumentRef
    external_id: str | None  # the publisher's id (guid, record id) or None
    url: str | None
    canonical_url: str | None
    title: str
    text: str
    text_kind: str  # full, summary, title_only, page
    lang_hint: str | None
    published_at: datetime | None
    published_raw: str | None
    date_flags: tuple[str, ...]
    content_hash: str
    ignored_keys: tuple[str, ...] = ()
    text_method: str | None = None  # how the text was taken out of a page; None where it came as it is


@dataclass(frozen=True, slots=True)
class Failure:
    """A dead letter: what could not be read, where, at which step, why, when. A row of `failures`."""

    failure_id: str
    source_id: str | None
    place: str  # address, or file and line
    step: str
    reason: str  # stable word, lower case with underscores
    message: str
    occurred_at: datetime
    run_id: str
    shard: str = field(default="", metadata={"stored": False})
    item_id: str | None = None  # what could not be read, where it was one document; the same for the same bytes
    item_ref: str | None = None  # JSON of `transforms.letters.item`: how the item is read
    item: str | None = None  # the raw item itself, as far as it is kept
    ref: DocumentRef | None = field(default=None, metadata={"stored": False})  # where the item lies until it is staged


# --- ours: clean and identified -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Article:
    """One revision of an article, with what was found in it. A row of `articles`."""

    article_id: str
    external_id: str | None
    source_id: str
    url: str | None
    canonical_url: str | None
    title: str
    text: str
    text_kind: str
    lang: str
    lang_confidence: float
    published_at: datetime | None
    published_raw: str | None
    date_flags: tuple[str, ...]
    collected_at: datetime
    content_hash: str
    revision: int
    word_count: int
    relevant: bool
    actors: tuple[str, ...]
    complaint_codes: tuple[str, ...]
    polarity: float | None
    subjectivity: float | None
    sentiment_engine: str
    analysis_version: str
    run_id: str
    text_method: str | None = None  # how the text was taken out of a page
    ingest_mode: IngestMode | None = None  # how this revision came in; None where an earlier release wrote it


# --- findings: each is a span of its article ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Mention:
    """A place where an actor is named. A row of `mentions`."""

    mention_id: str
    article_id: str
    revision: int
    actor_id: str
    kind: MentionKind
    field: Field
    surface: str
    start_char: int
    end_char: int
    sentence: str
    sentence_start: int
    sentence_end: int
    polarity: float | None
    sentiment_engine: str
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Complaint:
    """A statement that something is wrong. A row of `complaints`."""

    complaint_id: str
    article_id: str
    revision: int
    code: str
    family: str
    status: Status
    field: Field
    evidence: str
    start_char: int
    end_char: int
    sentence: str
    actor_ids: tuple[str, ...]
    speaker_kind: SpeakerKind
    speaker: str | None
    target: str
    method: str
    confidence: float
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Quote:
    """Somebody's words in an article, and whose they are. A row of `quotes`."""

    quote_id: str
    article_id: str
    revision: int
    field: Field
    surface: str
    start_char: int
    end_char: int
    speaker_kind: SpeakerKind
    speaker: str | None
    actor_ids: tuple[str, ...]
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


@dataclass(frozen=True, slots=True)
class Demand:
    """What somebody wants done. A row of `demands`."""

    demand_id: str
    article_id: str
    revision: int
    code: str
    field: Field
    evidence: str
    start_char: int
    end_char: int
    sentence: str
    method: str
    confidence: float
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


@dataclass(frozen=True, slots=True)
class PlaceMention:
    """A region or city of Russia or Ukraine named in an article. A row of `places`."""

    place_mention_id: str
    article_id: str
    revision: int
    place_id: str
    name: str
    kind: str
    country: str
    iso_3166_2: str
    field: Field
    surface: str
    start_char: int
    end_char: int
    lang: str
    published_at: datetime | None
    analysis_version: str
    run_id: str


@dataclass(frozen=True, slots=True)
class ActorHit:
    """A place where an actor is named, before it is a row: `start` and `end` are raw offsets into `field`."""

    actor_id: str
    kind: MentionKind
    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class ComplaintHit:
    """A complaint found, before it is a row: `start` and `end` are raw offsets of the evidence in `field`."""

    code: str
    status: Status
    field: Field
    start: int
    end: int
    actor_ids: tuple[str, ...]
    speaker_kind: SpeakerKind
    speaker: str | None
    target: str
    method: str  # the id of the rule, or name and version of the model
    confidence: float


# --- the run itself -------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sighting:
    """An article seen in a source, its own or another. A row of `sightings`."""

    sighting_id: str
    article_id: str
    source_id: str
    external_id: str | None
    url: str | None
    canonical_url: str | None
    collected_at: datetime
    run_id: str


@dataclass(frozen=True, slots=True)
class Story:
    """An article as a copy of a story; the last row of an article counts. A row of `stories`."""

    article_id: str
    story_id: str
    similarity: float
    is_head: bool
    linked_at: datetime
    run_id: str
    source_id: str
    first_seen: datetime  # when it was published, else collected: the first copy heads the story


@dataclass(frozen=True, slots=True)
class Fetch:
    """One poll of one feed. A row of `fetches`; the feed's state for the next run is read from its last row."""

    fetch_id: str
    source_id: str
    url: str
    fetched_at: datetime
    status: int | None
    outcome: FetchOutcome
    reason: str | None
    items: int
    new_items: int
    bytes: int
    etag: str | None
    last_modified: str | None
    next_check_at: datetime
    run_id: str
    feed_state: str | None = None  # JSON of `transforms.feeds.polling.FeedState` after this poll
    newest_at: datetime | None = None  # when the newest of its items was published


DailyLevel = Literal["all", "relevant", "actor", "code", "actor_code"]


@dataclass(frozen=True, slots=True)
class Daily:
    """What one source published on one day in one language, counted. A row of `daily`, whose `dt` is that day.

    Counts add up within one level only: an article that names two actors is in the rows of both.
    """

    source_id: str
    lang: str
    level: DailyLevel
    actor_id: str | None
    code: str | None
    status: str | None
    articles: int
    stories: int
    mentions: int
    complaints: int
    mean_polarity: float | None
    run_id: str


@dataclass(frozen=True, slots=True)
class Run:
    """One run that committed. A row of `runs`."""

    run_id: str
    started_at: datetime
    finished_at: datetime
    outcome: str
    exit_code: int
    documents: int
    new_articles: int
    revisions: int
    relevant: int
    mentions: int
    complaints: int
    failures: int
    rejected: tuple[tuple[str, int], ...]  # reason → number; a map in Parquet
    versions: tuple[tuple[str, str], ...]  # library → version; a map in Parquet
    configuration_hash: str
    ingest_mode: IngestMode | None = None  # None where an earlier release wrote it
