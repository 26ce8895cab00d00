"""The main views for Spark: a Python file that a dataset carries in `meta/queries/`."""

SPARK = '''"""The main views of this dataset for Spark: import this file, or copy from it."""

from pathlib import Path

from pyspark.sql import Column, DataFrame, SparkSession, Window
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


def poll_coverage() -> DataFrame:
    keys = ["source_id", "day"]

    def polls(condition: Column) -> Column:
        return f.sum(condition.cast("long"))

    outcome = f.col("outcome")
    polled = (
        table("fetches")
        .groupBy("source_id", f.to_date("fetched_at").alias("day"))
        .agg(
            f.count("*").alias("polls"),
            polls(~outcome.isin("failed", "refused")).alias("ok_polls"),
            polls(outcome == "failed").alias("failed_polls"),
            polls(outcome == "refused").alias("refused_polls"),
            f.sum("items").alias("items"),
            f.sum("new_items").alias("new_items"),
        )
    )
    collected = (
        table("articles")
        .groupBy("source_id", f.to_date("collected_at").alias("day"))
        .agg(f.countDistinct("article_id").alias("articles"))
    )
    span = polled.groupBy("source_id").agg(f.sequence(f.min("day"), f.max("day")).alias("days"))
    verdict = (
        f.when((f.col("articles") > 0) | (f.col("new_items") > 0), "seen")
        .when(f.col("ok_polls") > 0, "silent")
        .when(f.col("polls") > 0, "blind")
        .otherwise("not_polled")
    )
    days = span.select("source_id", f.explode("days").alias("day"))
    frame = days.join(polled, keys, "left").join(collected, keys, "left").fillna(0)
    return frame.withColumn("verdict", verdict).orderBy(keys)


def open_failures() -> DataFrame:
    of_item = Window.partitionBy("item_id")
    newest = of_item.orderBy(f.desc("run_id"), f.desc("place"))
    last = (
        table("failures")
        .where("item_id IS NOT NULL")
        .withColumn("first_failed", f.min("occurred_at").over(of_item))
        .withColumn("last_failed", f.max("occurred_at").over(of_item))
        .withColumn("times", f.count("*").over(of_item))
        .withColumn("retryable", f.max(f.col("item").isNotNull()).over(of_item))
        .withColumn("n", f.row_number().over(newest))
        .where("n = 1")
    )
    tried = table("retries").withColumn("n", f.row_number().over(of_item.orderBy(f.desc("run_id")))).where("n = 1")
    tried = tried.select("item_id", "outcome", f.col("reason").alias("now"), f.col("run_id").alias("tried_in"))
    answered = f.coalesce(f.col("tried_in") > f.col("run_id"), f.lit(False))
    told = ["item_id", "source_id", "place", "step", "reason", "first_failed", "last_failed", "times", "retryable"]
    return (
        last.join(tried, "item_id", "left")
        .where(~answered | (f.col("outcome") == "failed"))
        .withColumn("reason", f.when(answered, f.col("now")).otherwise(f.col("reason")))
        .select(told)
        .orderBy(f.asc_nulls_last("source_id"), "place")
    )
'''
