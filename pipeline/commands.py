"""The commands: their options and what they say of themselves; data goes to stdout, talk to stderr."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from pipeline import __version__
from pipeline.clock import utc_now
from pipeline.config import DEFAULT_OUT, Profile, load_profile, override
from pipeline.feeds import app as feeds
from pipeline.period import InvalidPeriod, read_period
from pipeline.resources import bundled
from transforms.feeds.sources import load_sources

app = typer.Typer(
    name="picket",
    help="Watch the news for protest by the families of people in military service.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)

actors = typer.Typer(help="Look into the actor registry.", no_args_is_help=True, rich_markup_mode=None)
app.add_typer(actors, name="actors")
app.add_typer(feeds, name="feeds")

Out = Annotated[Path | None, typer.Option("--out", metavar="DIR", help="Folder of the dataset.")]
Config = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="Run profile (YAML); by default the bundled demo.")
]


def profile_of(config: Path | None) -> Profile:
    """Return the profile at `config`, else the bundled one. Raises InvalidFile."""
    return load_profile(config or bundled("configs", "demo.yaml"))


@app.command()
def run(
    config: Config = None,
    out: Out = None,
    seeds: Annotated[
        list[str] | None,
        typer.Option("--seeds", metavar="GLOB", help="Documents to read instead of the profile's; may be repeated."),
    ] = None,
    sources: Annotated[
        Path | None, typer.Option("--sources", metavar="FILE", help="Feeds to poll instead of the profile's.")
    ] = None,
    no_feeds: Annotated[bool, typer.Option("--no-feeds", help="Read no feed, neither stored nor over HTTP.")] = False,
    poll_all: Annotated[bool, typer.Option("--poll-all", help="Poll every feed, due or not.")] = False,
    since: Annotated[
        str | None,
        typer.Option("--since", metavar="TIME", help="Take articles from this day or time on; others are left out."),
    ] = None,
    until: Annotated[
        str | None,
        typer.Option("--until", metavar="TIME", help="Take articles up to this day, itself included, or this time."),
    ] = None,
    people_table: Annotated[
        bool,
        typer.Option(
            "--people-table", help="Write names of private people who speak into the restricted table people."
        ),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be read; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
    beam_options: Annotated[
        list[str] | None,
        typer.Argument(metavar="[-- BEAM OPTIONS]", help="Options of Beam, such as --runner=FlinkRunner."),
    ] = None,
) -> None:
    """Read feeds and seed files once, and publish what they bring.

    --since and --until take dates (UTC days, both included) or times (the second one excluded; UTC without a zone).
    The day of an article is that of its publication, else of its collection. What is left out is not remembered: a
    later run takes it.

    Exit codes: 0 fine (also nothing new), 1 crash, 2 usage, 3 finished but too many sources failed,
    75 another run holds the dataset, 78 bad configuration, 130 interrupted.
    """
    from pipeline.plan import Request
    from pipeline.run import perform, quiet_libraries
    from pipeline.runner_names import UnknownRunner, check_runner

    quiet_libraries()
    options = tuple(beam_options or ())
    if options and not options[0].startswith("-"):
        raise typer.BadParameter(f"unexpected argument {options[0]!r}; options of Beam come after `--`")
    try:
        period = read_period(since, until, utc_now())
        check_runner(options)
    except (InvalidPeriod, UnknownRunner) as error:
        raise typer.BadParameter(str(error)) from None
    profile = override(profile_of(config), out, seeds, sources, no_feeds, people_table)
    request = Request(profile, poll_all=poll_all, no_feeds=no_feeds, beam_options=options, period=period)
    raise typer.Exit(perform(request, dry_run=dry_run, as_json=as_json))


@app.command()
def query(
    sql: Annotated[str | None, typer.Argument(help="A query in DuckDB's SQL; without one, examples are shown.")] = None,
    out: Out = None,
    config: Config = None,
    output: Annotated[
        str, typer.Option("--format", metavar="FORMAT", help="table, csv or json.", show_default=True)
    ] = "table",
) -> None:
    """Ask the tables in SQL.

    Views: every table, and `latest`, `mentions_daily`, `complaints_by_actor`, `feed_health`, `coverage` and others;
    without a query, all are listed.

    Examples:

      picket query "SELECT actor_id, count(*) FROM mentions GROUP BY ALL ORDER BY 2 DESC"

      picket query "SELECT code, evidence FROM complaints WHERE lang = 'uk' AND status = 'asserted'"

      picket query --format csv "SELECT * FROM complaints_by_actor" > complaints.csv
    """
    from pipeline.query import ask

    raise typer.Exit(ask(dataset_of(out, config), sql, output))


@app.command()
def status(
    out: Out = None,
    config: Config = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the status as JSON on stdout.")] = False,
) -> None:
    """Show the last runs, the health of each feed, and the size of each table."""
    from pipeline.status import show_status

    profile = profile_of(config)
    listed = load_sources(profile.sources) if profile.sources else ()
    polled = [source.id for source in listed if source.enabled]
    raise typer.Exit(show_status(dataset_of(out, config), as_json, polled))


@app.command()
def explain(
    article: Annotated[str, typer.Argument(metavar="ARTICLE_ID", help="Id of the article, or how it begins.")],
    out: Out = None,
    config: Config = None,
) -> None:
    """Print the last revision of an article with its findings marked, and which rule or model made each."""
    from pipeline.explain import explain as print_explained

    raise typer.Exit(print_explained(dataset_of(out, config), article))


@actors.command("test")
def match_actors(
    text: Annotated[str, typer.Argument(help="Any text.")],
    lang: Annotated[
        str | None, typer.Option("--lang", metavar="CODE", help="Its language; found out by default.")
    ] = None,
    config: Config = None,
) -> None:
    """Show which actors the registry finds in a text."""
    from pipeline.explain import show_actors

    raise typer.Exit(show_actors(profile_of(config), text, lang))


@app.command()
def export(
    what: Annotated[str, typer.Argument(metavar="TABLE", help="A table, a view, or a query in SQL.")],
    target: Annotated[Path | None, typer.Option("--to", metavar="FILE", help="File to write; else stdout.")] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="csv or jsonl.")] = "csv",
    out: Out = None,
    config: Config = None,
) -> None:
    """Write a table, view or query as CSV (safe to open in a spreadsheet) or JSON lines."""
    from pipeline.export import export as write_export

    raise typer.Exit(write_export(dataset_of(out, config), what, target, output))


@app.command()
def schema(
    table: Annotated[str | None, typer.Argument(metavar="[TABLE]", help="One table; all by default.")] = None,
    output: Annotated[str, typer.Option("--format", metavar="FORMAT", help="text, json or markdown.")] = "text",
) -> None:
    """Explain every table and column."""
    from pipeline.data_dictionary import show_schema

    raise typer.Exit(show_schema(table, output))


@app.command()
def compact(out: Out = None, config: Config = None) -> None:
    """Put the small files of each day together; readers are not disturbed."""
    from pipeline.maintain import compact_dataset

    raise typer.Exit(compact_dataset(dataset_of(out, config)))


@app.command()
def forget(
    article: Annotated[list[str] | None, typer.Option(metavar="ID", help="Article to remove; may be repeated.")] = None,
    source: Annotated[list[str] | None, typer.Option(metavar="ID", help="Source to remove with its articles.")] = None,
    name: Annotated[list[str] | None, typer.Option(metavar="NAME", help="Name to mask; give each form of it.")] = None,
    people_table: Annotated[
        bool, typer.Option("--people-table", help="Remove the whole restricted table people.")
    ] = False,
    out: Out = None,
    config: Config = None,
) -> None:
    """Remove an article, a source or a person's name from every file, and keep it from coming back.

    What is kept is a hash: it cannot be read, but who has a list of names can try them.
    """
    from pipeline.maintain import forget_things
    from transforms.dataset.forget import ForgetRequest

    request = ForgetRequest(tuple(article or ()), tuple(source or ()), tuple(name or ()), people_table)
    if not (article or source or name or people_table):
        raise typer.BadParameter("nothing to forget: give --article, --source, --name or --people-table")
    try:
        code = forget_things(dataset_of(out, config), request)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    raise typer.Exit(code)


@app.command()
def retain(
    days: Annotated[int, typer.Option("--days", min=1, help="Polls and failures older than this are removed.")],
    out: Out = None,
    config: Config = None,
) -> None:
    """Remove old rows of `fetches` and `failures`."""
    from pipeline.maintain import retain_recent

    raise typer.Exit(retain_recent(dataset_of(out, config), days))


@app.command()
def reanalyse(
    since: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="First day of collection.")] = None,
    out: Out = None,
    config: Config = None,
) -> None:
    """Apply the present registry, rules and models to the articles that the dataset holds."""
    from pipeline.maintain import reanalyse as analyse_anew
    from pipeline.plan import Request

    profile = override(profile_of(config), out, None, None, no_feeds=True)
    raise typer.Exit(analyse_anew(Request(profile, no_feeds=True), since.date() if since else None))


@app.command()
def retry(
    out: Out = None,
    config: Config = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="List what would be tried; write nothing.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON on stdout.")] = False,
) -> None:
    """Try documents and feed entries that could not be read or analysed again, with the present program.

    A failure keeps its raw item of up to 256 KiB, and a run 2 MiB for each 8 MiB of its input. What succeeds becomes
    rows; what fails again stays open and is not told twice. A feed or a file that could not be read as a whole has no
    item: a run asks for it again. The view `open_failures` lists what is open.

    Exit codes: 0 fine (also where some failed again), 1 crash, 2 usage, 75 another run holds the dataset,
    78 bad configuration, 130 interrupted.
    """
    from pipeline.plan import Request
    from pipeline.retry import retry as try_again

    profile = override(profile_of(config), out, None, None, no_feeds=True)
    raise typer.Exit(try_again(Request(profile, no_feeds=True), dry_run=dry_run, as_json=as_json))


@app.command("config")
def show_config(
    check: Annotated[
        Path | None, typer.Option("--check", metavar="FILE", help="Check the profile FILE and what it names.")
    ] = None,
) -> None:
    """Explain every key of a run profile, or check one."""
    from pipeline.reference import profile_reference

    if check is None:
        typer.echo(profile_reference())
        return
    from pipeline.plan import Request, prepare

    prepare(Request(profile_of(check)))
    typer.echo(f"{check}: fine", err=True)


@app.command("version")
def show_version() -> None:
    """Print the version."""
    typer.echo(__version__)


def dataset_of(out: Path | None, config: Path | None) -> Path:
    """Return the dataset's folder: `--out`, else the profile's, else the default in the current folder."""
    if out is not None:
        return out
    return profile_of(config).out if config else Path(DEFAULT_OUT)
