"""The main views for Polars, pandas and Spark: Python files that a dataset carries in `meta/queries/`."""

from collections.abc import Mapping

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
'''

PANDAS = '''"""The main views of this dataset for pandas: import this file, or copy from it."""

from glob import escape, glob
from pathlib import Path

import pandas as pd

ROOT = Path(__file__).absolute().parents[2]  # the folder of the dataset


def table(name: str) -> pd.DataFrame:
    """Return a table; `meta` holds a file without rows, so that one without files is read as well."""
    paths = sorted(glob(f"{escape(str(ROOT))}/*/{name}/dt=*/*.parquet"))
    frame = pd.read_parquet(paths, partitioning="hive")
    frame["dt"] = pd.to_datetime(frame["dt"].astype(str)).dt.date
    return frame


def latest() -> pd.DataFrame:
    articles = table("articles")
    last = articles.groupby("article_id", as_index=False)["revision"].max()
    stories = table("stories").sort_values("run_id").drop_duplicates("article_id", keep="last")
    frame = articles.merge(last, on=["article_id", "revision"])
    frame = frame.merge(stories[["article_id", "story_id", "is_head"]], on="article_id", how="left")
    frame["story_id"] = frame["story_id"].fillna(frame["article_id"])
    frame["is_head"] = frame["is_head"].ne(False)
    published = frame["published_at"].dt.date
    frame["day"] = published.where(frame["published_at"].notna(), frame["dt"])
    return frame


def findings(name: str) -> pd.DataFrame:
    about = latest()[["article_id", "revision", "source_id", "story_id", "day"]]
    return table(name).merge(about, on=["article_id", "revision"])


def mentions_daily() -> pd.DataFrame:
    return (
        findings("mentions")
        .groupby(["day", "source_id", "lang", "actor_id"], as_index=False)
        .agg(
            articles=("article_id", "nunique"),
            stories=("story_id", "nunique"),
            mentions=("mention_id", "size"),
            mean_polarity=("polarity", "mean"),
        )
    )


def complaints_by_actor() -> pd.DataFrame:
    frame = findings("complaints").explode("actor_ids").rename(columns={"actor_ids": "actor_id"})
    return frame.groupby(["actor_id", "family", "code", "status", "lang"], as_index=False, dropna=False).agg(
        articles=("article_id", "nunique"), stories=("story_id", "nunique"), complaints=("complaint_id", "size")
    )


def feed_health() -> pd.DataFrame:
    frame = table("fetches").sort_values("fetched_at")
    frame["failed"] = frame["outcome"].isin(["failed", "refused"])
    return frame.groupby("source_id", as_index=False).agg(
        polls=("fetch_id", "size"),
        failed_polls=("failed", "sum"),
        last_poll=("fetched_at", "last"),
        last_outcome=("outcome", "last"),
        new_items=("new_items", "sum"),
    )


def coverage() -> pd.DataFrame:
    frame = latest()
    frame["with_text"] = frame["text_kind"].isin(["full", "page"])
    frame["undated"] = frame["published_at"].isna()
    return frame.groupby(["dt", "source_id", "lang"], as_index=False).agg(
        articles=("article_id", "size"),
        relevant=("relevant", "sum"),
        with_text=("with_text", "sum"),
        undated=("undated", "sum"),
    )
'''

SPARK = '''"""The main views of this dataset for Spark: import this file, or copy from it."""

from pathlib import Path

from pyspark.sql import DataFrame, SparkSession, Window
from pyspark.sql import functions as f

ROOT = Path(__file__).absolute().parents[2]  # the folder of the dataset

spark = SparkSession.builder.config("spark.sql.session.timeZone", "UTC").getOrCreate()


def table(name: str) -> DataFrame:
    """Return a table; one without files is read from the file without rows in `meta`."""
    folder = ROOT / "tables" / name
    if not any(folder.glob("dt=*/*.parquet")):
        folder = ROOT / "meta" / name
    return spark.read.option("mergeSchema", "true").parquet(str(folder))


def latest() -> DataFrame:
    newest = Window.partitionBy("article_id").orderBy(f.desc("revision"))
    linked = Window.partitionBy("article_id").orderBy(f.desc("run_id"))
    stories = table("stories").withColumn("n", f.row_number().over(linked)).where("n = 1")
    frame = table("articles").withColumn("n", f.row_number().over(newest)).where("n = 1").drop("n")
    frame = frame.join(stories.select("article_id", "story_id", "is_head"), "article_id", "left")
    return (
        frame.withColumn("story_id", f.coalesce("story_id", "article_id"))
        .withColumn("is_head", f.coalesce("is_head", f.lit(True)))
        .withColumn("day", f.coalesce(f.to_date("published_at"), f.to_date("dt")))
    )


def findings(name: str) -> DataFrame:
    about = latest().select("article_id", "revision", "source_id", "story_id", "day")
    return table(name).join(about, ["article_id", "revision"])


def mentions_daily() -> DataFrame:
    keys = ["day", "source_id", "lang", "actor_id"]
    return (
        findings("mentions")
        .groupBy(keys)
        .agg(
            f.countDistinct("article_id").alias("articles"),
            f.countDistinct("story_id").alias("stories"),
            f.count("*").alias("mentions"),
            f.avg("polarity").alias("mean_polarity"),
        )
        .orderBy(keys)
    )


def complaints_by_actor() -> DataFrame:
    keys = ["actor_id", "family", "code", "status", "lang"]
    return (
        findings("complaints")
        .withColumn("actor_id", f.explode_outer("actor_ids"))
        .groupBy(keys)
        .agg(
            f.countDistinct("article_id").alias("articles"),
            f.countDistinct("story_id").alias("stories"),
            f.count("*").alias("complaints"),
        )
        .orderBy(*(f.asc_nulls_last(key) for key in keys))
    )


def feed_health() -> DataFrame:
    failed = f.col("outcome").isin("failed", "refused")
    return (
        table("fetches")
        .groupBy("source_id")
        .agg(
            f.count("*").alias("polls"),
            f.sum(failed.cast("long")).alias("failed_polls"),
            f.max("fetched_at").alias("last_poll"),
            f.max_by("outcome", "fetched_at").alias("last_outcome"),
            f.sum("new_items").alias("new_items"),
        )
        .orderBy("source_id")
    )


def coverage() -> DataFrame:
    keys = ["dt", "source_id", "lang"]
    return (
        latest()
        .groupBy(keys)
        .agg(
            f.count("*").alias("articles"),
            f.sum(f.col("relevant").cast("long")).alias("relevant"),
            f.sum(f.col("text_kind").isin("full", "page").cast("long")).alias("with_text"),
            f.sum(f.col("published_at").isNull().cast("long")).alias("undated"),
        )
        .orderBy(keys)
    )
'''

# Named so that importing one does not hide the library that it imports itself.
SNIPPETS: Mapping[str, str] = {"with_polars.py": POLARS, "with_pandas.py": PANDAS, "with_spark.py": SPARK}
