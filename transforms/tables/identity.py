"""Which article a document is: the keys by which it is recognised within and across sources."""

from dataclasses import dataclass
from urllib.parse import urlsplit

from transforms.tables.ids import stable_id


@dataclass(frozen=True, slots=True)
class IdentityKeys:
    """`own` names the item within its source; `link` leads to the same article from any source, if it has one."""

    own: str
    link: str | None


def identity_keys(
    source_id: str, external_id: str | None, canonical_url: str | None, content_hash: str | None
) -> IdentityKeys:
    """Return the keys of a document: its publisher's id within its source, else its address, else its content.

    Everything needed is a column of `articles` or `sightings`, so that a lost index is rebuilt from the tables.
    """
    if external_id:
        own = stable_id("item", source_id, "id", external_id)
    elif canonical_url:
        own = stable_id("item", source_id, "url", canonical_url)
    else:
        own = stable_id("item", source_id, "content", content_hash)
    return IdentityKeys(own, stable_id("link", canonical_url) if _names_a_page(canonical_url) else None)


def _names_a_page(canonical_url: str | None) -> bool:
    # Feeds that link every entry to the site's front page must not become one article.
    if not canonical_url:
        return False
    parts = urlsplit(canonical_url)
    return bool(parts.path.strip("/") or parts.query)
