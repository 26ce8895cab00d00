"""Rule files read, checked and compiled, with errors that name the line."""

from collections import defaultdict
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from transforms.complaints.lexicon import Lexicon
from transforms.complaints.patterns import parse_pattern
from transforms.complaints.rules import Rule, RuleFile, WordFile
from transforms.knowledge.yaml_file import InvalidFile, Location, Problem, YamlFile

LANGUAGES = ("en", "ru", "uk")
SHARED = "frames"  # rules over classes that every language has


@dataclass(frozen=True, slots=True)
class CompiledRule:
    """A rule of one language with its patterns as class numbers."""

    rule: Rule
    matches: tuple[tuple[int, ...], ...]
    present: tuple[int, ...]
    absent: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Language:
    """All that is known of complaints in one language; `triggers`: class number → rules with a pattern it begins."""

    lang: str
    lexicon: Lexicon
    rules: tuple[CompiledRule, ...]
    triggers: dict[int, tuple[CompiledRule, ...]]


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The languages, and a hash of the files that they come from."""

    languages: dict[str, Language]
    fingerprint: str


def load_knowledge(folder: Path) -> Knowledge:
    """Read all rule files of `folder`. Raises InvalidFile that names every problem with its line."""
    problems: list[Problem] = []
    shared = _read_rules(folder / f"{SHARED}.yaml", problems)
    languages = {}
    for lang in LANGUAGES:
        own = _read_rules(folder / f"{lang}.yaml", problems)
        lexicon = _read_words(folder / f"{lang}_words.yaml", lang, problems)
        if lexicon is not None:
            languages[lang] = _compile(lang, lexicon, [f for f in (shared, own) if f], problems)
    if problems:
        raise InvalidFile(list(dict.fromkeys(problems)))
    return Knowledge(languages, _fingerprint(folder))


def _read_rules(path: Path, problems: list[Problem]) -> tuple[YamlFile, RuleFile] | None:
    try:
        file = YamlFile(path)
        return file, file.validate(RuleFile)
    except InvalidFile as error:
        problems.extend(error.problems)
        return None


def _read_words(path: Path, lang: str, problems: list[Problem]) -> Lexicon | None:
    try:
        file = YamlFile(path)
        words = file.validate(WordFile)
    except InvalidFile as error:
        problems.extend(error.problems)
        return None
    lexicon = Lexicon(words.classes, lang)
    for name in words.classes:
        for phrase in words.phrases(name):
            try:
                lexicon.define(name, phrase)
            except ValueError as error:
                problems.append(file.problem(("classes", name), str(error)))
    return lexicon


def _compile(lang: str, lexicon: Lexicon, files: list[tuple[YamlFile, RuleFile]], problems: list[Problem]) -> Language:
    rules: list[CompiledRule] = []
    seen: dict[str, str] = {}
    for file, content in files:
        for index, rule in enumerate(content.rules):
            location: Location = ("rules", index)
            if rule.id in seen:
                problems.append(file.problem((*location, "id"), f"'{rule.id}' is also in {seen[rule.id]}"))
            seen[rule.id] = file.path
            problems.extend(
                file.problem((*location, kind), f"has no text in '{lang}'")
                for kind in ("example", "counter")
                if not rule.texts(kind, lang)
            )
            compiled = _compile_rule(rule, lexicon, file, location, problems)
            if compiled is not None:
                rules.append(compiled)
    try:
        lexicon.freeze()
    except ValueError as error:
        problems.append(Problem(files[0][0].path if files else lang, 1, 1, "", str(error)))
    return Language(lang, lexicon, tuple(rules), _triggers(rules))


def _compile_rule(
    rule: Rule, lexicon: Lexicon, file: YamlFile, location: Location, problems: list[Problem]
) -> CompiledRule | None:
    groups: dict[str, list[tuple[int, ...]]] = {"match": [], "with": [], "not": []}
    for key, patterns in (("match", rule.match), ("with", rule.with_), ("not", rule.not_)):
        for index, text in enumerate(patterns):
            try:
                groups[key].append(tuple(lexicon.group(readings) for readings in parse_pattern(text)))
            except ValueError as error:
                problems.append(file.problem((*location, key, index), str(error)))
                return None
    present, absent = (tuple(n for numbers in groups[key] for n in numbers) for key in ("with", "not"))
    return CompiledRule(rule, tuple(groups["match"]), present, absent)


def _triggers(rules: list[CompiledRule]) -> dict[int, tuple[CompiledRule, ...]]:
    found: defaultdict[int, list[CompiledRule]] = defaultdict(list)
    for compiled in rules:
        for numbers in compiled.matches:
            if compiled not in found[numbers[0]]:
                found[numbers[0]].append(compiled)
    return {number: tuple(items) for number, items in found.items()}


def _fingerprint(folder: Path) -> str:
    digest = sha256()
    for path in sorted(folder.glob("*.yaml")):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]
