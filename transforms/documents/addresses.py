"""Addresses of articles: made absolute, cleared of credentials, and brought to one canonical form."""

import re
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import SplitResult, quote, unquote, urljoin, urlsplit, urlunsplit

MAX_ADDRESS = 4096  # characters; longer ones are no addresses of pages (browsers and servers stop at 2,000 to 8,000)
_DEFAULT_PORTS = {"http": 80, "https": 443}


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Query keys that say where a reader came from, not what is read. Sources: the trackers' own documentation, and feeds.
_TRACKING = _words(
    "fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh mc_cid mc_eid _ga _gl "
    "_hsenc _hsmi mkt_tok vero_id oly_anon_id oly_enc_id wickedid soc_src soc_trk spm ncid cmpid cmp ocid xtor "
    "smid ito ns_mchannel ns_campaign ns_source ns_linkname at_medium at_campaign at_custom1 at_custom2 "
    "at_custom3 at_custom4 at_link_id at_link_type at_link_origin at_format at_bbc_team at_ptr_name feedname "
    "feedtype __twitter_impression guccounter guce_referrer guce_referrer_sig rb_clickid openstat _openstat erid "
    "fb_action_ids fb_action_types fb_source action_object_map action_type_map action_ref_map yptr sr_share "
    "linkid amp_js_v amp_gsa usqp src_campaign ftag srcref traffic_source"
)
_TRACKING_PREFIXES = ("utm_", "pk_", "mtm_", "piwik_", "matomo_", "hsa_", "ga_")
# Keys that are tracking only with one of these values: elsewhere `source` and `from` may choose what is shown.
_REFERRER_KEYS = _words("from source src ref ref_src referrer referer medium via cid campaign partner rss feed")
_REFERRER_VALUES = re.compile(
    r"^(?:rss|rss[-_.]?\w*|feeds?|atom|xml|twitter|twsrc\S*|facebook|fb|telegram|tg|vk|email|newsletter|share|social|"
    r"yandex\w*|google\w*|yxnews|rssfeed|1)$",
    re.IGNORECASE,
)
# Keys whose values are secrets of whoever read the feed: never stored.
_SECRET = _words(
    "token access_token auth_token authtoken refresh_token id_token api_key apikey api-key secret client_secret "
    "password passwd pwd sig signature auth authorization jwt sessionid session_id phpsessid jsessionid "
    "x-amz-signature x-amz-credential x-amz-security-token x-goog-signature x-goog-credential"
)
# Keys that name a secret or an article: secret where the value looks like one.
_PERHAPS_SECRET = _words("key pass session sid hash")
_SECRET_VALUE = re.compile(r"^(?=.*[0-9])(?=.*[A-Za-z])[A-Za-z0-9._\-]{16,}$")
_AMP_KEYS = frozenset(("amp", "outputtype", "amp_markup"))
_AMP_VALUES = frozenset(("", "1", "true", "amp"))
_MOBILE_LABELS = frozenset(("m", "mobile", "mobi", "touch", "amp", "wap", "pda"))
_AMP_CACHE = re.compile(r"^/[a-z]/(s/)?([^/]+\.[^/]+)(/.*)?$")  # of cdn.ampproject.org: /c/s/site.example/path
_GOOGLE_AMP = re.compile(r"^/amp/(s/)?([^/]+\.[^/]+)(/.*)?$")  # of google.*: /amp/s/site.example/path
_AMP_TAIL = re.compile(r"(?:/amp(?:\.html?)?)+/?$|\.amp(?=\.html?$)|\.amp$", re.IGNORECASE)
_AMP_HEAD = re.compile(r"^(?:/amp)+/(?=.)", re.IGNORECASE)
_SESSION_IN_PATH = re.compile(r";(?:jsessionid|phpsessid|sid)=[^/;]*", re.IGNORECASE)
_UNSEEN = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]+")
_SAFE_PATH = "/:@!$&'()*+,;=~-._%|"
_SAFE_QUERY = _SAFE_PATH + "?[]{}^`\\"
_ESCAPE = re.compile(r"%([0-9a-fA-F]{2})")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_HOST = re.compile(r"^(?:[a-z0-9_](?:[a-z0-9_\-]{0,62})\.?)+$")


def absolute_url(link: str | None, base: str | None = None) -> str | None:
    """Return `link`, resolved against `base`, as it may be stored: http or https, no credentials; else None."""
    parts = _split(link, base)
    if parts is None:
        return None
    return urlunsplit(parts._replace(query=_filter_query(parts.query, _is_secret)))


def canonical_url(url: str | None) -> str | None:
    """Return the one form of `url` under which an article is recognised, or None if it isn't an http(s) address.

    Tracking parameters, AMP and mobile variants, default ports, fragments, credentials and a trailing slash go; the
    host is lower-case ASCII (IDNA), escapes are spelled one way.
    """
    parts = _split(url, None)
    if parts is None:
        return None
    parts = _original_of_amp(parts)
    host, port = _host_of(parts), parts.port
    if host is None:
        return None
    host = _desktop_host(host)
    path = _AMP_HEAD.sub("/", _AMP_TAIL.sub("", _plain_path(parts.path)))
    query = _filter_query(parts.query, _is_noise)
    fragment = parts.fragment if parts.fragment.startswith("!") else ""
    netloc = host if port is None or port == _DEFAULT_PORTS[parts.scheme] else f"{host}:{port}"
    return urlunsplit((parts.scheme, netloc, (path.rstrip("/") or "/"), _spelled(query, _SAFE_QUERY), fragment))


def without_credentials(url: str) -> str:
    """Return `url` for logs and messages: no user, no password, no secret parameter; never raises."""
    try:
        parts = urlsplit(url)
        host = parts.netloc.rpartition("@")[2]
        return urlunsplit(parts._replace(netloc=host, query=_filter_query(parts.query, _is_secret)))
    except ValueError:
        # Not an address: keep what cannot hold a secret.
        return re.sub(r"//[^/@]*@", "//", url.split("?", 1)[0])


def _split(link: str | None, base: str | None) -> SplitResult | None:
    if not link or len(link) > MAX_ADDRESS:
        return None
    text = link.strip()
    if _UNSEEN.search(text):
        text = _UNSEEN.sub(lambda match: "%20" if match.group() == " " else "", text)
    try:
        joined = urljoin(base, text) if base and not text.lower().startswith(("http://", "https://")) else text
        parts = urlsplit(joined.replace("\\", "/", 3) if joined[:8].count("\\") else joined)
        if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.port == 0:
            return None
    except ValueError:  # a port that is none, a bracket left open
        return None
    if "@" in parts.netloc:
        parts = parts._replace(netloc=parts.netloc.rpartition("@")[2])
    if ";" in parts.path:
        parts = parts._replace(path=_SESSION_IN_PATH.sub("", parts.path))
    return parts


@lru_cache(maxsize=4096)
def _ascii_host(host: str) -> str | None:
    name = host.rstrip(".")
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    name = name.lower()
    if ":" in name:
        return f"[{name}]"  # an IPv6 address, whose brackets urlsplit took off
    return name if _HOST.match(name) else None


def _host_of(parts: SplitResult) -> str | None:
    return _ascii_host(parts.hostname or "")


@lru_cache(maxsize=4096)
def _desktop_host(host: str) -> str:
    labels = host.split(".")
    if labels[0] in _MOBILE_LABELS and "." in host.partition(".")[2]:
        return ".".join(labels[1:])
    if labels[1:2] == ["m"] and "." in host.partition(".m.")[2]:
        return ".".join(labels[:1] + labels[2:])  # ru.m.wikipedia.org
    return host


def _original_of_amp(parts: SplitResult) -> SplitResult:
    host = (parts.hostname or "").lower()
    cached = None
    if host.endswith(".cdn.ampproject.org"):
        cached = _AMP_CACHE.match(parts.path)
    elif host.startswith(("www.google.", "google.")):
        cached = _GOOGLE_AMP.match(parts.path)
    if cached is None:
        return parts
    scheme = "https" if cached.group(1) else "http"
    try:
        original = urlsplit(f"{scheme}://{cached.group(2)}{cached.group(3) or '/'}")
        return original._replace(query=parts.query) if original.hostname and original.port != 0 else parts
    except ValueError:
        return parts


def _plain_path(path: str) -> str:
    if "/." in path:
        kept: list[str] = []
        for segment in path.split("/")[1:]:
            if segment == "..":
                del kept[-1:]
            elif segment != ".":
                kept.append(segment)
        path = "/" + "/".join(kept)
    return _spelled(path, _SAFE_PATH)


def _spelled(part: str, safe: str) -> str:
    """Return `part` with escapes in upper case, letters and digits unescaped, everything else escaped as UTF-8."""
    if "%" in part:
        part = _ESCAPE.sub(_one_escape, part)
    return quote(part, safe=safe)


def _one_escape(match: re.Match[str]) -> str:
    code = int(match.group(1), 16)
    return chr(code) if code in _UNRESERVED else match.group().upper()


def _filter_query(query: str, unwanted: Callable[[str, str], bool]) -> str:
    if not query:
        return ""
    kept = [pair for pair in query.split("&") if pair and not unwanted(*_pair(pair))]
    return "&".join(kept)


def _pair(pair: str) -> tuple[str, str]:
    key, _, value = pair.partition("=")
    return (unquote(key) if "%" in key else key).removeprefix("amp;").lower(), value


def _is_secret(key: str, value: str) -> bool:
    return bool(value) and (key in _SECRET or (key in _PERHAPS_SECRET and bool(_SECRET_VALUE.match(value))))


def _is_noise(key: str, value: str) -> bool:
    return (
        key in _TRACKING
        or key.startswith(_TRACKING_PREFIXES)
        or _is_secret(key, value)
        or (key in _REFERRER_KEYS and bool(_REFERRER_VALUES.match(value)))
        or (key in _AMP_KEYS and value.lower() in _AMP_VALUES)
    )
