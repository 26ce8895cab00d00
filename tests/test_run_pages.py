"""Pages of summary-only items and Telegram previews through the whole program."""

from pathlib import Path

import yaml
from feed_farm import FeedFarm, body
from running import poll_here, rows

PAGE = """<!doctype html><html lang="en"><head><title>Mothers ask</title></head>
<body><nav>Home | News</nav><main><article><h1>Mothers ask</h1>
<p>Mothers of conscripts from three districts came to the draft office on Monday with a letter that names
thirty-one sons and the dates on which each of them was last heard of.</p>
<p>They said that the young men were sent to the front after four days at the training ground, and that nobody
has answered since.</p></article></main>
<aside><h2>Read also</h2><p>Soldiers' mothers of another region</p></aside>
<footer>All rights reserved</footer></body></html>"""
POST = """<div class="tgme_widget_message_wrap"><div class="tgme_widget_message" data-post="mothers/7">
<div class="tgme_widget_message_text">Жёны мобилизованных просят вернуть мужей домой.</div>
<a class="tgme_widget_message_date" href="https://t.me/mothers/7">
<time datetime="2024-02-01T10:00:00+00:00">10:00</time></a>
</div></div>"""


def test_the_page_of_a_summary_is_read_once_and_makes_no_revision(tmp_path: Path) -> None:
    with FeedFarm() as farm:
        link = farm.add("/page", body(PAGE.encode(), ("Content-Type", "text/html; charset=utf-8")))
        item = (
            f"<item><guid>1</guid><title>Mothers ask</title><link>{link}</link><description>Short.</description></item>"
        )
        feed = f'<?xml version="1.0"?><rss version="2.0"><channel><title>F</title>{item}</channel></rss>'.encode()
        source = {"id": "press", "url": farm.add("/feed", body(feed)), "pages": "auto"}
        (tmp_path / "s.yaml").write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
        for _ in range(2):
            assert poll_here(tmp_path / "out", tmp_path / "s.yaml") == 0
        assert len(farm.visits_to("/page")) == 1
        assert len(farm.visits_to("/robots.txt")) == 1
    (article,) = rows(tmp_path / "out", "articles")
    assert (article["text_kind"], article["text_method"], article["revision"]) == ("page", "trafilatura", 0)
    assert "thirty-one sons" in article["text"]
    assert "another region" not in article["text"]
    assert article["actors"] == ["soldiers-mothers"]


def test_a_telegram_preview_is_a_source(tmp_path: Path) -> None:
    with FeedFarm() as farm:
        page = f"<!doctype html><html><body><section>{POST}</section></body></html>"
        url = farm.add("/s/mothers", body(page.encode(), ("Content-Type", "text/html; charset=utf-8")))
        source = {"id": "channel", "url": url, "kind": "telegram", "language": "ru"}
        (tmp_path / "s.yaml").write_text(yaml.safe_dump({"sources": [source]}), encoding="utf-8")
        assert poll_here(tmp_path / "out", tmp_path / "s.yaml") == 0
    (article,) = rows(tmp_path / "out", "articles")
    assert article["actors"] == ["soldiers-relatives"]
    assert article["published_at"].isoformat() == "2024-02-01T10:00:00+00:00"
