"""Where a run stages its files, and what each file says of itself."""

from dataclasses import dataclass
from datetime import datetime

from transforms.tables.shard_writer import ShardWriter


@dataclass(frozen=True, slots=True)
class StageSettings:
    """Where a run stages its files, and what each file says of itself."""

    staging: str
    run_id: str
    started_at: datetime
    metadata: tuple[tuple[str, str], ...]

    def writer(self, shard: str) -> ShardWriter:
        """Return the writer of the files of `shard`."""
        return ShardWriter(self.staging, self.run_id, shard, dict(self.metadata))
