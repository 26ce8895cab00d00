"""The language of an article, told from its script, its letters and its small words, and only then by a model."""

import re
from functools import cache
from typing import Any

UNKNOWN = "und"
SAMPLE = 1_200  # characters of the text that are looked at: more changes no answer
MIN_LETTERS = 2  # fewer tell nothing
SHORT = 40  # letters: below this a model guesses, and what the source declares weighs more
UNQUOTED_LETTERS = 20  # left beside quotes: enough to leave the quotes out
MODEL_LETTERS = 25  # of Cyrillic without a telling letter: fewer make the model guess
SMALL_WORD_LEAD = 2  # small words of one language more than of any other decide at once
UKRAINIAN_LETTER_EVERY = 60  # letters: і, ї, є come every 13th; far rarer, they are a name in a Russian text
MODEL_FLOOR = 0.60  # probability below which the declared language is preferred to the model's

# Letters that one language of a script has and its neighbours lack.
_CYRILLIC_ONLY = {
    "ru": "ыэъё",
    "uk": "іїєґ",
    "be": "ўіыэё",
    "kk": "әғқңөұүһі",
    "sr": "ђјљњћџ",
    "mk": "ѓќѕјљњџ",
}
_BULGARIAN = re.compile("[бвгджзклмнпрстфхцчшщ]ъ[бвгджзклмнпрстфхцчшщ]")  # a vowel there, in Russian only a sign
_BLOCKS = (
    ("el", "\u0370-\u03ff"),
    ("hy", "\u0530-\u058f"),
    ("he", "\u0590-\u05ff"),
    ("hi", "\u0900-\u097f"),
    ("th", "\u0e00-\u0e7f"),
    ("ka", "\u10a0-\u10ff"),
    ("ko", "\uac00-\ud7af\u1100-\u11ff"),
    ("ja", "\u3040-\u30ff"),
    ("zh", "\u4e00-\u9fff"),
    ("ar", "\u0600-\u06ff"),
)
_OTHER_SCRIPTS = tuple((lang, re.compile(f"[{block}]")) for lang, block in _BLOCKS)
_CYRILLIC = re.compile("[\u0400-\u052f]")
_LATIN = re.compile("[A-Za-z\u00c0-\u024f]")
_TOKEN = re.compile(r"[^\W\d_]+(?:['’ʼ][^\W\d_]+)*")
# Addresses and tags say nothing about the language around them.
_NOISE = re.compile(r"https?://\S+|www\.\S+|\S+@\S+|<[^>]{0,300}>|&[a-z#0-9]{2,8};|[@#]\w+")
_QUOTED = re.compile('«[^«»]{1,200}»|„[^„“”]{1,200}[“”]|“[^“”]{1,200}”|"[^"\n]{1,200}"')
_SMALL_WORDS = {
    "en": "the a an of to in and for on with at by from is are was were as that after over his her its their "
    "will has have be not no but this who how what why amid says said new more than up out against into "
    "about it he she they you your we i our can could if when us off all most first may under back one "
    "two could still",
    "de": "der die das und ist nicht von mit auf für ein eine einen den dem des im zu sich als auch nach bei "
    "aus am wie wird sind war oder vor über so dass",
    "fr": "le la les des du et est une un en dans pour que qui sur pas au aux par avec ce sa son plus ne se cette ont",
    "es": "el la los las de del y que en un una por con para su al es se lo como más no este esta sus pero",
    "it": "il lo la gli di del della che e è un una per con non sono da dei nel alla si le al più anche come",
    "pl": "i w na z do nie się jest to że o po za od dla jak przez przy czy są był oraz ze już ma tym",
    "pt": "o os as de do da dos das e que em um uma para com não por no na se mais como ao foi são",
    "nl": "de het een van en in is op te dat met voor niet zijn aan er om ook als bij naar uit door over",
    "cs": "a se na je v že to s do o za pro jako po jsou by ale od ve při který",
    "ru": "и в не на что с по как это он но из за от к для его то она они у о же бы так был при после до или во "
    "со об ее их мы вы уже еще только если когда чем ли где под над без рассказал сообщил заявил",
    "uk": "та і й в у не на що з із зі за як це він але від до для його вона вони про же би був після або їх ми "
    "ви вже ще тільки якщо коли чи де під над без її також цього які який яка",
    "bg": "и на се от за да с по е са не че в си ще как след при до но или това беше бе са няма има във със",
    "sr": "и у је да на се за од са су не из о који која као што али након није би до",
    "mk": "и на се од за да со е не во по дека што ги го до но или како ќе беше",
    "be": "і ў у не на што з па як гэта ён але для яго ад да пра за пры была быў каб",
    "kk": "және мен бұл үшін деп бойынша туралы екі бір бар жоқ болды емес",
}
_SMALL = {lang: frozenset(words.split()) for lang, words in _SMALL_WORDS.items()}
_CYRILLIC_LANGUAGES = ("ru", "uk", "be", "bg", "sr", "mk", "kk")
_LATIN_LANGUAGES: tuple[str, ...] = (
    "en",
    "de",
    "fr",
    "es",
    "it",
    "pl",
    "pt",
    "nl",
    "cs",
    "sk",
    "hu",
    "ro",
    "fi",
    "sv",
    "no",
    "da",
)
_LATIN_LANGUAGES += ("lt", "lv", "et", "tr", "hr", "sl", "sq", "id", "vi", "az")


def identify_language(title: str, text: str, declared: str | None = None) -> tuple[str, float]:
    """Return the two-letter code of the article's language and a confidence from 0 to 1; `und` when nothing tells.

    `declared` is what the record or its source claims: it decides where the text itself does not.
    """
    prior = _two_letters(declared)
    sample = _NOISE.sub(" ", f"{title}\n{text[:SAMPLE]}").lower()
    cyrillic, latin = len(_CYRILLIC.findall(sample)), len(_LATIN.findall(sample))
    other, other_count = _other_script(sample) if cyrillic + latin < len(sample) // 2 else (UNKNOWN, 0)
    if max(cyrillic, latin, other_count) < MIN_LETTERS:
        return (prior, 0.3) if prior else (UNKNOWN, 0.0)
    if other_count > max(cyrillic, latin):
        return (other, 0.9) if other != "ar" else _by_model(sample, ("ar", "fa", "ur"), prior)
    if cyrillic >= latin / 2:  # Cyrillic news is full of Latin names; the reverse is rare
        return _cyrillic(sample, cyrillic, prior)
    return _latin(sample, latin, prior)


def _cyrillic(sample: str, letters: int, prior: str | None) -> tuple[str, float]:
    unquoted = _QUOTED.sub(" ", sample)  # a name or a remark in another language says little about the text
    if len(_CYRILLIC.findall(unquoted)) >= UNQUOTED_LETTERS:
        sample = unquoted
    counts = {lang: sum(map(sample.count, own)) for lang, own in _CYRILLIC_ONLY.items()}
    words = _small_word_counts(sample, _CYRILLIC_LANGUAGES)
    kazakh = counts["kk"] - sample.count("і")
    if kazakh * 30 > letters:
        return "kk", 0.95
    if sample.count("ў") and sample.count("ў") * 2 >= sample.count("щ") + sample.count("и"):
        return "be", 0.95
    if counts["sr"] or counts["mk"]:
        south = "mk" if any(map(sample.count, "ѓќѕ")) or words["mk"] > words["sr"] else "sr"
        if counts["sr"] + counts["mk"] > counts["uk"] + counts["ru"]:
            return south, 0.9
    russian, ukrainian = counts["ru"], counts["uk"]
    if _BULGARIAN.search(sample) and not any(map(sample.count, "ыэ")):
        return "bg", 0.9
    if russian or ukrainian * UKRAINIAN_LETTER_EVERY > letters or (ukrainian and words["uk"] > words["ru"]):
        lang = "uk" if (ukrainian, words["uk"]) > (russian, words["ru"]) else "ru"
        share = max(ukrainian, russian) / max(1, ukrainian + russian)
        return lang, round(0.6 + 0.39 * (share - 0.5) * 2, 3)
    return _cyrillic_without_letters(sample, letters, words, prior)


def _cyrillic_without_letters(sample: str, letters: int, words: dict[str, int], prior: str | None) -> tuple[str, float]:
    best = max(_CYRILLIC_LANGUAGES, key=lambda lang: (words[lang], lang == (prior or "ru"), lang == "ru"))
    if best in {"bg", "mk", "sr"} and words[best] > words["ru"] + 1:
        return best, 0.8
    if prior in _CYRILLIC_LANGUAGES and letters < SHORT * 2:
        return prior, 0.7
    if letters >= MODEL_LETTERS:
        return _by_model(sample, ("ru", "uk"), prior)
    # Ukrainian without і, ї or є is rare; Russian without ы, э, ъ is common.
    return ("uk", 0.6) if words["uk"] > words["ru"] + 1 else ("ru", 0.85)


def _latin(sample: str, letters: int, prior: str | None) -> tuple[str, float]:
    words = _small_word_counts(sample, _LATIN_LANGUAGES)
    ranked = sorted(words, key=lambda lang: (-words[lang], lang != prior, lang))
    lead = words[ranked[0]] - words[ranked[1]]
    tokens = max(1, len(_TOKEN.findall(sample)))
    if lead >= SMALL_WORD_LEAD and words[ranked[0]] * 12 >= tokens:
        return ranked[0], round(min(0.99, 0.8 + 0.02 * lead), 3)
    if prior in _LATIN_LANGUAGES and letters < SHORT and words[ranked[0]] <= words.get(prior or "", 0) + 1:
        return prior, 0.6
    return _by_model(sample, _LATIN_LANGUAGES, prior or ("en" if letters < SHORT else None))


def _small_word_counts(sample: str, languages: tuple[str, ...]) -> dict[str, int]:
    tokens = _TOKEN.findall(sample)[:150]
    return {lang: sum(token in _SMALL[lang] for token in tokens) if lang in _SMALL else 0 for lang in languages}


def _other_script(sample: str) -> tuple[str, int]:
    counts = {lang: len(pattern.findall(sample)) for lang, pattern in _OTHER_SCRIPTS}
    if counts["ja"]:
        counts["ja"] += counts["zh"]  # Japanese is written with Chinese characters between its own
    best = max(counts, key=lambda lang: counts[lang])
    return best, counts[best]


@cache
def _model() -> Any:
    from py3langid.langid import MODEL_FILE, LanguageIdentifier

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


def _by_model(sample: str, languages: tuple[str, ...], prior: str | None) -> tuple[str, float]:
    ranked = [(lang, float(chance)) for lang, chance in _model().rank(sample[:400]) if lang in languages]
    total = sum(chance for _, chance in ranked) or 1.0
    lang, chance = ranked[0][0], ranked[0][1] / total
    if prior in languages and chance < MODEL_FLOOR:
        return str(prior), 0.5
    return lang, round(min(chance, 0.97), 3)


def _two_letters(declared: str | None) -> str | None:
    """Return `en` for `en-GB`, `EN_us` and the like; None for what is no language tag."""
    match = re.match(r"([A-Za-z]{2})(?:[-_].*)?$", (declared or "").strip())
    code = match.group(1).lower() if match else None
    return {"ua": "uk", "by": "be", "kz": "kk"}.get(code, code) if code else None
