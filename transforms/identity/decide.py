"""Which article a document is, and whether it brings anything new: decisions on small references alone."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from transforms.tables.identity import identity_keys
from transforms.tables.ids import stable_id
from transforms.tables.records import DocumentRef, ParsedDocument

MAX_REVISIONS = 10  # versions kept of one article: a page that changes at every poll must not fill the dataset


@dataclass(frozen=True, slots=True)
class Candidate:
    """What the decision needs of a parsed document; the document is read again by `ref` if it is chosen."""

    ref: DocumentRef
    own_key: str
    link_key: str | None
    external_id: str | None
    url: str | None
    canonical_url: str | None
    content_hash: str
    known: bool = False  # its own key is in the dataset: this source has shown it before

    @property
    def group(self) -> str:
        """The key under which all documents that may be the same article meet."""
        return self.link_key or self.own_key

    @property
    def order(self) -> tuple[int, str, int]:
        """The run's order of documents, free of bundles and workers."""
        return (self.ref.rank, self.ref.path, self.ref.start)


@dataclass(frozen=True, slots=True)
class Chosen:
    """A document that becomes a row of `articles`."""

    article_id: str
    revision: int
    candidate: Candidate


@dataclass(frozen=True, slots=True)
class KnownArticle:
    """What the dataset holds of an article: the source that owns it, its last revision, and all its versions."""

    source_id: str
    revision: int
    last_hash: str
    hashes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Decision:
    """What becomes of the documents of one article: versions to add, new sightings, and the rest by reason."""

    chosen: tuple[Chosen, ...]
    sighted: tuple[Candidate, ...]
    rejected: tuple[tuple[Candidate, str], ...]


def candidate_of(document: ParsedDocument) -> Candidate:
    """Return the reference that stands for `document` in the decision."""
    keys = identity_keys(document.ref.source_id, document.external_id, document.canonical_url, document.content_hash)
    return Candidate(
        document.ref,
        keys.own,
        keys.link,
        document.external_id,
        document.url,
        document.canonical_url,
        document.content_hash,
    )


def assign_articles(
    candidates: Iterable[Candidate], resolved: Mapping[str, str], owners: Mapping[str, str]
) -> list[tuple[str, Candidate]]:
    """Give each candidate of one group its article id.

    `resolved` maps own and link keys that the dataset knows to article ids, `owners` article ids to source ids.
    An item that its source has shown before stays its article. Else its address leads to the article of another
    source; within one source two ids are two articles, whatever their addresses.
    """
    own: dict[str, str] = {}
    by_link: dict[str, tuple[str, str]] = {}  # link key → (article id, owning source)
    assigned = []
    ordered = sorted(candidates, key=lambda candidate: candidate.order)
    for candidate in ordered:
        link = candidate.link_key
        if link and link in resolved and link not in by_link:
            by_link[link] = (resolved[link], owners.get(resolved[link], ""))
    for candidate in ordered:
        link = candidate.link_key
        known = candidate.own_key in resolved
        article = resolved.get(candidate.own_key) or own.get(candidate.own_key)
        if article is None and link in by_link and by_link[link][1] != candidate.ref.source_id:
            article = by_link[link][0]
        if article is None:
            article = stable_id("article", candidate.own_key)
        own.setdefault(candidate.own_key, article)
        if link:
            by_link.setdefault(link, (article, candidate.ref.source_id))
        assigned.append((article, _marked(candidate) if known else candidate))
    return assigned


def decide_versions(
    article_id: str, candidates: Iterable[Candidate], known: KnownArticle | None, *, touched: bool = False
) -> Decision:
    """Choose which of the documents of one article become rows.

    Only the article's own source makes revisions. A version that the dataset holds is not added again, unless the
    source shows it alone and another one was the last: then the publisher has gone back to it. Where an earlier slice
    of the run added a version, the article is `touched`: the run has shown that one too.
    """
    ordered = sorted(candidates, key=lambda candidate: candidate.order)
    owner = known.source_id if known else ordered[0].ref.source_id
    chosen: list[Chosen] = []
    rejected: list[tuple[Candidate, str]] = []
    own = [candidate for candidate in ordered if candidate.ref.source_id == owner]
    revision = known.revision if known else -1
    held = known.hashes if known else frozenset()
    shown: set[str] = set()
    reverted = not touched and _is_reverted(own, known)
    for candidate in own:
        if candidate.content_hash in shown:
            rejected.append((candidate, "repeated_in_run"))
        elif candidate.content_hash in held and not reverted:
            rejected.append((candidate, "seen_before"))
        elif revision + 1 >= MAX_REVISIONS:
            rejected.append((candidate, "revision_limit"))
        else:
            revision += 1
            chosen.append(Chosen(article_id, revision, candidate))
        shown.add(candidate.content_hash)
    rejected += [(candidate, "other_source") for candidate in ordered if candidate.ref.source_id != owner]
    return Decision(tuple(chosen), _new_sightings(ordered), tuple(rejected))


def in_order(chosen: Iterable[Chosen]) -> list[Chosen]:
    """Return versions in the run's order of documents, those of one article in a row as they are numbered."""
    versions = list(chosen)
    first: dict[str, tuple[int, str, int]] = {}
    for one in versions:
        first[one.article_id] = min(first.get(one.article_id, one.candidate.order), one.candidate.order)
    return sorted(versions, key=lambda one: (first[one.article_id], one.article_id, one.revision))


def must_wait(candidates: Iterable[Candidate], before: KnownArticle | None) -> list[Candidate]:
    """Return those documents of one article that can't be judged until all slices of the run are read.

    Whether a source has gone back to an earlier version depends on whether it shows the last one as well, perhaps in
    a later slice. `before` is what the dataset held when the run began. What was polled doesn't wait: a feed is
    read within one slice, and its state moves with that.
    """
    if before is None or len(before.hashes) == 1:
        return []
    own = [one for one in candidates if one.ref.source_id == before.source_id and one.content_hash in before.hashes]
    return [] if any(one.ref.fetch_id for one in own) else own


def _marked(candidate: Candidate) -> Candidate:
    return Candidate(
        candidate.ref,
        candidate.own_key,
        candidate.link_key,
        candidate.external_id,
        candidate.url,
        candidate.canonical_url,
        candidate.content_hash,
        known=True,
    )


def _is_reverted(own: Sequence[Candidate], known: KnownArticle | None) -> bool:
    hashes = {candidate.content_hash for candidate in own}
    return known is not None and len(hashes) == 1 and known.last_hash not in hashes


def _new_sightings(ordered: Sequence[Candidate]) -> tuple[Candidate, ...]:
    first: dict[str, Candidate] = {}
    for candidate in ordered:
        if not candidate.known:
            first.setdefault(candidate.own_key, candidate)
    return tuple(first.values())
