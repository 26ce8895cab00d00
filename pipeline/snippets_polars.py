"""The main views for Polars: a Python file that a dataset carries in `meta/queries/`."""

POLARS = '''"""The main views of this dataset for Polars: import this file, or copy from it."""

from pathlib import Path

import polars as pl

ROOT = Path(__file__).absolute().parents[2]  # the folder of the dataset


def table(name: str) -> pl.LazyFrame:
    """Return a table; `meta` holds a file without rows, so that one without files is read as well."""
    return pl.scan_parquet(
        f"{ROOT}/*/{name}/dt=*/*.parquet", hive_partitioning=True, hive_schema={"dt": pl.Date}, missing_columns="insert"
    )


def latest() -> pl.LazyFrame:
    articles = table("articles")
    last = articles.group_by("article_id").agg(pl.col("revision").max())
    stories = table("stories").sort("run_id").group_by("article_id").last().select("article_id", "story_id", "is_head")
    return (
        articles.join(last, on=["article_id", "revision"])
        .join(stories, on="article_id", how="left")
        .with_columns(
            pl.col("story_id").fill_null(pl.col("article_id")),
            pl.col("is_head").fill_null(True),
            pl.col("published_at").dt.date().fill_null(pl.col("dt")).alias("day"),
        )
    )


def findings(name: str) -> pl.LazyFrame:
    about = latest().select("article_id", "revision", "source_id", "story_id", "day")
    return table(name).join(about, on=["article_id", "revision"])


def mentions_daily() -> pl.LazyFrame:
    keys = ["day", "source_id", "lang", "actor_id"]
    return (
        findings("mentions")
        .group_by(keys)
        .agg(
            pl.col("article_id").n_unique().alias("articles"),
            pl.col("story_id").n_unique().alias("stories"),
            pl.len().alias("mentions"),
            pl.col("polarity").mean().alias("mean_polarity"),
        )
        .sort(keys)
    )


def complaints_by_actor() -> pl.LazyFrame:
    keys = ["actor_id", "family", "code", "status", "lang"]
    return (
        findings("complaints")
        .explode("actor_ids", empty_as_null=True)
        .rename({"actor_ids": "actor_id"})
        .group_by(keys)
        .agg(
            pl.col("article_id").n_unique().alias("articles"),
            pl.col("story_id").n_unique().alias("stories"),
            pl.len().alias("complaints"),
        )
        .sort(keys, nulls_last=True)
    )


def feed_health() -> pl.LazyFrame:
    failed = pl.col("outcome").is_in(["failed", "refused"])
    return (
        table("fetches")
        .sort("fetched_at")
        .group_by("source_id")
        .agg(
            pl.len().alias("polls"),
            failed.sum().alias("failed_polls"),
            pl.col("fetched_at").last().alias("last_poll"),
            pl.col("outcome").last().alias("last_outcome"),
            pl.col("new_items").sum(),
        )
        .sort("source_id")
    )


def coverage() -> pl.LazyFrame:
    keys = ["dt", "source_id", "lang"]
    return (
        latest()
        .group_by(keys)
        .agg(
            pl.len().alias("articles"),
            pl.col("relevant").sum(),
            pl.col("text_kind").is_in(["full", "page"]).sum().alias("with_text"),
            pl.col("published_at").is_null().sum().alias("undated"),
        )
        .sort(keys)
    )


def poll_coverage() -> pl.LazyFrame:
    keys = ["source_id", "day"]
    outcome = pl.col("outcome")
    polled = (
        table("fetches")
        .group_by("source_id", pl.col("fetched_at").dt.date().alias("day"))
        .agg(
            pl.len().alias("polls"),
            outcome.is_in(["failed", "refused"]).not_().sum().alias("ok_polls"),
            (outcome == "failed").sum().alias("failed_polls"),
            (outcome == "refused").sum().alias("refused_polls"),
            pl.col("items").sum(),
            pl.col("new_items").sum(),
        )
    )
    collected = (
        table("articles")
        .group_by("source_id", pl.col("collected_at").dt.date().alias("day"))
        .agg(pl.col("article_id").n_unique().alias("articles"))
    )
    first, last = pl.col("day").min().alias("first"), pl.col("day").max().alias("last")
    days = polled.group_by("source_id").agg(first, last)
    days = days.select("source_id", pl.date_ranges("first", "last").alias("day"))
    seen = (pl.col("articles") > 0) | (pl.col("new_items") > 0)
    return (
        days.explode("day", empty_as_null=True)
        .join(polled, on=keys, how="left")
        .join(collected, on=keys, how="left")
        .with_columns(pl.exclude(keys).fill_null(0))
        .with_columns(
            pl.when(seen).then(pl.lit("seen"))
            .when(pl.col("ok_polls") > 0).then(pl.lit("silent"))
            .when(pl.col("polls") > 0).then(pl.lit("blind"))
            .otherwise(pl.lit("not_polled")).alias("verdict")
        )
        .sort(keys)
    )


def open_failures() -> pl.LazyFrame:
    of_item = pl.col("occurred_at")
    last = (
        table("failures")
        .filter(pl.col("item_id").is_not_null())
        .sort("run_id", "place")
        .group_by("item_id")
        .agg(
            pl.col("source_id", "place", "step", "reason", "run_id").last(),
            of_item.min().alias("first_failed"),
            of_item.max().alias("last_failed"),
            pl.len().alias("times"),
            pl.col("item").is_not_null().any().alias("retryable"),
        )
    )
    tried = table("retries").sort("run_id").group_by("item_id").last()
    tried = tried.select("item_id", "outcome", pl.col("reason").alias("now"), pl.col("run_id").alias("tried_in"))
    answered = pl.col("tried_in").is_not_null() & (pl.col("tried_in") > pl.col("run_id"))
    return (
        last.join(tried, on="item_id", how="left")
        .filter(answered.not_() | (pl.col("outcome") == "failed"))
        .with_columns(pl.when(answered).then(pl.col("now")).otherwise(pl.col("reason")).alias("reason"))
        .drop("outcome", "now", "tried_in", "run_id")
        .sort("source_id", "place", nulls_last=True)
    )
'''
