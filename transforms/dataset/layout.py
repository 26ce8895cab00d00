"""Where everything of a dataset lies on disk."""

from dataclasses import dataclass
from pathlib import Path

from transforms.tables.shard_writer import FOLDER as STAGED_TABLES

MANIFEST_ENDING = ".commit.json"


@dataclass(frozen=True, slots=True, init=False)
class Layout:
    """The paths of the dataset at `root`, all absolute. Nothing is created by asking."""

    root: Path

    def __init__(self, out: Path | str) -> None:
        """Return the layout of the dataset at `out`, which need not exist."""
        object.__setattr__(self, "root", Path(out).absolute())

    @property
    def tables(self) -> Path:
        """Published Parquet, and nothing else."""
        return self.root / "tables"

    @property
    def staging(self) -> Path:
        """Work of runs that have not committed. On the same file system as `tables`, so that renaming is atomic."""
        return self.root / "staging"

    @property
    def meta(self) -> Path:
        """Schemas and views for readers."""
        return self.root / "meta"

    @property
    def state(self) -> Path:
        """What the next run needs to know, and the locks."""
        return self.root / "state"

    @property
    def state_file(self) -> Path:
        """The index and the journal."""
        return self.state / "state.sqlite"

    @property
    def run_lock(self) -> Path:
        """Held by the one run that may write."""
        return self.state / "lock"

    @property
    def commit_lock(self) -> Path:
        """Held while files are moved; shared by readers."""
        return self.state / "commit.lock"

    @property
    def commit_gate(self) -> Path:
        """Held by a commit that waits, so that new readers wait behind it."""
        return self.state / "commit.gate"

    def run_staging(self, run_id: str) -> Path:
        """The staging folder of one run."""
        return self.staging / run_id

    def spool(self, run_id: str) -> Path:
        """Where a run keeps the entries that it fetched."""
        return self.run_staging(run_id) / "spool"

    def index_before(self, run_id: str) -> Path:
        """The index as it was when a run of several slices began."""
        return self.run_staging(run_id) / "before.sqlite"

    def manifest(self, run_id: str, commit_id: str) -> Path:
        """The list of files of a prepared commit: what is left to go by if the state is lost."""
        return self.run_staging(run_id) / f"{commit_id}{MANIFEST_ENDING}"

    def folder(self, table: str, dt: str) -> Path:
        """The folder of one day of a published table."""
        return self.tables / table / f"dt={dt}"

    def published(self, table: str, dt: str, name: str) -> Path:
        """The place of one published file."""
        return self.folder(table, dt) / name

    def staged(self, run_id: str, table: str, dt: str, name: str) -> Path:
        """The place of one staged file."""
        return self.run_staging(run_id) / STAGED_TABLES / table / f"dt={dt}" / name

    def replaced(self, run_id: str, commit_id: str) -> Path:
        """Where a commit keeps the files that it replaces or removes, until it is through."""
        return self.run_staging(run_id) / "replaced" / commit_id
