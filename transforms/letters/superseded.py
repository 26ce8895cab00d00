"""Whether a dead letter comes too late: the dataset has a revision of its article that was collected after it."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow.parquet as pq

from transforms.dataset.layout import Layout

SUPERSEDED = "superseded"  # the word for a document that is not put over a later revision


def is_superseded(out: Path | str, article_id: str, collected_at: datetime) -> bool:
    """Whether the dataset at `out` has a revision of the article that was collected after `collected_at`."""
    first = collected_at.astimezone(UTC).date().isoformat()
    for folder in sorted((Layout(out).tables / "articles").glob("dt=*")):
        if folder.name.removeprefix("dt=") < first:
            continue
        for path in sorted(folder.glob("*.parquet")):
            rows = pq.read_table(
                path, columns=["collected_at"], filters=[("article_id", "=", article_id)], partitioning=None
            )
            if any(at > collected_at for at in rows.column("collected_at").to_pylist()):
                return True
    return False
