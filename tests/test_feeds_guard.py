"""The address guard against every form of address that must not be asked, and against what comes after resolution."""

import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

import pytest
from feed_farm import FeedFarm, body, redirect, rss

from transforms.feeds.address import read_address, resolve_link, safe_address
from transforms.feeds.client import FeedClient, NoReply, Reply
from transforms.feeds.guard import FORBIDDEN, Guard, is_forbidden
from transforms.feeds.settings import FetchSettings
from transforms.tables.records import Unreadable

FORBIDDEN_ADDRESSES = """
0.0.0.0 0.1.2.3 10.0.0.1 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254 172.16.0.1
172.31.255.255 192.0.0.1 192.0.2.1 192.88.99.1 192.168.0.1 198.18.0.1 198.19.9.9 198.51.100.1 203.0.113.9 224.0.0.1
239.255.255.250 240.0.0.1 255.255.255.255
:: ::1 ::7f00:1 ::ffff:127.0.0.1 ::ffff:8.8.8.8 ::ffff:0:8.8.8.8 64:ff9b::7f00:1 64:ff9b::808:808 64:ff9b:1::1 100::1
2001::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1 fc00::1 fdff::1 fe80::1
fe80::1%lo fec0::1 ff02::1 4000::1 not-a-number
""".split()
PUBLIC_ADDRESSES = "8.8.8.8 1.1.1.1 100.63.255.255 100.128.0.0 172.32.0.1 2606:4700::1111 2a00:1450::1".split()
UNUSUAL_FORMS = """
0177.0.0.1 0x7f.0.0.1 0x7f000001 2130706433 017700000001 127.1 127.0.1 0x08080808 0 134744072
""".split()
LOOPBACK = FetchSettings(allow_networks=("127.0.0.0/8",), pause_seconds=0)


@pytest.mark.parametrize("address", FORBIDDEN_ADDRESSES)
def test_addresses_that_are_not_public_are_refused(address: str) -> None:
    refusal = Guard().judge(address, 80)
    assert refusal is not None
    assert refusal.reason == "forbidden_address"


@pytest.mark.parametrize("address", PUBLIC_ADDRESSES)
def test_public_addresses_are_open(address: str) -> None:
    assert Guard().judge(address, 443) is None


@pytest.mark.parametrize("network", FORBIDDEN, ids=str)
def test_both_ends_of_every_forbidden_network_are_refused(network: object) -> None:
    first, last = network[0], network[-1]  # type: ignore[index]  # networks are sequences of addresses
    assert is_forbidden(ip_address(str(first)))
    assert is_forbidden(ip_address(str(last)))


@pytest.mark.parametrize(
    "host",
    [
        "0177.0.0.1",
        "0x7f.0.0.1",
        "0x7f000001",
        "2130706433",
        "017700000001",
        "127.1",
        "127.0.1",
        "0x08080808",
        "0",
        "134744072",
    ],
)
def test_numbers_in_unusual_forms_are_refused(host: str) -> None:
    refusal = Guard().judge_host(host, 80)
    assert refusal is not None
    assert refusal.reason == "forbidden_address"


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1", "0x7f000001", "2130706433"])
def test_a_listed_network_is_open_in_every_form_and_on_every_port(host: str) -> None:
    assert Guard(["127.0.0.0/8"]).judge_host(host, 12345) is None


def test_listing_one_network_opens_no_other() -> None:
    guard = Guard(["127.0.0.0/8"])
    assert guard.judge("::ffff:127.0.0.1", 80) is None
    for address in ("10.0.0.1", "::1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "2002:7f00:1::"):
        assert guard.judge(address, 80) is not None, address


@pytest.mark.parametrize("port", [0, 22, 25, 6379, 11211, 65535])
def test_ports_that_are_no_web_ports_are_refused_on_public_addresses(port: int) -> None:
    refusal = Guard().judge("8.8.8.8", port)
    assert refusal is not None
    assert refusal.reason == "forbidden_port"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("", "malformed_address"),
        ("http://", "malformed_address"),
        ("http:///path", "malformed_address"),
        ("example.org/feed", "forbidden_scheme"),
        ("ftp://example.org/", "forbidden_scheme"),
        ("file:///etc/passwd", "forbidden_scheme"),
        ("gopher://example.org/", "forbidden_scheme"),
        ("data:text/xml,<rss/>", "forbidden_scheme"),
        ("javascript:alert(1)", "forbidden_scheme"),
        ("http://user:secret@example.org/", "credentials_in_address"),
        ("http://user@example.org/", "credentials_in_address"),
        ("http://@example.org/", "credentials_in_address"),
        ("http://example.org:0/", "malformed_address"),
        ("http://example.org:99999/", "malformed_address"),
        ("http://example.org:x/", "malformed_address"),
        ("http://[::1/", "malformed_address"),
        ("http://exa mple.org/", "malformed_address"),
        ("http://example.org/\r\nX: y", "malformed_address"),
        ("http://example.org\\@127.0.0.1/", "malformed_address"),
        ("http://exa%6dple.org/", "malformed_address"),
        ("http://" + "a" * 5000, "malformed_address"),
    ],
)
def test_addresses_that_may_not_be_asked_have_a_reason(url: str, reason: str) -> None:
    read = read_address(url)
    assert isinstance(read, Unreadable)
    assert read.reason == reason


def test_secrets_in_addresses_are_not_shown() -> None:
    shown = safe_address("https://me:pw@example.org:8443/feed?format=rss&token=abc&api_key=d&q=1#part")
    assert shown == "https://example.org:8443/feed?format=rss&token=REDACTED&api_key=REDACTED&q=1"
    assert "hush" not in safe_address("http://me:hush@[broken/feed?token=hush")


def test_links_are_made_absolute_or_dropped() -> None:
    base = "https://example.org/news/feed.xml"
    assert resolve_link("/a", base) == "https://example.org/a"
    assert resolve_link("b?x=1", base) == "https://example.org/news/b?x=1"
    assert resolve_link("//cdn.example.org/c", base) == "https://cdn.example.org/c"
    assert resolve_link("https://u:p@example.org/d", base) == "https://example.org/d"
    for link in ("javascript:alert(1)", "mailto:a@example.org", "data:,x", "ftp://example.org/", "http://", None, ""):
        assert resolve_link(link, base) is None, link
    assert resolve_link("/relative", None) is None


def _fetch(url: str, settings: FetchSettings, answers: Sequence[Sequence[str]] = ()) -> Reply | NoReply:
    left = list(answers)

    async def resolve(_host: str, _port: int) -> Sequence[str]:
        return left.pop(0)

    async def act() -> Reply | NoReply:
        async with FeedClient(settings, resolve if answers else None) as client:
            return await client.fetch(url)

    return asyncio.run(act())


def _refused(reply: Reply | NoReply) -> str:
    assert isinstance(reply, NoReply)
    assert reply.refused
    return reply.error.reason


def test_loopback_is_refused_unless_listed() -> None:
    with FeedFarm() as farm:
        url = farm.add("/feed", body(rss()))
        assert _refused(_fetch(url, FetchSettings())) == "forbidden_address"
        assert _refused(_fetch(url.replace("127.0.0.1", "localhost"), FetchSettings())) == "forbidden_address"
        assert not farm.visits
        assert isinstance(_fetch(url, LOOPBACK), Reply)


def test_without_the_guard_loopback_would_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Guard, "judge", lambda *_: None)
    monkeypatch.setattr(Guard, "judge_host", lambda *_: None)
    with FeedFarm() as farm:
        # So it is the guard, and nothing else, that the refusals of this file come from.
        assert isinstance(_fetch(farm.add("/feed", body(rss())), FetchSettings()), Reply)


def test_the_resolved_address_is_what_counts() -> None:
    assert _refused(_fetch("http://innocent.example/", FetchSettings(), [["10.0.0.7"]])) == "forbidden_address"
    assert _refused(_fetch("http://innocent.example/", FetchSettings(), [["::ffff:127.0.0.1"]])) == "forbidden_address"
    assert _refused(_fetch("http://innocent.example:25/", FetchSettings(), [["8.8.8.8"]])) == "forbidden_port"


def test_a_name_is_looked_up_once_and_that_answer_is_connected_to() -> None:
    with FeedFarm() as farm:
        farm.add("/feed", body(rss()))
        port = farm.url("").rpartition(":")[2]
        answers = [["127.0.0.1"], ["10.0.0.1"]]
        reply = _fetch(f"http://changing.example:{port}/feed", LOOPBACK, answers)
        assert isinstance(reply, Reply)
        assert farm.visits[0].header("host") == f"changing.example:{port}".encode()


def test_a_name_whose_answer_changes_is_judged_again_at_every_hop() -> None:
    with FeedFarm() as farm:
        port = farm.url("").rpartition(":")[2]
        farm.add("/feed", redirect(f"http://changing.example:{port}/next", 302))
        farm.add("/next", body(rss()))
        reply = _fetch(f"http://changing.example:{port}/feed", LOOPBACK, [["127.0.0.1"], ["10.0.0.1"]])
        assert _refused(reply) == "forbidden_address"
        assert len(farm.visits) == 1


def test_forbidden_answers_are_left_out_and_allowed_ones_used() -> None:
    with FeedFarm() as farm:
        farm.add("/feed", body(rss()))
        port = farm.url("").rpartition(":")[2]
        assert isinstance(_fetch(f"http://mixed.example:{port}/feed", LOOPBACK, [["10.0.0.1", "127.0.0.1"]]), Reply)


@pytest.mark.parametrize(
    ("target", "reason"),
    [
        ("http://169.254.169.254/latest/meta-data/", "forbidden_address"),
        ("http://[::1]/", "forbidden_address"),
        ("http://2130706433:1/", None),
        ("http://0x0a000001/", "forbidden_address"),
        ("file:///etc/passwd", "forbidden_scheme"),
        ("http://u:p@127.0.0.1/", "credentials_in_address"),
        ("http://exa mple/", "malformed_address"),
    ],
)
def test_redirects_are_judged_as_addresses_are(target: str, reason: str | None) -> None:
    with FeedFarm() as farm:
        reply = _fetch(farm.add("/feed", redirect(target, 302)), LOOPBACK)
        if reason is None:
            assert isinstance(reply, NoReply)
            assert reply.error.reason == "connect_failed"  # listed, and nobody is there
        else:
            assert _refused(reply) == reason
            assert reply.status == 302


def test_the_environment_names_no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with FeedFarm() as farm, FeedFarm() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        assert isinstance(_fetch(farm.add("/feed", body(rss())), LOOPBACK), Reply)
        assert not proxy.visits


def test_a_proxy_named_on_purpose_is_used_and_local_names_are_refused() -> None:
    with FeedFarm() as proxy:
        settings = FetchSettings(proxy=proxy.url(""), pause_seconds=0)
        proxy.add("http://outlet.example/feed", body(rss()))
        assert isinstance(_fetch("http://outlet.example/feed", settings), Reply)
        for url in ("http://localhost/", "http://router/", "http://nas.local/", "http://10.0.0.1/", "http://127.1/"):
            assert _refused(_fetch(url, settings)) == "forbidden_address"
        assert len(proxy.visits) == 1


def test_the_client_writes_no_address_to_the_log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    with FeedFarm() as farm:
        farm.add("/feed", body(rss()))
        assert isinstance(_fetch(farm.url("/feed?token=hush"), LOOPBACK), Reply)
    assert "hush" not in caplog.text
