"""Ukrainian declension for names of organisations, people and groups: tables of endings, written for this program.

The tables give every form that a word of the class can have, and some that only its neighbours have: a form that
nobody writes costs nothing, a form that is missing costs a mention.
"""

# Endings of the singular (all cases, vocative included) and of the plural, by the ending of the dictionary form.
# The first match wins; the ending of the key is cut off before the others are put on.
_NOUNS: tuple[tuple[str, str, str], ...] = (
    ("ія", "ія ії ію ією іє", "ії ій іям іями іях"),
    ("'я", "'я 'ї 'ю 'єю 'є", "'ї ей 'ям 'ями 'ях"),
    ("ння", "ння нню нням нні", "ння нь нням ннями ннях"),
    ("ття", "ття ттю ттям тті", "ття ть ттям ттями ттях"),
    ("ка", "ка ки ці ку кою ко", "ки ок кам ками ках"),
    ("га", "га ги зі гу гою го", "ги г гам гами гах"),
    ("ха", "ха хи сі ху хою хо", "хи х хам хами хах"),
    ("а", "а и і у ою о", "и  ам ами ах"),
    ("я", "я і ю ею е", "і ь ям ями ях"),
    ("ок", "ок ка ку кові ком кові ку ку", "ки ків кам ками ках"),
    ("ець", "ець ця цю цеві цем ці че", "ці ців цям цями цях"),
    ("це", "це ця цю цем ці", "ця ць цям цями цях"),
    ("о", "о а у ом і ові", "а  ам ами ах"),
    ("ь", "ь я ю еві ем і", "і ів ям ями ях"),
    ("й", "й я ю єві єм ї", "ї їв ям ями ях"),
    ("", " а у ові ом і е ю", "и ів ам ами ах"),
)
_ADJECTIVE_ENDINGS = "ий ого ому им ім а ої ій у ою е і их ими"
_ADJECTIVE_STEMS = ("ськ", "цьк", "зьк", "ійн", "ивн", "одн", "альн", "ичн", "ов", "ин", "ніст", "овн", "вдов")
_ADJECTIVE_NOMINATIVE = ("ий", "а", "е", "і")
# Plural names ("Матері ...") decline in the plural alone: nominative, then the genitives in use.
_PLURALS = {
    "матері": "матерів матерей",
    "мами": "мам",
    "дружини": "дружин",
    "жінки": "жінок",
    "вдови": "вдів удів",
    "родини": "родин",
    "сім'ї": "сімей",
    "рідні": "рідних",
    "близькі": "близьких",
    "родичі": "родичів",
    "батьки": "батьків",
    "сестри": "сестер",
    "діти": "дітей",
    "комітети": "комітетів",
}
_IRREGULAR = {
    "мати": "мати матері матір матір'ю мамо матерів матерей матерям матерями матерях",
    "шлях": "шлях шляху шляхові шляхом шляхи шляхів шляхам шляхами шляхах",
    "діти": "діти дітей дітям дітьми дітях",
}


def decline_noun(word: str) -> frozenset[str]:
    """Return the forms of a lower-case noun given in its dictionary form, singular and plural."""
    if word in _IRREGULAR:
        return frozenset(_IRREGULAR[word].split())
    if word in _PLURALS:
        return frozenset().union(*plural_cases(word, _PLURALS[word].split()).values())
    for ending, singular, plural in _NOUNS:
        if word.endswith(ending):
            stem = word.removesuffix(ending) if ending else word
            endings = [*singular.split(" "), *plural.split(" ")]
            return frozenset(stem + end for end in endings) | {word}
    return frozenset({word})


def is_plural_name(word: str) -> bool:
    """Tell whether a name's head is plural already, as in «Матері Росії»."""
    return word in _PLURALS


def adjective_stem(word: str) -> str | None:
    """Return the stem of a lower-case adjective in the nominative, None for other words."""
    for ending in _ADJECTIVE_NOMINATIVE:
        stem = word.removesuffix(ending)
        if stem != word and stem.endswith(_ADJECTIVE_STEMS):
            return stem
    return None


def decline_adjective(stem: str) -> frozenset[str]:
    """Return all forms of the adjective with that `stem`."""
    return frozenset(stem + ending for ending in _ADJECTIVE_ENDINGS.split())


def plural_cases(nominative: str, genitives: list[str]) -> dict[str, frozenset[str]]:
    """Return the plural forms by case (n, g, d, i, l) of a word whose nominative and genitive plural are given."""
    if genitives[0].endswith(("их", "іх", "їх")):
        stem = genitives[0][:-1]
        cases = {"n": {nominative}, "g": set(genitives), "d": {stem + "м"}, "i": {stem + "ми"}, "l": set(genitives)}
    elif nominative in _IRREGULAR:
        cases = {"n": {nominative}, "g": {"дітей"}, "d": {"дітям"}, "i": {"дітьми"}, "l": {"дітях"}}
    else:
        stem = nominative[:-1]
        soft = nominative.endswith(("і", "ї")) and not stem.endswith(("ж", "ч", "ш", "щ"))
        vowel = "я" if soft else "а"
        cases = {
            "n": {nominative},
            "g": set(genitives),
            "d": {stem + vowel + "м"},
            "i": {stem + vowel + "ми"},
            "l": {stem + vowel + "х"},
        }
    return {case: frozenset(forms) for case, forms in cases.items()}


def decline_person(first: str, last: str) -> frozenset[str]:
    """Return the declined forms "first last" of a lower-case personal name; women's and men's by their endings."""
    firsts, lasts = _name_cases(first), _surname_cases(last, feminine=first.endswith(("а", "я")))
    return frozenset(f"{a} {b}" for a in firsts for b in lasts)


def decline_surname(last: str, feminine: bool) -> frozenset[str]:
    """Return the forms of a lower-case surname."""
    return frozenset(_surname_cases(last, feminine))


def _name_cases(first: str) -> frozenset[str]:
    if first.endswith(("а", "я")):
        return decline_noun(first)
    return frozenset(first + ending for ending in ("", "а", "у", "ові", "ом", "е", "ем", "ю", "я"))


def _surname_cases(last: str, feminine: bool) -> frozenset[str]:
    if feminine and last.endswith(("ова", "ева", "єва", "їна", "іна", "ина", "ська", "цька", "зька")):
        return frozenset(last[:-1] + ending for ending in ("а", "ої", "ій", "у", "ою"))
    if last.endswith(("а", "я")):
        return decline_noun(last)
    if feminine or last.endswith(("о", "е", "и", "і", "ї", "ю", "у")):
        return frozenset({last})
    if last.endswith(("ий", "ій")):
        return frozenset(last[:-2] + ending for ending in ("ий", "ій", "ого", "ому", "им", "ім"))
    return frozenset(last + ending for ending in ("", "а", "у", "ові", "ом", "им", "е", "і"))
