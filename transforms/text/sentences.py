"""Sentence boundaries for English, Russian and Ukrainian news."""

import re

# A full stop after one of these ends no sentence. Lower case, without the stop.
_ABBREVIATIONS = {
    "en": "mr mrs ms dr prof gen col lt sgt capt maj gov sen rep st vs etc no inc corp jan feb mar apr jun jul "
    "aug sep sept oct nov dec fig approx dept est u.s u.k e.g i.e a.m p.m",
    "ru": "г гг ул им тыс млн млрд руб коп стр рис см т.е т.к т.п т.д т.н т е к п д н др пр обл р-н пос дер пгт "
    "кв корп просп пл пер наб ст ч мин сек гор респ акад проф ген полк подп майор кап лейт св янв фев мар "
    "апр июн июл авг сен сент окт ноя дек",
    "uk": "р рр вул ім тис млн млрд грн коп стор рис див т.зв т.ін т.д т.п т зв ін д п обл р-н смт кв корп "
    "просп пл пров наб ст ч хв сек ген полк проф акад св січ лют бер квіт трав черв лип серп вер жовт "
    "лист груд",
}
_SETS = {lang: frozenset(words.split()) for lang, words in _ABBREVIATIONS.items()}
_ALL = frozenset().union(*_SETS.values())
# End marks with closing quotes or brackets behind them, then space; or a blank line; or a line break.
_BOUNDARY = re.compile(r"""(?:[.!?…]+["'”»’)\]]*(?=\s))|\n+""")
_LAST_WORD = re.compile(r"([^\s(«\"“„]+)$")
_LOOK_BACK = 24  # characters: the longest abbreviation with room to spare


def sentence_spans(raw: str, lang: str) -> tuple[tuple[int, int], ...]:
    """Return the raw half-open spans of the sentences of `raw`, without surrounding space, in order."""
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(raw):
        if not _breaks(raw, match, lang):
            continue
        _append(spans, raw, start, match.end())
        start = match.end()
    _append(spans, raw, start, len(raw))
    return tuple(spans)


def _breaks(raw: str, match: re.Match[str], lang: str) -> bool:
    if match.group()[0] != "\n":
        return _ends_sentence(raw, match, lang)
    # A single line break before a small letter is a wrapped line.
    return not (match.group() == "\n" and raw[match.end() : match.end() + 1].islower())


def _append(spans: list[tuple[int, int]], raw: str, start: int, end: int) -> None:
    while start < end and raw[start].isspace():
        start += 1
    while end > start and raw[end - 1].isspace():
        end -= 1
    if start < end:
        spans.append((start, end))


def _ends_sentence(raw: str, match: re.Match[str], lang: str) -> bool:
    following = raw[match.end() : match.end() + _LOOK_BACK].lstrip()
    if not following:
        return True
    first = following.lstrip("\"'“”«»„‘’([—–- ")[:1]
    if first.islower():
        # «…» — сказала она: a speech tag or an ellipsis goes on in lower case.
        return False
    if match.group() != ".":
        return True
    word = _LAST_WORD.search(raw[max(0, match.start() - _LOOK_BACK) : match.start()])
    if word is None:
        return True
    last = word.group(1)
    if len(last) == 1 and last.isupper():
        return False  # an initial
    return last.lower() not in _SETS.get(lang, _ALL)
