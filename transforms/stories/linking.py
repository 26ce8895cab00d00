"""Stories: articles that tell the same in the same words, whoever published them, and which copy heads them."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Copy:
    """An article as a copy of a story: where it is from, and when it was published (else collected), in µs."""

    article_id: str
    source_id: str
    at: int


@dataclass(frozen=True, slots=True)
class Membership:
    """The story of an article. `similarity` is that to the copy which it is most alike."""

    copy: Copy
    story_id: str
    similarity: float
    is_head: bool


def link(
    copies: Iterable[Copy], likeness: Iterable[tuple[str, str, float]], held: Iterable[Membership]
) -> list[Membership]:
    """Return the memberships that are new or changed, in the order of article ids.

    `copies` are the articles of `likeness` (two article ids, similarity), some in several revisions; `held` are the
    memberships of all articles in any story that these touch. Whoever is alike, directly or through others, is one
    story; its id is the smallest article id in it; its head is the copy that was published first, the smaller id among
    equals. So the outcome does not depend on the order in which articles and pairs come.
    """
    before = {one.copy.article_id: one for one in held}
    known = _earliest([*copies, *(one.copy for one in before.values())])
    best: dict[str, float] = defaultdict(float, {article_id: one.similarity for article_id, one in before.items()})
    joined = _Groups()
    for one in before.values():
        joined.join(one.copy.article_id, one.story_id)
    for first, second, similarity in likeness:
        if first == second:
            continue  # two revisions of one article
        joined.join(first, second)
        best[first] = max(best[first], similarity)
        best[second] = max(best[second], similarity)
    changed = []
    for members in joined.groups(known):
        story_id = min(members)
        head = min(members, key=lambda member: (known[member].at, member))
        for member in members:
            now = Membership(known[member], story_id, best[member], member == head)
            if before.get(member) != now:
                changed.append(now)
    return sorted(changed, key=lambda one: one.copy.article_id)


def _earliest(copies: Iterable[Copy]) -> dict[str, Copy]:
    """Return each article once, at the earliest time that any of its revisions tells."""
    known: dict[str, Copy] = {}
    for copy in copies:
        if copy.article_id not in known or copy.at < known[copy.article_id].at:
            known[copy.article_id] = copy
    return known


class _Groups:
    """Sets of names that are joined pair by pair."""

    def __init__(self) -> None:
        self._parent: dict[str, str] = {}

    def join(self, one: str, other: str) -> None:
        self._parent[self._root(one)] = self._root(other)

    def groups(self, names: Iterable[str]) -> list[list[str]]:
        """Return those of `names` that were joined with another, group by group."""
        found: dict[str, list[str]] = defaultdict(list)
        for name in names:
            if name in self._parent:
                found[self._root(name)].append(name)
        return [members for members in found.values() if len(members) > 1]

    def _root(self, name: str) -> str:
        self._parent.setdefault(name, name)
        while (parent := self._parent[name]) != name:
            self._parent[name] = self._parent[parent]  # shortens the way for the next time
            name = parent
        return name
