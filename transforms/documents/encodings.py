"""Bytes decoded into text: what the bytes prove goes before what is declared, and that before what is guessed."""

import codecs
import re
from collections import Counter
from dataclasses import dataclass

from transforms.tables.records import Unreadable

# Flags: how the text was read where the bytes alone did not prove it.
DECLARED_WRONG = "declared_encoding_wrong"
DETECTED = "encoding_detected"
REPAIRED = "encoding_repaired"

BAD_ENCODING = "bad_encoding"

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins in the same way
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CYRILLIC = ("windows-1251", "koi8-u", "cp866", "iso8859-5", "mac-cyrillic")
_MULTIBYTE = ("gb18030", "gbk", "gb2312", "big5", "big5hkscs", "shift_jis", "cp932", "euc_jp", "euc_kr")
# Declared names by Python's spelling → what to decode with. Names that are not here are not believed: some of Python's
# codecs (escapes, UTF-7, punycode) would make text of what is none.
_KNOWN = {
    **{name: name for name in ("koi8-r", "koi8-u", "cp866", "mac-cyrillic", "iso8859-5", "cp855", "ptcp154", "kz1048")},
    **{f"cp{page}": f"windows-{page}" for page in range(1250, 1259)},
    **{f"iso8859-{part}": f"iso8859-{part}" for part in (2, 3, 4, 6, 7, 8, 9, 10, 13, 14, 15, 16)},
    "iso8859-1": "windows-1252",  # what browsers do with either
    "ascii": "windows-1252",
    "mac-roman": "mac-roman",
    **{name: name for name in _MULTIBYTE},
    "utf-8": "utf-8",
}
_WESTERN = re.compile(r"^(?:windows-125[02-8]|iso8859-(?!5$)\d+|mac-roman)$")
_ALIASES = {"win-1251": "cp1251", "win1251": "cp1251", "windows1251": "cp1251", "cp-1251": "cp1251", "koi8": "koi8-r",
            "x-mac-cyrillic": "mac-cyrillic", "ibm866": "cp866", "dos-866": "cp866", "x-sjis": "shift_jis"}  # fmt: skip

HEAD = 4096  # bytes in which a page must declare its encoding (HTML asks for 1,024; real pages exceed it)
_XML_DECLARATION = re.compile(
    rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9._:\-]{1,40})[\"']", re.IGNORECASE
)
_META = re.compile(rb"<meta[^>]{0,500}?charset\s*=\s*[\"']?\s*([A-Za-z0-9._:\-]{1,40})", re.IGNORECASE)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([A-Za-z0-9._:\-]{1,40})", re.IGNORECASE)

SAMPLE = 20_000  # bytes of non-ASCII runs that detection looks at; more changes nothing
PLAUSIBLE = 0.35  # score from which a reading is taken for Russian or Ukrainian: right ones reach 0.5, wrong ones 0.2
MIN_DISTINCT = 4  # different ones of them
MARGIN = 0.10  # by which another reading must be better before a declaration is called wrong
MIN_LETTERS = 6  # Cyrillic letters without which nothing is told apart
MAX_REPAIRED_SHARE = 0.01  # of broken sequences among the non-ASCII ones of a text that is otherwise UTF-8
MIN_VALID = 8  # valid sequences that prove UTF-8 in spite of a broken one

MIN_FAMILIAR = 0.9  # of the characters of UTF-16 without a mark: Latin, Cyrillic and punctuation
MAX_CONTROL_SHARE = 0.05  # of the first characters; text has none, but for a stray one
_NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x80-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff\U000f0000-\U0010ffff]")
_RARE = {"mac-cyrillic": 0.05}  # subtracted: differs from windows-1251 in capitals and я only, and hardly occurs

_HIGH_RUNS = re.compile(rb"[\x80-\xff]+")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# The most frequent pairs of letters in Russian and Ukrainian prose.
_PAIRS = _words(
    "ст но то на ен ов ни ра во ко ро не пр по ал ор ер та ло ре ли ол ос ка от ва ет ит ин ть ны го ел од ог за "
    "ти да ом ла де те ав ан ат ле ри со мо ес ил ма об ив ис ск ви вы ми ча чи ще ам ас ар бы до ди ем ез ег из "
    "им ие ии ию ия ки ку ль лу ме му нн ну ня ое ой оч пе пи пу ру ря св се си сл см сп су сь тв тр ту уд ую чт "
    "ша ше ши эт ят ві ід ій ії ів ін із іл ія ої ий ці що як ють ні сі тів мі лі рі ді кі их ци це чн ьк ьс"
)
_WORD = re.compile(r"[^\W\d_]{2,}")
_CYRILLIC_LETTER = re.compile("[А-яЁёЄєІіЇїҐґЎў]")
_CASE_FLIP = re.compile("[а-яёєіїґ][А-ЯЁЄІЇҐ]")
_FOREIGN = re.compile("[^\u0020-\u007eА-яЁёЄєІіЇїҐґЎў\u00a0«»„“”‘’–—…№•°©®€§·\r\n\t]")
# A closing quote or a sign glued to a letter: a capital letter read in a neighbouring encoding.
_GLUED = re.compile("[€§©®°·”’‘…•][а-яёєіїґ]|[а-яёєіїґ][€§©®°„]")
_UKRAINIAN_ONLY = re.compile("[ЄєІіЇїҐґ]")
_LATIN_TEXT = re.compile("[^\u0020-\u007e\r\n\t\u00a0-\u00ffŒœŠšŸŽž‚ƒ„…†‡ˆ‰‹‘’“”•–—˜™›€]")


@dataclass(frozen=True, slots=True)
class Decoded:
    """Text, the name of the encoding it was read in, and flags."""

    text: str
    encoding: str
    flags: tuple[str, ...] = ()


def decode_body(body: bytes, content_type: str | None, declared: str | None = None) -> Decoded | Unreadable:
    """Return the text of `body`: byte order mark, valid UTF-8, declaration, HTTP charset, detection, in this order.

    `declared` is an encoding that the caller knows of; the declaration inside `body` is looked up here.
    """
    decoded = _decode(body, content_type, declared)
    if isinstance(decoded, Decoded) and _is_binary(decoded.text):
        return Unreadable(BAD_ENCODING, "is full of control characters, and so no text")
    return decoded


def _decode(body: bytes, content_type: str | None, declared: str | None) -> Decoded | Unreadable:
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return _by_mark(body[len(mark) :], encoding)
    wide = _without_mark(body)
    if wide is not None:
        return wide
    try:
        return Decoded(body.decode("utf-8"), "utf-8")
    except UnicodeDecodeError as error:
        place = error.start
    repaired = _almost_utf8(body)
    if repaired is not None:
        return repaired
    names = (declared, _declared_inside(body), _charset_of(content_type))
    return _single_byte(body, [name for name in map(_known, names) if name], place)


def detect_cyrillic(body: bytes) -> str | None:
    """Return the encoding in which `body` reads as Russian or Ukrainian, or None."""
    sample = _sample(body)
    scores = {name: _score(sample, name) for name in _CYRILLIC}
    best = max(_CYRILLIC, key=lambda name: scores[name])
    if scores[best] < PLAUSIBLE:
        return None
    if best == "koi8-u" and not _UKRAINIAN_ONLY.search(sample.decode(best, "replace")):
        return "koi8-r"
    return best


def _is_binary(text: str) -> bool:
    head = text[:HEAD]
    return len(_NOT_TEXT.findall(head)) > len(head) * MAX_CONTROL_SHARE


def _by_mark(body: bytes, encoding: str) -> Decoded | Unreadable:
    try:
        return Decoded(body.decode(encoding), encoding)
    except UnicodeDecodeError as error:
        if encoding == "utf-8":
            return _almost_utf8(body) or Unreadable(
                BAD_ENCODING, f"UTF-8 mark, but byte {error.start + 3} is not UTF-8"
            )
        return Unreadable(BAD_ENCODING, f"{encoding} mark, but byte {error.start} is not {encoding}")


def _without_mark(body: bytes) -> Decoded | None:
    """Return `body` read as UTF-16 that lacks its mark: markup, digits and spaces have a zero for every second byte."""
    head = body[:HEAD]
    if 0 not in head:
        return None
    encoding = "utf-16-le" if head[1::2].count(0) >= head[0::2].count(0) else "utf-16-be"
    try:
        text = body.decode(encoding)
    except UnicodeDecodeError:
        return None
    familiar = len(text[:HEAD]) - len(_FOREIGN.findall(text[:HEAD]))
    return Decoded(text, encoding, (DETECTED,)) if familiar >= len(text[:HEAD]) * MIN_FAMILIAR else None


def _almost_utf8(body: bytes) -> Decoded | None:
    """Return `body` read as UTF-8 where only a few sequences are broken, as by a cut or a stray byte."""
    text = body.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    valid = sum(1 for character in text if character > "\x7f") - broken
    if valid < MIN_VALID or broken > max(1, valid * MAX_REPAIRED_SHARE):
        return None
    return Decoded(text, "utf-8", (REPAIRED,))


def _declared_inside(body: bytes) -> str | None:
    head = body[:HEAD]
    match = _XML_DECLARATION.search(head) or _META.search(head)
    return match.group(1).decode("ascii") if match else None


def _charset_of(content_type: str | None) -> str | None:
    match = _CHARSET.search(content_type or "")
    return match.group(1) if match else None


def _known(name: str | None) -> str | None:
    if not name:
        return None
    lowered = name.strip().lower()
    try:
        return _KNOWN.get(codecs.lookup(_ALIASES.get(lowered, lowered)).name)
    except (LookupError, ValueError):
        return None


def _single_byte(body: bytes, declared: list[str], place: int) -> Decoded | Unreadable:
    detected = detect_cyrillic(body)
    sample = _sample(body)
    for name in declared:
        try:
            text = body.decode(name)
        except UnicodeDecodeError:
            continue
        if detected and name != detected and _contradicts(sample, name, detected):
            continue
        return Decoded(text, name, () if name == declared[0] else (DECLARED_WRONG,))
    flags = (DETECTED, DECLARED_WRONG) if declared else (DETECTED,)
    if detected:
        return Decoded(body.decode(detected, "replace"), detected, flags)
    western = body.decode("windows-1252", "replace")
    if not _LATIN_TEXT.search(western) and _reads_western(body):
        return Decoded(western, "windows-1252", flags)
    return Unreadable(BAD_ENCODING, f"is not UTF-8 (byte {place}), and no other encoding makes sense of it")


def _contradicts(sample: bytes, declared: str, detected: str) -> bool:
    """Tell whether the bytes speak for `detected` so clearly that `declared` must be wrong."""
    if _WESTERN.match(declared):
        # Words of accented letters only: no Western language has them.
        runs = _HIGH_RUNS.findall(sample)
        return sum(len(run) for run in runs) >= 3 * max(1, len(runs))
    if declared in _MULTIBYTE:
        return True  # their words make no sense as Cyrillic, so what does is not theirs
    return declared in {*_CYRILLIC, "koi8-r"} and _score(sample, detected) > _score(sample, declared) + MARGIN


def _reads_western(body: bytes) -> bool:
    """Tell whether the non-ASCII bytes stand as accented letters do: few, and in short runs."""
    runs = _HIGH_RUNS.findall(body)
    longest = Counter(min(len(run), 3) for run in runs)
    return len(body) >= 3 * sum(len(run) for run in runs) and longest[3] == 0


def _sample(body: bytes) -> bytes:
    runs: list[bytes] = []
    total = 0
    for match in _HIGH_RUNS.finditer(body):
        runs.append(match.group())
        total += len(runs[-1]) + 1
        if total > SAMPLE:
            break
    return b" ".join(runs)[:SAMPLE]


def _score(sample: bytes, encoding: str) -> float:
    """Return how much `sample`, read in `encoding`, looks like Cyrillic prose: about 0.5 if right, below 0.2 if not."""
    text = sample.decode(encoding, "replace")
    found = _CYRILLIC_LETTER.findall(text)
    letters = len(found)
    if letters < MIN_LETTERS or len(set(found)) < MIN_DISTINCT:
        return 0.0
    pairs = common = 0
    for word in _WORD.findall(text.lower()):
        pairs += len(word) - 1
        common += sum(1 for index in range(len(word) - 1) if word[index : index + 2] in _PAIRS)
    if not pairs:
        return 0.0
    flips = len(_CASE_FLIP.findall(text)) / letters
    foreign = len(_FOREIGN.findall(text)) / max(1, len(text))
    glued = len(_GLUED.findall(text)) / letters
    return common / pairs - flips - 2 * foreign - 3 * glued - _RARE.get(encoding, 0.0)
