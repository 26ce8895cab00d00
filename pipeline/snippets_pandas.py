"""The main views for pandas: a Python file that a dataset carries in `meta/queries/`."""

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


def poll_coverage() -> pd.DataFrame:
    keys = ["source_id", "day"]
    fetches = table("fetches")
    fetches["day"] = fetches["fetched_at"].dt.date
    for name in ("failed", "refused"):
        fetches[name] = fetches["outcome"].eq(name)
    fetches["ok"] = ~fetches["failed"] & ~fetches["refused"]
    polled = fetches.groupby(keys, as_index=False).agg(
        polls=("fetch_id", "size"),
        ok_polls=("ok", "sum"),
        failed_polls=("failed", "sum"),
        refused_polls=("refused", "sum"),
        items=("items", "sum"),
        new_items=("new_items", "sum"),
    )
    articles = table("articles")
    articles["day"] = articles["collected_at"].dt.date
    collected = articles.groupby(keys, as_index=False).agg(articles=("article_id", "nunique"))
    span = polled.groupby("source_id", as_index=False).agg(first=("day", "min"), last=("day", "max"))
    days = [list(pd.date_range(*ends).date) for ends in zip(span["first"], span["last"], strict=True)]
    span["day"] = pd.Series(days, dtype="object")
    frame = span[["source_id", "day"]].explode("day").merge(polled, on=keys, how="left")
    frame = frame.merge(collected, on=keys, how="left")
    numbers = frame.columns.drop(keys)
    frame[numbers] = frame[numbers].fillna(0).astype("int64")
    frame["verdict"] = "not_polled"
    frame.loc[frame["polls"] > 0, "verdict"] = "blind"
    frame.loc[frame["ok_polls"] > 0, "verdict"] = "silent"
    frame.loc[(frame["articles"] > 0) | (frame["new_items"] > 0), "verdict"] = "seen"
    return frame.sort_values(keys)


def open_failures() -> pd.DataFrame:
    failures = table("failures").dropna(subset="item_id").sort_values(["run_id", "place"])
    failures["kept"] = failures["item"].notna()
    of_item = failures.groupby("item_id", as_index=False).agg(
        first_failed=("occurred_at", "min"),
        last_failed=("occurred_at", "max"),
        times=("failure_id", "size"),
        retryable=("kept", "any"),
    )
    last = failures.drop_duplicates("item_id", keep="last").merge(of_item, on="item_id")
    tried = table("retries").sort_values("run_id").drop_duplicates("item_id", keep="last")
    tried = tried[["item_id", "outcome", "reason", "run_id"]]
    tried = tried.rename(columns={"reason": "now", "run_id": "tried_in"})
    frame = last.merge(tried, on="item_id", how="left")
    answered = frame["tried_in"].notna() & (frame["tried_in"].fillna("") > frame["run_id"])
    frame["reason"] = frame["now"].where(answered, frame["reason"])
    frame = frame[~answered | frame["outcome"].eq("failed")]
    told = ["item_id", "source_id", "place", "step", "reason", "first_failed", "last_failed", "times", "retryable"]
    return frame[told].sort_values(["source_id", "place"])
'''
