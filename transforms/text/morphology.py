"""Dictionary forms of words: pymorphy3 for Russian, simplemma for English and Ukrainian."""

from functools import cache, lru_cache
from typing import Any

LEMMA_CACHE = 200_000  # words; about 40 MB, and news repeats itself: hit rates above 95 %
MAX_PARSES = 3  # readings of one Russian word form; later ones are rare and mislead


@cache
def russian() -> Any:
    """Return the one Russian analyser of this process (50 MB, loaded when first needed)."""
    import pymorphy3

    return pymorphy3.MorphAnalyzer(lang="ru")


@lru_cache(maxsize=LEMMA_CACHE)
def lemmas(word: str, lang: str) -> tuple[str, ...]:
    """Return the dictionary forms of a normalised `word`, the most likely first, ё folded to е; never empty.

    Languages without a dictionary give the word itself.
    """
    if lang == "ru":
        forms = [parse.normal_form.replace("ё", "е") for parse in russian().parse(word)[:MAX_PARSES]]
        return tuple(dict.fromkeys(forms)) or (word,)
    if lang in {"en", "uk"}:
        import simplemma

        return (simplemma.lemmatize(word, lang).lower(),)
    return (word,)
