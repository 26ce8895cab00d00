"""The words of which unnamed groups are made, and a text seen as tokens that know their roles."""

import re
from collections.abc import Iterable, Iterator
from typing import Any, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field, field_validator

from transforms.actors import forms, ukrainian
from transforms.text.normalise import normalise
from transforms.text.words import TextView

Language = Literal["en", "ru", "uk"]
LANGUAGES: tuple[Language, ...] = ("en", "ru", "uk")
ALL_CASES = frozenset("ngdil")
ByLanguage = dict[Language, list[str]]
# Ukrainian texts quote Russian ones; names of either stand in English texts.
_LOOKED_UP = {"uk": ("uk", "ru", "en"), "ru": ("ru", "en"), "en": ("en", "ru")}
# The lists that `grammar` may have.
GRAMMAR = (
    "and",
    "callup",
    "homecoming",
    "told",
    "ukrainian_singular",
    "children",
    "complaint",
    "drafted",
    "at",
    "kin_links",
    "war_relations",
    "petition",
    "seek",
    "own_units",
    "shared_units",
    "friends",
    "comrades",
    "bystanders",
    "tells",
    "letters",
    "acts",
    "draft_places",
    "civil_corps",
    "unlike_units",
    "kinfolk",
    "serving",
    "english_end",
    "english_men",
    "english_preposition",
    "handed",
    "may_be_one",
    "men",
    "men_at_war",
    "modifiers",
    "not_heads",
    "one",
    "prepositions",
    "protest",
    "speech",
    "their",
    "those",
    "them",
    "together",
    "which",
    "civil_units",
    "counts",
    "dealt",
    "from",
    "his",
    "numbered_units",
    "ordinals",
    "parents",
    "unit_words",
    "works",
    "with",
    "wives",
    "women",
)
_INFLECTED_ROLES = ("attributes", "service", "own_side", "weak_service", "doubtful", "persons", "others")
_FIXED_ROLES = ("members", "person_pronouns", "whose")


class Words(BaseModel):
    """The content of `relatives.yaml`; each list is explained there."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    relations: dict[Literal["mothers", "relatives"], ByLanguage] = Field(default_factory=dict)
    singular_relations: ByLanguage = Field(default_factory=dict)
    members: ByLanguage = Field(default_factory=dict)
    attributes: ByLanguage = Field(default_factory=dict)
    service: ByLanguage = Field(default_factory=dict)
    units: ByLanguage = Field(default_factory=dict)
    own_side: ByLanguage = Field(default_factory=dict)
    weak_service: ByLanguage = Field(default_factory=dict)
    doubtful: ByLanguage = Field(default_factory=dict)
    persons: ByLanguage = Field(default_factory=dict)
    person_pronouns: ByLanguage = Field(default_factory=dict)
    kin: dict[Literal["mothers", "wives", "relatives"], ByLanguage] = Field(default_factory=dict)
    whose: ByLanguage = Field(default_factory=dict)
    cues: ByLanguage = Field(default_factory=dict)
    war_places: ByLanguage = Field(default_factory=dict)
    strikes: ByLanguage = Field(default_factory=dict)
    civil: ByLanguage = Field(default_factory=dict)
    others: ByLanguage = Field(default_factory=dict)
    organisations: ByLanguage = Field(default_factory=dict)
    grammar: dict[str, list[str]] = Field(default_factory=dict)

    @field_validator("grammar")
    @classmethod
    def _is_known(cls, grammar: dict[str, list[str]]) -> dict[str, list[str]]:
        unknown = sorted(set(grammar) - set(GRAMMAR))
        if unknown:
            raise ValueError(f"unknown lists: {', '.join(unknown)}")
        return grammar


class Tag(NamedTuple):
    """One role a word form can play; `group` is the actor's side of it, `cases` those it can stand in."""

    role: str  # a list of `Words`: relation, service, weak_service, persons, kin, ...
    group: str = ""
    cases: frozenset[str] = ALL_CASES


class Token(NamedTuple):
    """A word, or a phrase of the vocabulary, with its raw span, its roles, and what stands before the next token."""

    text: str
    start: int
    end: int
    sentence: int
    gap: str
    tags: tuple[Tag, ...]
    singular_owner: bool = False  # "soldier's": one person

    def tag(self, role: str) -> Tag | None:
        """Return the token's tag of that role."""
        for tag in self.tags:
            if tag.role == role:
                return tag
        return None

    def is_a(self, *roles: str) -> bool:
        """Tell whether the token has any of the roles."""
        return any(tag.role in roles for tag in self.tags)

    def is_owner(self, *roles: str) -> bool:
        """Tell whether the token has any of the roles in the genitive."""
        return any(tag.role in roles and "g" in tag.cases for tag in self.tags)


class Vocabulary:
    """The inflected forms of all words, by language, and the compiled patterns of cues and small words."""

    def __init__(self, words: Words) -> None:
        self.forms: dict[str, dict[str, tuple[Tag, ...]]] = {lang: {} for lang in LANGUAGES}
        self.phrases: dict[str, dict[str, list[tuple[str, ...]]]] = {lang: {} for lang in LANGUAGES}
        self._add_all(words)
        service = {lang: [form for form, tags in self.forms[lang].items() if _is_service(tags)] for lang in LANGUAGES}
        self.cues = _patterns({lang: [*words.cues.get(lang, []), *service[lang]] for lang in LANGUAGES})
        self.war_places = _patterns(words.war_places)
        self.civil = _patterns(words.civil)
        self.strikes = _patterns(words.strikes)
        self.organisations = _patterns(words.organisations)
        self.grammar = {name: stem_pattern(words.grammar.get(name, [])) for name in GRAMMAR}

    def means(self, name: str, text: str) -> bool:
        """Tell whether a normalised word is in the grammar's list of that name."""
        return self.grammar[name].fullmatch(text) is not None

    def tokens(self, view: TextView) -> list[Token]:
        """Return the tokens of `view`, in order."""
        tables = [(self.forms[lang], self.phrases[lang]) for lang in _LOOKED_UP.get(view.lang, LANGUAGES)]
        words, normal = view.words, view.normal.text
        skipped = self.grammar["ukrainian_singular"] if view.lang == "uk" else None
        found: list[Token] = []
        index, count = 0, len(words)
        while index < count:
            word = words[index]
            last, tags, singular = _look_up(words, index, tables)
            if skipped is not None and tags and skipped.fullmatch(word.text):
                tags = ()
            end = words[last] if last != index else word
            if last + 1 < count:
                following = words[last + 1]
                gap = normal[end.norm_end : following.norm_start]
                if end.sentence != following.sentence:
                    gap += "."
            else:
                gap = normal[end.norm_end :]
            text = word.text if last == index else normal[word.norm_start : end.norm_end]
            found.append(Token(text, word.start, end.end, word.sentence, gap, tags, singular))
            index = last + 1
        return found

    def _add_all(self, words: Words) -> None:
        for role, groups in (("relation", words.relations), ("kin", words.kin)):
            for group, by_language in groups.items():
                self._add(role, group, by_language)
        for role in _INFLECTED_ROLES:
            self._add(role, "", getattr(words, role))
        for role in _FIXED_ROLES:
            for lang, fixed in getattr(words, role).items():
                self._add_forms(lang, role, "", dict.fromkeys("ngdil", frozenset(map(_plain, fixed))))
        for lang, fixed in words.singular_relations.items():
            self._add_forms(lang, "relation", "relatives", {"n": frozenset(map(_plain, fixed))})
        for lang, fixed in words.units.items():
            self._add_forms(lang, "units", "", {"g": frozenset(map(_plain, fixed))})

    def _add(self, role: str, group: str, by_language: ByLanguage) -> None:
        for lang, entries in by_language.items():
            for entry in entries:
                self._add_forms(lang, role, group, _plural_cases(entry, lang))

    def _add_forms(self, lang: str, role: str, group: str, cases: dict[str, frozenset[str]]) -> None:
        by_form: dict[str, set[str]] = {}
        for case, case_forms in cases.items():
            for form in case_forms:
                by_form.setdefault(form, set()).add(case)
        for form, its_cases in by_form.items():
            known = self.forms[lang].get(form, ())
            if not any(other.role == role for other in known):
                self.forms[lang][form] = (*known, Tag(role, group, frozenset(its_cases)))
            words = tuple(form.split(" "))
            if len(words) > 1:
                phrases = self.phrases[lang].setdefault(words[0], [])
                if words not in phrases:
                    phrases.append(words)
                    phrases.sort(key=len, reverse=True)


def entries_without_forms(words: Words) -> Iterator[tuple[str | int, ...]]:
    """Yield the place of each entry of which no forms can be made."""
    lists: list[tuple[tuple[str, ...], ByLanguage]] = [((role,), getattr(words, role)) for role in _INFLECTED_ROLES]
    lists += [(("relations", group), by_language) for group, by_language in words.relations.items()]
    lists += [(("kin", group), by_language) for group, by_language in words.kin.items()]
    for place, by_language in lists:
        for lang, entries in by_language.items():
            for index, entry in enumerate(entries):
                if not any(_plural_cases(entry, lang).values()):
                    yield (*place, lang, index)


def stem_pattern(stems: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern that finds the words and phrases of `stems` in normalised text; a star means any letters."""
    parts = [re.escape(_plain(stem)).replace(r"\*", r"\w*") for stem in stems]
    return re.compile(rf"(?<!\w)(?:{'|'.join(sorted(parts, key=len, reverse=True))})(?!\w)" if parts else r"(?!)")


def _patterns(by_language: ByLanguage) -> dict[str, re.Pattern[str]]:
    return {lang: stem_pattern(by_language.get(lang, [])) for lang in LANGUAGES}


def _is_service(tags: tuple[Tag, ...]) -> bool:
    return any(tag.role == "service" for tag in tags)


def _look_up(words: Any, index: int, tables: list[Any]) -> tuple[int, tuple[Tag, ...], bool]:
    """Return the last word, the tags and the singular mark of the longest entry that begins at `index`."""
    text = words[index].text
    opening = text.rpartition("-")[2]  # "северян-участников СВО"
    for table, phrases in tables:
        for phrase in phrases.get(opening, ()):
            if (opening, *(word.text for word in words[index + 1 : index + len(phrase)])) == phrase:
                return index + len(phrase) - 1, table[" ".join(phrase)], False
    for table, _ in tables:
        if text in table:
            return index, table[text], False
    if text.endswith("'s"):
        owner = text[:-2]
        tags = next((table[owner] for table, _ in tables if owner in table), ())
        return index, tags, not owner.endswith(("men", "people"))
    if "-" in text:
        for table, _ in tables:
            parts = [table[part] for part in text.split("-") if part in table]
            if parts:  # "сыновей-новобранцев", "жінок-захисниць": they serve themselves
                return index, next(filter(_is_service, parts), parts[0]), False
    return index, (), False


def _plural_cases(entry: str, lang: str) -> dict[str, frozenset[str]]:
    """Return the plural forms by case of one entry of a list: a word or a phrase, see the head of the file."""
    if lang == "en":
        return dict.fromkeys("ngdil", frozenset({_plain(entry)}))
    parts = [_word_cases(word, lang) for word in entry.split()]
    return parts[0] if len(parts) == 1 else _joint_cases(parts)


def _word_cases(word: str, lang: str) -> dict[str, frozenset[str]]:
    if word.startswith("+"):
        return dict.fromkeys("ngdil", frozenset({_plain(word[1:])}))
    nominative, stroke, genitives = word.partition("/")
    if stroke:
        return _folded(ukrainian.plural_cases(nominative, genitives.split("/")))
    if lang == "uk":
        return {"n": frozenset({_plain(word)})}
    return _folded(forms.russian_plural_cases(word))


def _joint_cases(parts: list[dict[str, frozenset[str]]]) -> dict[str, frozenset[str]]:
    joint: dict[str, frozenset[str]] = {}
    for case in "ngdil":
        joint[case] = frozenset(" ".join(words) for words in zip(*(sorted(part[case]) for part in parts), strict=False))
    return joint


def _folded(cases: dict[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    return {case: frozenset(map(_plain, case_forms)) for case, case_forms in cases.items()}


def _plain(text: str) -> str:
    return normalise(text).text
