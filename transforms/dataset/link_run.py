"""Linking the articles of a run to stories, before they are published."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq

from transforms.dataset import journal
from transforms.dataset.layout import Layout
from transforms.dataset.state_file import open_state, transaction
from transforms.dataset.story_index import (
    MICROSECONDS_PER_DAY,
    SignedArticle,
    catch_up,
    copies_of,
    memberships,
    sign_file,
    signed_between,
)
from transforms.stories.candidates import SharedBands, SignedTexts, alike
from transforms.stories.linking import Copy, Membership, link
from transforms.tables.records import Story
from transforms.tables.schemas import record_of
from transforms.tables.shard_writer import ShardWriter, StagedFile

SHARD = "stories"
WINDOW_DAYS = 3  # between two copies of a story: agencies are copied within hours, weekly columns repeat their frame
KEPT_DAYS = 30  # that an article can be linked to after it was collected; 10 MB of index for 30,000 articles


@dataclass(frozen=True, slots=True)
class LinkSettings:
    """How far apart copies of a story may be, and how long articles wait for copies, in days."""

    window_days: int = WINDOW_DAYS
    kept_days: int = KEPT_DAYS


def link_stories(
    out: Path | str,
    run_id: str,
    staged: Sequence[StagedFile],
    linked_at: datetime,
    settings: LinkSettings | None = None,
) -> list[StagedFile]:
    """Link the staged articles of a run with each other and with those of earlier runs, and stage table `stories`.

    Raises Fenced where another run has begun, OSError where the disk is full.
    """
    settings = settings or LinkSettings()
    layout = Layout(out)
    fresh = [
        one
        for file in staged
        if file.table == "articles"
        for batch in sign_file(Path(file.staged_path))
        for one in batch
    ]
    with closing(open_state(layout.state_file)) as state:
        with transaction(state):
            journal.check_fence(state, run_id)
            catch_up(state, layout, (linked_at - timedelta(days=settings.kept_days)).date())
        if not fresh:
            return []
        reach = settings.window_days * MICROSECONDS_PER_DAY
        first, last = min(one.copy.at for one in fresh), max(one.copy.at for one in fresh)
        near = SharedBands(np.stack([one.signature.digest for one in fresh]))
        known = list(signed_between(state, first - reach, last + reach, near))
        likeness = _likeness(known, fresh, settings.window_days)
        # A new revision of a copy counts also where it is like nothing: it may tell of an earlier publication.
        touched = {name for pair in likeness for name in pair[:2]} | {one.copy.article_id for one in fresh}
        held = memberships(state, touched)
        copies = [*copies_of(state, touched, first - reach, last + reach), *(one.copy for one in fresh)]
    changed = link(copies, likeness, held)
    if not changed:
        return []
    writer = ShardWriter(layout.run_staging(run_id), run_id, SHARD, {})
    for row in [*_kept_rows(layout, run_id, changed), *(_row(one, linked_at, run_id) for one in changed)]:
        writer.add("stories", row, linked_at)
    return writer.close()


def _kept_rows(layout: Layout, run_id: str, changed: Sequence[Membership]) -> Iterator[Story]:
    """Yield what earlier commits of this run linked, as far as it holds: a run has one file of stories."""
    superseded = {one.copy.article_id for one in changed}
    for path in sorted((layout.tables / "stories").glob(f"dt=*/{run_id}-{SHARD}.parquet")):
        with pq.ParquetFile(path) as file:
            for row in file.read().to_pylist():
                if row["article_id"] not in superseded:
                    yield record_of("stories", row)


def _likeness(
    known: Sequence[SignedArticle], fresh: Sequence[SignedArticle], window_days: int
) -> list[tuple[str, str, float]]:
    marked = sorted(
        [(one.copy.article_id, one.revision, False, one) for one in known]
        + [(one.copy.article_id, one.revision, True, one) for one in fresh],
        key=lambda row: row[:2],
    )
    articles = [row[3] for row in marked]
    texts = SignedTexts(
        np.stack([one.signature.digest for one in articles]),
        np.array([one.signature.size for one in articles], dtype=np.int64),
        np.array([one.copy.at // MICROSECONDS_PER_DAY for one in articles], dtype=np.int64),
        np.array([row[2] for row in marked], dtype=np.bool_),
    )
    return [
        (articles[pair.first].copy.article_id, articles[pair.second].copy.article_id, pair.similarity)
        for pair in alike(texts, window_days)
    ]


def _row(one: Membership, linked_at: datetime, run_id: str) -> Story:
    return Story(
        article_id=one.copy.article_id,
        story_id=one.story_id,
        similarity=one.similarity,
        is_head=one.is_head,
        linked_at=linked_at,
        run_id=run_id,
        source_id=one.copy.source_id,
        first_seen=_time(one.copy),
    )


def _time(copy: Copy) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=copy.at)
