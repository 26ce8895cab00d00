"""The period that a run takes articles of: all others are left out, as if they had not been there."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: `since` is in, `until` is out; None leaves that side open. Both are aware UTC times."""

    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_open(self) -> bool:
        """Whether it holds every article."""
        return self.since is None and self.until is None

    def holds(self, published_at: datetime | None, collected_at: datetime) -> bool:
        """Whether an article belongs to it: by when it was published, else collected, as `daily` counts it."""
        at = published_at or collected_at
        return (self.since is None or self.since <= at) and (self.until is None or at < self.until)


ALWAYS = Period()
