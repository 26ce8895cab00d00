"""Finds the actors of the registry in a text: names, short forms, leaders and unnamed groups of relatives."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from transforms.actors.collectives import Found, find_collectives
from transforms.actors.flat import FlatText
from transforms.actors.forms import expand_person, expand_phrase
from transforms.actors.named_groups import find_named_groups, names_relatives
from transforms.actors.registry import GROUP_ROW, Alias, Registry
from transforms.actors.scene import Scene
from transforms.actors.vocabulary import Vocabulary, stem_pattern
from transforms.actors.written import has_army_context, stands_alone, stands_as_acronym, stands_as_name
from transforms.tables.records import ActorHit, Field, MentionKind
from transforms.text.words import TextView

COLLECTIVES = {"mothers": "soldiers-mothers", "relatives": "soldiers-relatives"}
NO_ACTOR = ""  # the owner of names that look like an actor and are none
_KIND_ORDER: dict[str, int] = {"alias": 0, "representative": 1, "short_form": 2}


@dataclass(frozen=True, slots=True)
class Use:
    """What a scanned form stands for: which organisation, in which role, under which conditions."""

    actor_id: str
    organisation: int  # index of the organisation in the registry: known groups share one actor id
    kind: MentionKind
    lang: str
    alias: Alias
    needs_full_name: bool = False  # a surname alone


@dataclass(frozen=True, slots=True)
class _Candidate:
    use: Use
    field: Field
    first: int  # words
    last: int


class ActorMatcher:
    """The compiled registry. Built once per process (about a second); `find` keeps no state."""

    def __init__(self, registry: Registry) -> None:
        self.vocabulary = Vocabulary(registry.words)
        self._automaton = _compile(registry)

    def find(self, title: TextView, text: TextView) -> list[ActorHit]:
        """Return where actors are named in `title` and `text`, title first, in order of their raw spans.

        The hits of one actor never overlap; a name inside a longer name is not found.
        """
        flats: list[tuple[Field, FlatText]] = [("title", FlatText(title)), ("text", FlatText(text))]
        title_cue = has_army_context(self.vocabulary, title)
        context = title_cue or has_army_context(self.vocabulary, text)
        scenes = {
            "text": Scene(text, self.vocabulary, title_cue, context, title=Scene(title, self.vocabulary, title_cue))
        }
        scenes["title"] = Scene(title, self.vocabulary, title_cue, context, body=scenes["text"])
        hits: list[ActorHit] = []
        mentioned: list[int] = []  # organisations in the order of their full mentions
        for field, flat in flats:
            candidates = [
                candidate
                for candidate in self._scan(field, flat)
                if _in_company(candidate.use, context, title, text) and _admissible(candidate, flat, self.vocabulary)
            ]
            taken = _resolve(_longest(candidates), mentioned)
            hits += [_hit(candidate, flat) for candidate in taken if candidate.use.actor_id != NO_ACTOR]
            covered = [_hit(candidate, flat) for candidate in taken]
            scene = scenes[field]
            groups = list(_group_hits(find_named_groups(flat, scene, self.vocabulary), field, covered))
            hits += groups + list(_collective_hits(find_collectives(scene), field, covered + groups))
        return sorted(hits, key=lambda hit: (hit.field != "title", hit.start, hit.end, hit.actor_id))

    def _scan(self, field: Field, flat: FlatText) -> Iterator[_Candidate]:
        for end, (length, uses) in self._automaton.iter(flat.line):
            first, last = flat.word_range(end - length + 1, end)
            for use in uses:
                yield _Candidate(use, field, first, last)


def _compile(registry: Registry) -> Any:
    import ahocorasick

    table: dict[str, list[Use]] = {}
    for form, use in _uses(registry):
        uses = table.setdefault(f" {form} ", [])
        if use not in uses:
            uses.append(use)
    automaton = ahocorasick.Automaton()
    for form, uses in table.items():
        automaton.add_word(form, (len(form), tuple(uses)))
    automaton.make_automaton()
    return automaton


def _uses(registry: Registry) -> Iterator[tuple[str, Use]]:
    for organisation, (actor_id, named, _) in enumerate(registry.named()):
        for lang, aliases in named.aliases.items():
            for alias in aliases:
                yield from _alias_uses(actor_id, organisation, "alias", lang, alias)
        for lang, aliases in named.short_forms.items():
            for alias in aliases:
                yield from _alias_uses(actor_id, organisation, "short_form", lang, alias)
        for leader in named.leaders:
            for lang, names in leader.names.items():
                for name in names:
                    full, surnames = expand_person(name, lang)
                    person = Alias(text=name, beside=leader.beside, unless=tuple(registry.namesakes))
                    for form in full:
                        yield form, Use(actor_id, organisation, "representative", lang, person)
                    for form in surnames:
                        yield form, Use(actor_id, organisation, "representative", lang, person, needs_full_name=True)
    for lang, aliases in registry.not_actors.items():
        for alias in aliases:
            yield from _alias_uses(NO_ACTOR, -1, "alias", lang, alias)


def _alias_uses(
    actor_id: str, organisation: int, kind: MentionKind, lang: str, alias: Alias
) -> Iterator[tuple[str, Use]]:
    use = Use(actor_id, organisation, kind, lang, alias)
    for form in expand_phrase(alias.text, lang, alias.fixed or alias.acronym):
        yield form, use


def _in_company(use: Use, context: bool, title: TextView, text: TextView) -> bool:
    """Tell whether the article has the words that the alias needs, and none that it excludes."""
    alias = use.alias
    if (alias.context or alias.acronym) and not context:
        return False
    if alias.beside and not _has(alias.beside, title, text):
        return False
    if use.kind == "representative" and context:
        return True  # where an army is spoken of, sport and stage do not make a leader someone else
    return not (alias.unless and _has(alias.unless, title, text))


def _has(stems: tuple[str, ...], *views: TextView) -> bool:
    pattern = _pattern(stems)
    return any(pattern.search(view.normal.text) for view in views)


@lru_cache(maxsize=256)
def _pattern(stems: tuple[str, ...]) -> re.Pattern[str]:
    return stem_pattern(stems)


def _admissible(candidate: _Candidate, flat: FlatText, vocabulary: Vocabulary) -> bool:
    """Tell whether the words stand as the alias must be written."""
    alias, span = candidate.use.alias, (candidate.first, candidate.last)
    if alias.acronym:
        return stands_as_acronym(flat, *span, alias.text)
    if candidate.use.needs_full_name:
        return flat.capitalised(flat.words[candidate.first])
    if candidate.use.kind == "representative":
        return all(flat.capitalised(word) for word in flat.words[candidate.first : candidate.last + 1])
    if candidate.use.kind == "short_form" and not stands_alone(flat, *span, candidate.use.lang):
        return False
    if alias.written != "any":
        signs = alias.written == "name" and _signs_text(candidate, flat)
        return signs or stands_as_name(flat, *span, candidate.use.lang, vocabulary, quoted=alias.written == "quoted")
    return True


def _signs_text(candidate: _Candidate, flat: FlatText) -> bool:
    """Tell whether a name opens its text as a channel signs its posts: "Путь домой, отчёт"; relatives are addressed."""
    opens = candidate.first == 0 and flat.after(candidate.last).startswith((",", ":", " -", " |"))
    return opens and flat.capitalised(flat.words[0]) and not names_relatives(candidate.use.alias.text)


def _longest(candidates: Iterable[_Candidate]) -> list[_Candidate]:
    """Return the candidates that no longer one overlaps; of equal ones the full names come first."""
    ranked = sorted(candidates, key=lambda c: (c.first - c.last, _KIND_ORDER[c.use.kind], c.first, c.use.organisation))
    spans: list[tuple[int, int]] = []
    kept: list[_Candidate] = []
    for candidate in ranked:
        span = (candidate.first, candidate.last)
        if span not in spans and any(span[0] <= last and first <= span[1] for first, last in spans):
            continue
        spans.append(span)
        kept.append(candidate)
    return sorted(kept, key=lambda c: (c.first, c.last))


def _resolve(candidates: list[_Candidate], mentioned: list[int]) -> list[_Candidate]:
    """Settle in reading order what short forms and surnames stand for; `mentioned` grows with full mentions."""
    kept: list[_Candidate] = []
    at = 0
    while at < len(candidates):
        same = [c for c in candidates[at:] if (c.first, c.last) == (candidates[at].first, candidates[at].last)]
        at += len(same)
        full = [
            c for c in same if c.use.kind == "alias" or (c.use.kind == "representative" and not c.use.needs_full_name)
        ]
        if full:
            kept.append(full[0])
            if full[0].use.organisation >= 0:
                if full[0].use.organisation in mentioned:
                    mentioned.remove(full[0].use.organisation)
                mentioned.append(full[0].use.organisation)
            continue
        able = {c.use.organisation: c for c in same}
        last = next((organisation for organisation in reversed(mentioned) if organisation in able), None)
        if last is not None:
            kept.append(able[last])
    return kept


def _hit(candidate: _Candidate, flat: FlatText) -> ActorHit:
    start, end = flat.words[candidate.first].start, flat.words[candidate.last].end
    return ActorHit(candidate.use.actor_id, candidate.use.kind, candidate.field, start, end)


def _group_hits(spans: list[tuple[int, int]], field: Field, covered: list[ActorHit]) -> Iterator[ActorHit]:
    reached = 0
    for start, end in sorted(spans, key=lambda span: (span[0], -span[1])):
        if start >= reached and not any(start < hit.end and hit.start < end for hit in covered):
            reached = end
            yield ActorHit(GROUP_ROW, "alias", field, start, end)


def _collective_hits(found: list[Found], field: Field, covered: list[ActorHit]) -> Iterator[ActorHit]:
    for item in found:
        if not any(item.start < hit.end and hit.start < item.end for hit in covered):
            yield ActorHit(COLLECTIVES[item.group], "collective", field, item.start, item.end)
