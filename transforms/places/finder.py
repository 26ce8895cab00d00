"""Finds the regions and cities of the gazetteer in a text; a false alarm is worse than a miss."""

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from transforms.places.forms import inflect_adjective, inflect_name, spell
from transforms.places.gazetteer import LANGUAGES, Gazetteer, Language, Name, Place, PlaceKind, places, region_stem
from transforms.places.surroundings import Surroundings
from transforms.tables.records import Field
from transforms.text.normalise import normalise
from transforms.text.words import TextView


@dataclass(frozen=True, slots=True)
class PlaceHit:
    """A place named in an article: `start` and `end` are raw offsets into `field`.

    `iso_3166_2` is the subdivision that the place lies in by that standard, which lists Crimea under Ukraine.
    """

    place_id: str
    name: str
    kind: PlaceKind
    country: str
    iso_3166_2: str
    field: Field
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class _Use:
    """What a scanned form stands for; with `region_word` only beside that word."""

    place: Place
    name: Name
    region_word: str | None
    capital_at: int  # characters from the end to the last word that begins with a capital letter


@dataclass(frozen=True, slots=True)
class _Candidate:
    use: _Use
    start: int  # normalised
    end: int
    raw_start: int
    raw_end: int


class PlaceFinder:
    """The compiled gazetteer. Built once per process (half a second); `find` keeps no state."""

    def __init__(self, gazetteer: Gazetteer) -> None:
        self._automata = {lang: _compile(gazetteer, lang) for lang in LANGUAGES}
        self._surroundings = {lang: Surroundings(gazetteer, lang) for lang in LANGUAGES}

    def find(self, title: TextView, text: TextView) -> list[PlaceHit]:
        """Return where places are named, title first, in order; a name inside a longer one is not found.

        Texts in other languages than English, Russian and Ukrainian give none.
        """
        fields: list[tuple[Field, list[_Candidate]]] = [
            ("title", self._candidates(title, title=True)),
            ("text", self._candidates(text, title=False)),
        ]
        views = {"title": title, "text": text}
        sure = {c.use.place.code for _, found in fields for c in found if c.use.name.written == "name"}
        return [
            _hit(candidate, field)
            for field, found in fields
            for candidate in found
            if self._admissible(candidate, views[field], sure)
        ]

    def _candidates(self, view: TextView, title: bool) -> list[_Candidate]:
        automaton = self._automata.get(view.lang)  # type: ignore[call-overload]  # any language may come
        if automaton is None:
            return []
        around: Surroundings = self._surroundings[view.lang]  # type: ignore[index]  # known from here on
        lower = title and view.raw.islower()
        found: list[_Candidate] = []
        normal = view.normal
        for last, (length, uses) in automaton.iter(normal.text):
            start, end = last - length + 1, last + 1
            if not around.stands_alone(normal.text, start, end):
                continue
            raw_start, raw_end = normal.raw_span(start, end)
            for use in uses:
                if not (_written_as_name(use, view, raw_start, end) or (lower and use.name.written == "name")):
                    continue
                if use.region_word is None:
                    if not around.is_something_else(view, start, end):
                        found.append(_Candidate(use, start, end, raw_start, raw_end))
                    continue
                stop = around.region_end(view, end, use.region_word)
                if stop is not None:
                    found.append(_Candidate(use, start, stop, raw_start, normal.raw_span(start, stop)[1]))
        return _longest(around.without_loose_ends(normal.text, found))

    def _admissible(self, candidate: _Candidate, view: TextView, sure: set[str]) -> bool:
        """Tell whether a name that also means something else stands for the place here."""
        written, region_named = candidate.use.name.written, candidate.use.place.code in sure
        if written == "name" or candidate.use.region_word is not None:
            return True
        if written == "region":
            return region_named
        around: Surroundings = self._surroundings[view.lang]  # type: ignore[index]  # only known languages have any
        span = (candidate.start, candidate.end)
        if around.after_place_word(view, *span):
            return True
        if written == "alone":
            return not around.beside_name(view, *span)
        spoken_for = region_named or around.after_preposition(view, *span)
        if written == "inside":
            return spoken_for or not around.begins_sentence(view, *span)
        return spoken_for and not around.beside_name(view, *span) and not around.after_river_word(view, *span)


def _compile(gazetteer: Gazetteer, lang: Language) -> Any:
    import ahocorasick

    table: dict[str, list[_Use]] = {}
    for place, named, _ in places(gazetteer):
        for name in named.names(lang):
            for form, use in _uses(gazetteer, lang, place, name):
                table.setdefault(form, []).append(use)
    automaton = ahocorasick.Automaton()
    for form, uses in table.items():
        automaton.add_word(form, (len(form), tuple(uses)))
    automaton.make_automaton()
    return automaton


def _uses(gazetteer: Gazetteer, lang: Language, place: Place, name: Name) -> Iterator[tuple[str, _Use]]:
    split = region_stem(gazetteer, lang, name)
    if split is not None:
        stem, word = split
        forms = inflect_adjective(stem, lang)
    else:
        stem, word = name.text, None
        fixed = name.fixed or name.exact or bool(name.forms)
        forms = frozenset({normalise(text).text for text in (name.text, *name.forms)})
        forms = forms if fixed else forms | inflect_name(name.text, lang)
    last_is_capital = stem.replace("-", " ").split(" ")[-1][:1].isupper()
    for form in spell(forms):
        length = len(form.replace("-", " ").split(" ")[-1]) if last_is_capital else len(form)
        yield form, _Use(place, name, word, length)


def _written_as_name(use: _Use, view: TextView, raw_start: int, end: int) -> bool:
    """Tell whether the words begin with capital letters, and acronyms are written as they are."""
    raw, at = view.raw, view.normal.raw_span
    if use.name.exact:
        first = end - len(use.name.text)
        return all(raw[at(first + index, end)[0]] == letter for index, letter in enumerate(use.name.text))
    return raw[raw_start].isupper() and raw[at(end - use.capital_at, end)[0]].isupper()


def _longest(candidates: list[_Candidate]) -> list[_Candidate]:
    """Return the candidates that no longer one overlaps, in order; of equal ones a region goes before a city."""
    ranked = sorted(candidates, key=lambda c: (c.raw_start - c.raw_end, c.use.region_word is None, c.raw_start))
    kept: list[_Candidate] = []  # in order, so that a candidate has two neighbours to overlap
    starts: list[int] = []
    for candidate in ranked:
        at = bisect_left(starts, candidate.raw_start)
        before = at == 0 or kept[at - 1].raw_end <= candidate.raw_start
        if before and (at == len(kept) or candidate.raw_end <= starts[at]):
            starts.insert(at, candidate.raw_start)
            kept.insert(at, candidate)
    return kept


def _hit(candidate: _Candidate, field: Field) -> PlaceHit:
    place = candidate.use.place
    return PlaceHit(
        place_id=place.place_id,
        name=place.name,
        kind=place.kind,
        country=place.country,
        iso_3166_2=place.code,
        field=field,
        start=candidate.raw_start,
        end=candidate.raw_end,
    )
