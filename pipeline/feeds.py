"""`picket feeds`: the list of sources looked at, tried, and edited without losing its comments."""

import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from pipeline.clock import utc_now
from pipeline.config import Profile, load_profile
from pipeline.query import printable
from pipeline.resources import bundled
from pipeline.run import feed_states
from transforms.feeds.address import safe_address
from transforms.feeds.polling import FeedState
from transforms.feeds.sources import Source, load_sources
from transforms.knowledge.yaml_file import InvalidFile, YamlFile
from transforms.tables.records import ParsedDocument, Unreadable

EXIT_FAILED = 1
EXIT_USAGE = 2
SHOWN_ITEMS = 10  # of a feed that is tried
SHOWN_TEXT = 160  # characters of each

app = typer.Typer(help="Look at, try and edit the list of sources.", no_args_is_help=True, rich_markup_mode=None)

Config = Annotated[
    Path | None,
    typer.Option("--config", metavar="FILE", help="Run profile; by default the bundled local.yaml."),
]
Sources = Annotated[
    Path | None, typer.Option("--sources", metavar="FILE", help="List of sources; by default the profile's.")
]


@app.command("list")
def list_feeds(
    config: Config = None,
    sources: Sources = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the list as JSON on stdout.")] = False,
) -> None:
    """Show the sources: id, whether it is polled, language, country, posture, address without secrets."""
    profile = _profile(config)
    listed = load_sources(_file(profile, sources))
    states = feed_states(profile.out)
    if as_json:
        rows = [
            {**source.model_dump(), "url": safe_address(source.url), "state": json.loads(states.get(source.id, "{}"))}
            for source in listed
        ]
        typer.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for source in listed:
        state = FeedState.from_json(states.get(source.id))
        said = "off" if not source.enabled else state.disabled or ("failing" if state.failures else "on")
        told = (source.id, said, source.language or "", source.country or "", source.posture, safe_address(source.url))
        typer.echo(printable("{:<28} {:<8} {:<3} {:<3} {:<12} {}".format(*told)))


@app.command("add")
def add_feed(
    url: Annotated[str, typer.Argument(help="Address of the feed, or of the Telegram channel.")],
    name: Annotated[
        str | None, typer.Option("--id", metavar="ID", help="Its id; by default made from the address.")
    ] = None,
    language: Annotated[str | None, typer.Option(metavar="CODE", help="Language it mostly writes in.")] = None,
    country: Annotated[str | None, typer.Option(metavar="CODE", help="Country it works from.")] = None,
    posture: Annotated[str, typer.Option(metavar="WORD", help="state, independent, exile, foreign, ngo.")] = "unknown",
    kind: Annotated[str, typer.Option(metavar="WORD", help="auto, feed, sitemap, telegram.")] = "auto",
    config: Config = None,
    sources: Sources = None,
) -> None:
    """Add a source to the list."""
    from transforms.feeds.edit_sources import add_sources
    from transforms.feeds.opml import source_id_for

    file = _own_file(_profile(config), sources)
    used = [source.id for source in load_sources(file)] if file.exists() else []
    keys = {"id": name or source_id_for(url, used), "url": url, "language": language, "country": country}
    given = {key: value for key, value in {**keys, "posture": posture, "kind": kind}.items() if value is not None}
    source = _validated(given)
    _edit(file, lambda text: add_sources(text, (source,)))
    typer.echo(f"{source.id} is in {file}", err=True)


@app.command("test")
def try_feed(
    url: Annotated[str, typer.Argument(help="Address, or id of a source in the list.")],
    config: Config = None,
    sources: Sources = None,
) -> None:
    """Fetch a feed once and show what would be read: dates and text. Nothing is written."""
    from transforms.feeds.examine import examine

    profile = _profile(config)
    file = _file(profile, sources)
    listed = {source.id: source for source in load_sources(file)} if file.exists() else {}
    source = listed.get(url) or _validated({"id": "tried", "url": url})
    found = examine(source, profile.fetch, utc_now())
    typer.echo(printable(f"{found.url}: status {found.status or '-'}, {found.wire_bytes} bytes"))
    if found.moved_to:
        typer.echo(printable(f"moved permanently to {found.moved_to}"))
    if found.error is not None:
        typer.echo(printable(f"{found.error.reason}: {found.error.message}"), err=True)
        raise typer.Exit(EXIT_FAILED)
    typer.echo(f"{len(found.documents)} items; the first {min(SHOWN_ITEMS, len(found.documents))}:")
    for document in found.documents[:SHOWN_ITEMS]:
        for line in _described(document):
            typer.echo(printable(line))


@app.command("discover")
def discover_feeds(
    url: Annotated[str, typer.Argument(help="Address of a site or page.")],
    config: Config = None,
) -> None:
    """Find the feeds of a site, as far as its robots.txt allows."""
    from transforms.feeds.discover import discover

    found = discover(url, _profile(config).fetch)
    if isinstance(found, Unreadable):
        typer.echo(printable(f"{found.reason}: {found.message}"), err=True)
        raise typer.Exit(EXIT_FAILED)
    for feed in found:
        typer.echo(printable(f"{feed.url}\t{feed.format}\t{feed.items} items\t{feed.title or ''}"))
    if not found:
        typer.echo("no feed was found", err=True)
        raise typer.Exit(EXIT_FAILED)


@app.command("import")
def import_feeds(
    opml: Annotated[Path, typer.Argument(metavar="OPML", help="File to read.")],
    config: Config = None,
    sources: Sources = None,
) -> None:
    """Add the feeds of an OPML file to the list; those that are in it stay as they are."""
    from transforms.feeds.edit_sources import add_sources
    from transforms.feeds.opml import read_opml

    file = _own_file(_profile(config), sources)
    known = load_sources(file) if file.exists() else ()
    try:
        found = read_opml(opml.read_bytes(), [source.id for source in known])
    except OSError as error:
        typer.echo(f"{opml}: {error.strerror}", err=True)
        raise typer.Exit(EXIT_USAGE) from None
    if isinstance(found, Unreadable):
        typer.echo(printable(f"{opml}: {found.reason}: {found.message}"), err=True)
        raise typer.Exit(EXIT_USAGE)
    addresses = {source.url for source in known}
    new = tuple(source for source in found if source.url not in addresses)
    if new:
        _edit(file, lambda text: add_sources(text, new))
    typer.echo(f"{len(new)} added, {len(found) - len(new)} known already", err=True)


@app.command("export")
def export_feeds(config: Config = None, sources: Sources = None) -> None:
    """Print the list as OPML."""
    from transforms.feeds.opml import write_opml

    typer.echo(write_opml(load_sources(_file(_profile(config), sources))))


@app.command("enable")
def enable_feed(
    source: Annotated[str, typer.Argument(metavar="ID")], config: Config = None, sources: Sources = None
) -> None:
    """Poll a source again."""
    _switch(source, True, _own_file(_profile(config), sources))


@app.command("disable")
def disable_feed(
    source: Annotated[str, typer.Argument(metavar="ID")], config: Config = None, sources: Sources = None
) -> None:
    """Poll a source no more; it stays in the list."""
    _switch(source, False, _own_file(_profile(config), sources))


def _profile(config: Path | None) -> Profile:
    return load_profile(config or bundled("configs", "local.yaml"))


def _file(profile: Profile, sources: Path | None) -> Path:
    file = sources or profile.sources
    if file is None:
        raise typer.BadParameter("the profile names no list of sources; give one with --sources")
    return file


def _own_file(profile: Profile, sources: Path | None) -> Path:
    file = _file(profile, sources)
    if file.resolve() == bundled("configs", "sources.yaml").resolve() and sources is None:
        raise typer.BadParameter(
            "the bundled list stays as it is: copy configs/sources.yaml and name your copy with --sources"
        )
    return file


def _validated(keys: dict[str, Any]) -> Source:
    from pydantic import ValidationError

    try:
        return Source.model_validate(keys)
    except ValidationError as error:
        said = "; ".join(f"{detail['loc'][0]}: {detail['msg']}" for detail in error.errors())
        raise typer.BadParameter(said) from None


def _edit(file: Path, change: Callable[[str], str]) -> None:
    """Change the list in one piece: what does not read back as a list of sources is not written."""
    text = change(file.read_text(encoding="utf-8") if file.exists() else "sources:\n")
    fresh = file.with_name(f".{file.name}.new")
    fresh.write_text(text, encoding="utf-8")
    try:
        load_sources(fresh)
        fresh.replace(file)
    except InvalidFile:
        fresh.unlink()
        raise


def _switch(source_id: str, enabled: bool, file: Path) -> None:
    from transforms.feeds.edit_sources import UnknownSource, set_enabled

    YamlFile(file)  # names what is wrong with the file, if it is not YAML
    try:
        _edit(file, lambda text: set_enabled(text, source_id, enabled))
    except UnknownSource:
        print(f"{file} has no source {source_id!r}", file=sys.stderr)
        raise typer.Exit(EXIT_USAGE) from None
    typer.echo(f"{source_id} is {'on' if enabled else 'off'}", err=True)


def _described(document: ParsedDocument | Unreadable) -> Sequence[str]:
    if isinstance(document, Unreadable):
        return (f"  {document.reason}: {document.message}",)
    at = document.published_at.isoformat() if document.published_at else "no date"
    flags = f" ({', '.join(document.date_flags)})" if document.date_flags else ""
    text = document.text if len(document.text) <= SHOWN_TEXT else document.text[:SHOWN_TEXT] + "…"
    return (
        f"  {at}{flags}  {document.title}",
        f"    {document.text_kind}, {len(document.text)} characters, {document.url or 'no address'}",
        f"    {text}",
    )
