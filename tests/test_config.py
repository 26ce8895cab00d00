"""Run profiles: defaults, errors with their place, overrides, and the reference that describes them."""

import re
from pathlib import Path

import pytest

from pipeline.config import DEFAULT_OUT, Profile, load_profile, override
from pipeline.reference import profile_reference
from pipeline.resources import bundled
from transforms.feeds.sources import load_sources
from transforms.knowledge.yaml_file import InvalidFile

README = Path(__file__).parent.parent / "README.md"


def write(folder: Path, text: str) -> Path:
    path = folder / "profile.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_empty_profile_has_every_default(tmp_path: Path) -> None:
    assert load_profile(write(tmp_path, "")) == Profile()


def test_paths_count_from_the_profiles_folder(tmp_path: Path) -> None:
    (tmp_path / "feeds.yaml").write_text("sources: []\n")
    profile = load_profile(write(tmp_path, "out: data\nseeds: [articles/*.txt]\nsources: feeds.yaml\n"))
    assert profile.out == tmp_path / "data"
    assert profile.seeds == (str(tmp_path / "articles/*.txt"),)
    assert profile.sources == tmp_path / "feeds.yaml"


def test_all_problems_are_named_with_file_line_and_column(tmp_path: Path) -> None:
    path = write(
        tmp_path, "outt: x\nworkers: none\nanalyse: some\nmax_failure_share: 2\nfetch:\n  allow_networks: [nonsense]\n"
    )
    with pytest.raises(InvalidFile) as caught:
        load_profile(path)
    lines = sorted(str(problem).removeprefix(f"{path}:").split(": ")[0] for problem in caught.value.problems)
    assert set(lines) == {"1:1", "2:1", "3:1", "4:1", "6:3"}


def test_files_that_do_not_exist_are_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match=r"profile.yaml:2:1: sources: no such file or folder"):
        load_profile(write(tmp_path, "seeds: []\nsources: nowhere.yaml\n"))


def test_a_profile_that_is_a_list_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidFile, match="a profile is a mapping"):
        load_profile(write(tmp_path, "- seeds\n"))


def test_command_line_replaces_the_profiles_own(tmp_path: Path) -> None:
    profile = Profile(seeds=("a",), sources=Path("s.yaml"))
    changed = override(profile, tmp_path, ["b", "c"], Path("t.yaml"), no_feeds=False)
    assert (changed.out, changed.seeds, changed.sources) == (tmp_path, ("b", "c"), Path("t.yaml"))
    assert override(profile, None, None, None, no_feeds=False) == profile
    assert override(profile, None, None, None, no_feeds=True).sources is None


@pytest.mark.parametrize("name", ["demo.yaml", "local.yaml"])
def test_bundled_profiles_load(name: str) -> None:
    profile = load_profile(bundled("configs", name))
    assert profile.out == Path(DEFAULT_OUT)
    if profile.sources:
        assert load_sources(profile.sources)


def test_demo_touches_no_network() -> None:
    assert load_profile(bundled("configs", "demo.yaml")).sources is None


def test_readme_holds_the_reference_of_the_code() -> None:
    assert profile_reference() in README.read_text(encoding="utf-8")


def test_every_key_is_described() -> None:
    for line in profile_reference().splitlines():
        if line.startswith("| `"):
            key, default, meaning = (cell.strip() for cell in line.strip("|").split("|", 2))
            assert key
            assert default
            assert len(meaning) > 8, line


def test_samples_for_timers_call_commands_that_exist() -> None:
    from typer.main import get_command

    from pipeline.commands import app

    commands = set(getattr(get_command(app), "commands", {}))
    called = [
        command
        for path in sorted(bundled("configs", "deploy").iterdir())
        for command in re.findall(r"bin/picket (\w+)", path.read_text(encoding="utf-8"))
    ]
    assert called
    assert set(called) <= commands


def test_readme_names_every_command() -> None:
    from typer.main import get_command

    from pipeline.commands import app

    readme = README.read_text(encoding="utf-8")
    for name in getattr(get_command(app), "commands", {}):
        assert f"`picket {name}" in readme, name
