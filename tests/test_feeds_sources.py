"""The sources file: what it may say, what is wrong in it by line, and the list that is shipped."""

from pathlib import Path

import pytest

from transforms.feeds.address import read_address
from transforms.feeds.settings import FetchSettings
from transforms.feeds.sources import load_sources
from transforms.knowledge.yaml_file import InvalidFile, YamlFile
from transforms.tables.records import Unreadable

SHIPPED = Path(__file__).parent.parent / "configs" / "sources.yaml"


def _problems(tmp_path: Path, text: str) -> list[str]:
    path = tmp_path / "sources.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidFile) as raised:
        load_sources(path)
    return [str(problem).removeprefix(f"{path}:") for problem in raised.value.problems]


def test_a_source_needs_an_id_and_an_address(tmp_path: Path) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text("sources:\n  - id: a\n    url: https://example.org/feed\n", encoding="utf-8")
    (source,) = load_sources(path)
    assert (source.id, source.enabled, source.posture, source.pages, source.kind) == (
        "a",
        True,
        "unknown",
        "never",
        "auto",
    )


@pytest.mark.parametrize(
    "url", ["", "nonsense", "http://me:pw@example.org/", "file:///etc/passwd", "http://127.0.0.1/"]
)
def test_a_bad_address_is_no_error_of_the_file(tmp_path: Path, url: str) -> None:
    path = tmp_path / "sources.yaml"
    path.write_text(f"sources:\n  - id: a\n    url: '{url}'\n", encoding="utf-8")
    assert load_sources(path)[0].url == url


def test_all_problems_are_named_with_their_lines(tmp_path: Path) -> None:
    text = """sources:
  - id: a
    url: https://example.org/1
    colour: red
  - id: b
    posture: friendly
    url: https://example.org/2
  - url: https://example.org/3
  - id: c
    url: https://example.org/4
    timezone: Europe/Atlantis
    country: Latvia
    pages: often
"""
    places = [problem.split(":", 2)[0] for problem in _problems(tmp_path, text)]
    assert sorted(map(int, places)) == [4, 6, 8, 11, 12, 13]


@pytest.mark.parametrize("second", ["a", "A"])
def test_an_id_is_given_once(tmp_path: Path, second: str) -> None:
    (problem,) = _problems(tmp_path, f"sources:\n  - {{id: a, url: x}}\n  - {{id: {second}, url: y}}\n")
    assert "given twice" in problem


def test_an_empty_list_is_a_list(tmp_path: Path) -> None:
    for text in ("sources: []\n", ""):
        path = tmp_path / "sources.yaml"
        path.write_text(text, encoding="utf-8")
        assert load_sources(path) == ()


def test_the_shipped_list_is_sound() -> None:
    sources = load_sources(SHIPPED)
    assert len(sources) >= 25
    assert {source.language for source in sources} >= {"ru", "uk", "en"}
    for source in sources:
        address = read_address(source.url)
        assert not isinstance(address, Unreadable), source.id
        assert address.scheme == "https", source.id
        assert source.name, source.id
        assert source.country, source.id
        assert source.timezone, source.id
        assert source.posture != "unknown", source.id
    assert len({source.url for source in sources}) == len(sources)


@pytest.mark.parametrize(
    "text",
    [
        "allow_networks: [127.0.0.1/8]",
        "allow_networks: [localhost]",
        "proxy: ftp://example.org",
        "proxy: example.org:3128",
        "hosts_at_once: 0",
        "max_bytes: 10",
        "min_interval: 900\nmax_interval: 60",
        "robots: ignore",
    ],
)
def test_settings_that_cannot_be_are_refused(text: str) -> None:
    with pytest.raises(InvalidFile):
        YamlFile("fetch.yaml", text).validate(FetchSettings)


def test_every_setting_has_a_default_and_a_description() -> None:
    for name, field in FetchSettings.model_fields.items():
        assert field.description, name
        assert not field.is_required(), name
