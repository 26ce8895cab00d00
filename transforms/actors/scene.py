"""One text made ready for the grammar of unnamed groups: its tokens, and where it speaks of armies and accidents."""

import re
from bisect import bisect_left
from functools import cached_property, lru_cache

from transforms.actors.vocabulary import LANGUAGES, Token, Vocabulary
from transforms.text.morphology import russian
from transforms.text.words import TextView

MILITARY_CUES = 2  # different places that speak of an army before a whole text counts as being about one
ARMY_CUES = 4  # the same, before "men" in it are taken for soldiers
UNIT_REACH = 6  # tokens of "the 47th separate mechanised brigade"
_LONG_NUMBER = re.compile(r"^\d{2,5}\D")  # "the 36th" alone may be a regiment, "the 2nd" is no one
STOP = re.compile(r"[.;:!?()\[\]|]|(?<= )-|-(?= )")  # no phrase goes on across these
_CUE_LANGUAGES = {"uk": ("uk", "ru"), "ru": ("ru",), "en": ("en",)}
_UNIT_NUMBER = re.compile(r"^\d{1,5}-?(?:st|nd|rd|th|й|я|го|ої|ой|та|тої|шої|мої|ї)$")
_LONG_OWNER = re.compile(r"^\d{2,5}-?(?:го|й|ой|ї|ої)$")
_IN_FRONT_OF = re.compile(r"(?<!\w)in $"), re.compile(r"^ of(?!\w)")  # around a "front" where nobody fights
_FRONT_DOOR = re.compile(r"^ (?:doors?|gates?|pages?|rows?|desks?|yards?|seats?|wheels?|runners?|office|cover)(?!\w)")
_VERB = re.compile(r"(?:[уюая]ть?|[уюая]т[ьс]ся|[аеиіуыя]ли|лись|лися)$")  # "родини 110-ї просять"
_UNIT_OWNER = re.compile(r"(?:ого|его|ой|ей|ої|ьої|\d)$")
_ADJECTIVE_ENDINGS = ("х", "е", "і", "м", "ми")
_NOUN_ENDINGS = ("ях", "ах", "ям", "ам", "ями", "ами")
_OWNER_ENDINGS = ("ых", "их", "ого", "его", "іх", "їх", "ої")
# "военных" and "рядовых" may describe the next word; "мобилизованных" stays a word for people before any noun.
_KINDLY = re.compile(r"(?:близк|родны|рідн|близьк)")  # "близкие люди" are no one's relatives yet
_RUSSIAN_DESCRIBING = re.compile(r"(?:военны|рядовы|морски|близки|родны)")
_UKRAINIAN_DESCRIBING = re.compile(r"(?:військов(?:і|их|им|ими)|рядов(?:і|их|им|ими)|рідн(?:і|их|им|ими)|близьк\w+)$")
# Ukrainian has no dictionary here: after these words and endings no noun is described.
_UKRAINIAN_NO_NOUN = re.compile(
    r"(?:^.{1,3}|^\d.*|ли|лися|лись|ть|ться|ють|уть|ла|ти|тися|ється|но|то|є|сят|сот|ьох|их|які|який|також|вже|ще|росії|україни|ців|ків)$"
)


class Scene:
    """A text's tokens with the places of its cues; `title_cue` says that the article's title speaks of an army."""

    def __init__(
        self,
        view: TextView,
        vocabulary: Vocabulary,
        title_cue: bool,
        cues_beside: bool = False,
        body: "Scene | None" = None,
        title: "Scene | None" = None,
    ) -> None:
        self.view = view
        self.vocabulary = vocabulary
        self.tokens = vocabulary.tokens(view)
        self.lang = view.lang
        self.title_cue = title_cue
        self.cues_beside = cues_beside  # in the title or the text, whichever this is not
        self.body = body  # of the article, where this is its title
        self.title = title  # of the article, where this is its body

    @cached_property
    def cues(self) -> list[tuple[int, int]]:
        """Raw spans of what speaks of an army or a war, in order."""
        raw = self.view.raw
        before, after = _IN_FRONT_OF
        return [
            (start, end)
            for start, end in _places(self.view, self.vocabulary.cues)
            if not (before.search(raw[max(0, start - 4) : start]) and after.match(raw[end : end + 4]))
            and not (raw[start:end].lower() == "front" and _FRONT_DOOR.match(raw[end : end + 9]))
        ]

    @cached_property
    def military(self) -> bool:
        """Whether the whole text is about an army or a war."""
        return len(self.cues) >= MILITARY_CUES and len(self.cues) > len(self._civil)

    @cached_property
    def is_army_text(self) -> bool:
        """Whether the text is so much about an army that "men" in it are soldiers."""
        return self.military and (self.title_cue or len(self.cues) >= ARMY_CUES)

    @cached_property
    def _civil(self) -> list[tuple[int, int]]:
        return _places(self.view, self.vocabulary.civil)

    @cached_property
    def _strikes(self) -> list[tuple[int, int]]:
        return _places(self.view, self.vocabulary.strikes)

    @cached_property
    def _signs(self) -> list[tuple[int, int]]:
        return sorted({*self.cues, *_places(self.view, self.vocabulary.war_places)})

    def means(self, name: str, token: Token) -> bool:
        """Tell whether the token is in the grammar's list of that name."""
        return self.vocabulary.means(name, token.text)

    def cue_between(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first cue that begins at or after raw `start` and before `end`."""
        return _first(self.cues, start, end)

    def sign_between(self, start: int, end: int) -> tuple[int, int] | None:
        """Return the first cue or place of war that begins at or after raw `start` and before `end`."""
        return _first(self._signs, start, end)

    def sentence_span(self, token: Token) -> tuple[int, int]:
        """Return the raw span of the token's sentence."""
        sentences = self.view.sentences
        return sentences[token.sentence] if token.sentence < len(sentences) else (token.start, token.end)

    def sentence_start(self, sentence: int) -> int:
        """Return the raw start of the sentence of that number; past the last, the end of the text."""
        sentences = self.view.sentences
        return sentences[max(0, sentence)][0] if sentence < len(sentences) else len(self.view.raw) + 1

    def is_civil(self, token: Token) -> bool:
        """Tell whether the token's sentence speaks of an accident or a crime."""
        return _first(self._civil, *self.sentence_span(token)) is not None

    def is_struck(self, token: Token) -> bool:
        """Tell whether the token's sentence speaks of shells or missiles, which hit civilians too."""
        return _first(self._strikes, *self.sentence_span(token)) is not None

    def at_war(self, token: Token) -> bool:
        """Tell whether the sentence of a weak word, the title, or the whole text places it in an army or a war."""
        if self.is_civil(token):
            return False
        if token.is_a("doubtful"):
            return not self.is_struck(token) and (self.cue_beside(token) or self.is_quiet or self._told_before(token))
        return (
            self.cue_beside(token)
            or self.title_cue
            or self.military
            or self._told_just_before(token)
            or self._body_military
        )

    def _told_just_before(self, token: Token) -> bool:
        """Tell whether the sentence before a weak word speaks of an army, in a text without accidents and shelling."""
        first = self.sentence_start(token.sentence - 1)
        return self.is_calm and self.cue_between(first, token.start) is not None

    def _told_before(self, token: Token) -> bool:
        """Tell whether an earlier sentence has the same doubtful word beside a cue: "the sailors" once more."""
        for other in self.tokens:
            if other.sentence >= token.sentence:
                return False
            if other.text == token.text.removesuffix("'s") and self.cue_beside(other):
                return not (self.is_civil(other) or self.is_struck(other))
        return False

    def cue_beside(self, token: Token) -> bool:
        """Tell whether the token's sentence has a cue besides the token itself."""
        start, end = self.sentence_span(token)
        return self.cue_between(start, token.start) is not None or self.cue_between(token.end, end) is not None

    def is_capital(self, token: Token) -> bool:
        """Tell whether the token begins with a capital letter."""
        return self.view.raw[token.start : token.start + 1].isupper()

    def describes(self, at: int) -> bool:
        """Tell whether the token at `at`, such as "военных", only describes a noun that is no one in service."""
        tokens = self.tokens
        if at + 1 >= len(tokens) or tokens[at].gap.strip() or self.lang == "en":
            return False
        text, following = tokens[at].text, tokens[at + 1]
        if _KINDLY.match(text) and following.text.startswith("люд"):
            return True
        if following.is_a("service", "weak_service", "doubtful", "persons") or self.unit_end(at + 1) is not None:
            return False
        if following.is_a("others"):
            return text.endswith(_ADJECTIVE_ENDINGS) and not text.endswith(_NOUN_ENDINGS)
        if _RUSSIAN_DESCRIBING.match(text):
            return is_agreeing_noun(text, following.text)
        return _UKRAINIAN_DESCRIBING.match(text) is not None and not _UKRAINIAN_NO_NOUN.search(following.text)

    @cached_property
    def is_quiet(self) -> bool:
        """Whether the text is about an army and nowhere about an accident, a crime or shelling; a title as its text."""
        if self.body is not None:
            return self.is_calm and self.body.is_quiet
        told = self.military or self.cues_told >= MILITARY_CUES > len(self._civil)
        return told and self.is_calm

    @cached_property
    def cues_told(self) -> int:
        """How many places of the article, title and body, speak of an army or a war."""
        return len(self.cues) + sum(len(other.cues) for other in (self.title, self.body) if other is not None)

    @property
    def _body_military(self) -> bool:
        return self.body is not None and self.body.military

    @cached_property
    def has_service(self) -> bool:
        """Whether the article, title or body, has a word for people in service or their units."""
        parts = [part for part in (self, self.title, self.body) if part is not None]
        return any(token.is_a("service", "units") for part in parts for token in part.tokens)

    @cached_property
    def is_calm(self) -> bool:
        """Whether the text speaks nowhere of an accident, a crime or shelling."""
        return not self._civil and not self._strikes

    def unit_end(self, at: int) -> int | None:
        """Return the token of the unit that begins at `at`: "2nd company", "47-ї механізованої бригади", "1486th"."""
        numbered = False
        for last in range(at, min(len(self.tokens), at + UNIT_REACH)):
            token = self.tokens[last]
            if token.is_a("units") or (numbered and self.means("numbered_units", token)):
                return None if self._goes_on(last) else last
            number = _UNIT_NUMBER.match(token.text) is not None or self.means("ordinals", token)
            numbered = numbered or number
            if self._is_unit_by_number(last) or (last == at and self.is_count(last)):
                return last
            if not self._leads_to_unit(last, number):
                return None
        return None

    def is_numbered(self, at: int) -> bool:
        """Tell whether the token is the number of a unit: "14-й"."""
        return _UNIT_NUMBER.match(self.tokens[at].text) is not None

    def _is_unit_by_number(self, at: int) -> bool:
        """Tell whether an English number alone is a unit's, in an article about an army: "the 1486th"."""
        number = _LONG_NUMBER if self.lang == "en" else _LONG_OWNER
        if not number.match(self.tokens[at].text):
            return False
        acts = self.ends_noun if self.lang == "en" else _acts
        ends = self._ends_phrase(at) or acts(self.tokens[at + 1])
        return ends and (self.military or self.cues_beside)

    def _leads_to_unit(self, at: int, number: bool) -> bool:
        """Tell whether the word at `at` may stand before "brigade", as "47th" and "mechanised" do."""
        token = self.tokens[at]
        if self._ends_phrase(at) or self.means("civil_units", token) or token.is_a("others"):
            return False
        if self.lang == "en":
            return number or self.means("unit_words", token)
        return number or _UNIT_OWNER.search(token.text) is not None

    def _ends_phrase(self, at: int) -> bool:
        gap = self.tokens[at].gap
        return at + 1 >= len(self.tokens) or "," in gap or STOP.search(gap) is not None

    def is_count(self, at: int) -> bool:
        """Tell whether a number without a noun stands for men: "relatives of the nineteen", «семьи девятерых»."""
        tokens = self.tokens
        if not self.means("counts", tokens[at]):
            return False
        ends = at + 1 >= len(tokens) or bool(tokens[at].gap.strip())
        return self.is_quiet and (ends or self.lang != "en" or not tokens[at + 1].text.endswith(("s", "n")))

    def _goes_on(self, at: int) -> bool:
        """Tell whether the English noun at `at` only describes the next: "the 2nd company directors"."""
        tokens = self.tokens
        if self.lang != "en" or at + 1 >= len(tokens) or tokens[at].gap.strip() or self.ends_noun(tokens[at + 1]):
            return False
        following = tokens[at + 1]
        return following.text.endswith("s") and not following.is_a("service", "weak_service", "doubtful")

    def is_named(self, index: int) -> bool:
        """Tell whether the relation at `index` is part of a name: in quotes, or after "council"."""
        before = self.view.raw[: self.tokens[index].start].rstrip(" ")
        if before.endswith(("«", "“", "„", '"')):
            return True
        bodies = self.vocabulary.organisations.values()
        return index > 0 and any(pattern.fullmatch(self.tokens[index - 1].text) for pattern in bodies)

    def ends_noun(self, token: Token) -> bool:
        """Tell whether an English word ends the words before it: "of", "said", "and"."""
        return any(self.means(name, token) for name in ("english_end", "and", "english_preposition"))

    def has_owner(self, index: int) -> bool:
        """Tell whether the relation at `index` says whose relatives they are: "mothers of pupils", "семьи шахтёров"."""
        tokens = self.tokens
        if index and (tokens[index - 1].text.endswith("'s") or self.means("one", tokens[index - 1])):
            return True
        if index + 1 >= len(tokens) or tokens[index].gap.strip(" *_"):
            return False
        following = tokens[index + 1]
        if self.lang == "en":
            return following.text == "of" and not (index + 2 < len(tokens) and tokens[index + 2].is_a("kin"))
        named = self.is_capital(following) and following.sentence == tokens[index].sentence
        if named or following.is_a("others"):
            return True
        if self.lang == "ru" and not following.tags and is_owner_noun(following.text):
            return True  # "родители призывника"
        pronoun = self.means("them", following) or self.means("their", following) or following.is_a("whose")
        return following.text.endswith(_OWNER_ENDINGS) and not pronoun


def _acts(token: Token) -> bool:
    return _VERB.search(token.text) is not None


def _first(places: list[tuple[int, int]], start: int, end: int) -> tuple[int, int] | None:
    index = bisect_left(places, (start, 0))
    return places[index] if index < len(places) and places[index][0] < end else None


def _places(view: TextView, patterns: dict[str, re.Pattern[str]]) -> list[tuple[int, int]]:
    languages = _CUE_LANGUAGES.get(view.lang, LANGUAGES)
    spans = {match.span() for lang in languages for match in patterns[lang].finditer(view.normal.text)}
    return sorted(view.normal.raw_span(*span) for span in spans)


@lru_cache(maxsize=20_000)
def is_owner_noun(word: str) -> bool:
    """Tell whether a Russian `word` is a person in the genitive singular."""
    best = russian().parse(word)[0].tag
    return bool(best.POS == "NOUN" and best.case == "gent" and best.number == "sing" and best.animacy == "anim")


@lru_cache(maxsize=20_000)
def is_agreeing_noun(adjective: str, word: str) -> bool:
    """Tell whether a Russian `word` is a plural noun in a case that `adjective` can stand in."""
    cases = {parse.tag.case for parse in russian().parse(adjective) if "plur" in parse.tag}
    best = russian().parse(word)[0]
    return best.tag.POS == "NOUN" and "plur" in best.tag and "Name" not in best.tag and best.tag.case in cases
