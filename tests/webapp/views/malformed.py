"""A seeded program of requests as no browser sends them: odd values in real forms, odd files, and what is no HTTP."""

import json
import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, urlencode

DEEP = 20_000
DIGITS = 5_000
_BOUNDARY = "earshot-boundary"
VALUES = (
    "", " ", "0", "-1", "1", "1.5", "00000000012", "0000000019999999999", "9" * 400, "1" * DIGITS,
    "-" + "1" * DIGITS, "1e400", "nan", "inf", "-inf", "\0", "a\0b", "1\0", "é" * 300, "🦉", "٣", "²", "word",
    "a.b", "x" * 20_000, "%", "%00", "%zz", "\\", "'", '"', "';--", "<b>", "../../etc/passwd", "/",
    "//evil.example", "http://[", "http:///x", "javascript:1", "/sign-in/", "?", "#", "a\r\nSet-Cookie: b=c",
    "\x1b[0m", "null", "true", "[]", "{}", "{", "[" * DEEP, "{\"a\":" * DEEP, "\\ud800", "\ufeff", "None", "1,2;3",
    "-", "--", "paper_2d", "edited", "2**64", str(2**31), str(2**63), str(2**64),
)  # fmt: skip
FILES: Sequence[bytes] = (
    b"", b"\0" * 100, b"\xff\xfe\x00", b"PK\x03\x04" + bytes(50), b"\x1f\x8b" + bytes(50), b"RIFF" + bytes(40),
    b"a = " + b"[" * DEEP, b"a" + b".a" * DEEP + b" = 1", b"trials = " + b"1" * DIGITS, b"trials = 1e400",
    b"name = \"\\u0000\"", b"[space]\nname = \"\\u0000\"\n[space.stem]\nframes = " + b"9" * 400, b"epochs = nan",
    b"trials = " + b"9" * 300, b"energy_threshold_mj = " + b"9" * 300, b"[" * DEEP, b"{\"positions\":" * DEEP,
    b"[{\"architecture\": " + b"1" * DIGITS + b"}]", b"[\"\\ud800\"]",
    b"architecture,energy_mj\n" + b"{" * DEEP + b",1\n", b"architecture,energy_mj\nabc,nan\n", b"x" * 100_000,
    json.dumps({"positions": [{"kinds": [None]}], "stem": 1, "head": []}).encode(),
    b"space = \"paper_2d\"\nname = 1", b"= ", b"\xef\xbb\xbfname = \"a\"", b"time,current\n1,2\n" + b"3," * 1000,
    b"timestamp;I(uA)\n0;1\n",
)  # fmt: skip
HEADERS = (
    "Cookie: sessionid=\0", f"Cookie: {'a' * 5000}", "Cookie: sessionid=a b; csrftoken=;;", "Cookie: theme=\xff",
    "Range: bytes=a-b", f"Range: bytes={'1' * DIGITS}-", "Range: bytes=5-1", "If-Modified-Since: yesterday",
    "If-None-Match: *", "HX-Request: true", "HX-Current-URL: http://[", "HX-Trigger: \xff", "Referer: word",
    "Accept-Encoding: owl", "Accept-Language: " + "x" * 3000, "Origin: null", "X-Forwarded-Host: a b",
    "X-Forwarded-Proto: owl", "Content-Type: owl", "Content-Type: multipart/form-data",
    "Content-Type: multipart/form-data; boundary=\xff", "Content-Encoding: gzip", "Expect: 100-continue",
    "Authorization: Basic ???",
)  # fmt: skip
LINES = (
    "", "GET", "GET /", "GET  /  HTTP/1.1", "\0\0\0", "GET / HTTP/9.9", "owl / HTTP/1.1", "GET http://[ HTTP/1.1",
    "GET * HTTP/1.1", "GET /%ff%fe HTTP/1.1", "GET /\0 HTTP/1.1", "GET //// HTTP/1.1", "CONNECT a:1 HTTP/1.1",
    "PUT /studies/ HTTP/1.1", f"GET /{'a' * 9000} HTTP/1.1", f"GET /?{'a=b&' * 3000} HTTP/1.1",
    "DELETE / HTTP/1.1", "TRACE / HTTP/1.1", "PRI * HTTP/2.0",
)  # fmt: skip
METHODS = ("HEAD", "OPTIONS", "PUT", "PATCH", "DELETE")
_FIELD = re.compile(r"<(?:input|select|textarea|button)\b[^>]*\bname=\"([^\"]+)\"[^>]*>")
_VALUE = re.compile(r"\bvalue=\"([^\"]*)\"")


def fields_in(html: str) -> dict[str, str]:
    """Names of the fields of a page, with the values that stand in its markup."""
    found = {}
    for field in _FIELD.finditer(html):
        value = _VALUE.search(field.group())
        found[field.group(1)] = value.group(1) if value else ""
    return found


@dataclass(frozen=True, slots=True)
class Site:
    """What the program knows of the site: addresses, the fields of its forms, and a person's session."""

    addresses: Sequence[str]
    fields: Mapping[str, str]
    session: str
    token: str

    @property
    def cookie(self) -> str:
        return f"Cookie: sessionid={self.session}; csrftoken={self.token}"


def requests(site: Site, count: int, seed: int) -> Iterator[bytes]:
    """`count` requests, the same for the same seed."""
    rng = random.Random(seed)
    kinds: Sequence[Callable[[random.Random, Site], bytes]] = (
        _odd_query, _odd_path, _odd_post, _odd_post, _odd_post, _odd_upload, _odd_upload, _odd_header, _odd_method,
        _no_http,
    )  # fmt: skip
    for _ in range(count):
        yield rng.choice(kinds)(rng, site)


def _odd_values(rng: random.Random, site: Site) -> dict[str, str]:
    """Most fields as the pages have them, some odd."""
    names = rng.sample(sorted(site.fields), min(len(site.fields), rng.randint(3, len(site.fields))))
    odd = set(rng.sample(names, rng.randint(1, 3)))
    return {name: rng.choice(VALUES) if name in odd else site.fields[name] for name in names}


def _odd_query(rng: random.Random, site: Site) -> bytes:
    query = urlencode({name: value[:4000] for name, value in _odd_values(rng, site).items()})[:15_000]
    return _request(f"GET {rng.choice(site.addresses)}?{query}", [site.cookie])


def _odd_path(rng: random.Random, site: Site) -> bytes:
    parts = rng.choice(site.addresses).split("/")
    parts[rng.randrange(1, len(parts))] = quote(rng.choice(VALUES)[:6000], safe="")
    return _request(f"{rng.choice(['GET', 'POST'])} {'/'.join(parts)}", [site.cookie])


def _odd_post(rng: random.Random, site: Site) -> bytes:
    values = _odd_values(rng, site) | {"csrfmiddlewaretoken": site.token}
    headers = [site.cookie, "Content-Type: application/x-www-form-urlencoded"]
    return _request(f"POST {rng.choice(site.addresses)}", headers, urlencode(values).encode())


def _odd_upload(rng: random.Random, site: Site) -> bytes:
    values = _odd_values(rng, site) | {"csrfmiddlewaretoken": site.token}
    if rng.random() < 0.5:
        values["read_file"] = "1"
    parts = [_part(name, value.encode()) for name, value in values.items()]
    for name in ("file", "files", "upload"):
        parts.append(_part(name, rng.choice(FILES), f"{rng.choice(VALUES)[:100]}.toml"))
    body = b"".join(parts) + f"--{_BOUNDARY}--\r\n".encode()
    if rng.random() < 0.15:
        body = body[: rng.randrange(len(body))]
    headers = [site.cookie, f"Content-Type: multipart/form-data; boundary={_BOUNDARY}"]
    return _request(f"POST {rng.choice(site.addresses)}", headers, body)


def _part(name: str, value: bytes, file_name: str | None = None) -> bytes:
    shown = "" if file_name is None else f'; filename="{file_name}"'
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"{shown}\r\n\r\n'
    return head.encode(errors="replace") + value + b"\r\n"


def _odd_header(rng: random.Random, site: Site) -> bytes:
    body = rng.choice(FILES)
    headers = [site.cookie, *rng.sample(HEADERS, rng.randint(1, 3))]
    return _request(f"{rng.choice(['GET', 'POST'])} {rng.choice(site.addresses)}", headers, body)


def _odd_method(rng: random.Random, site: Site) -> bytes:
    return _request(f"{rng.choice(METHODS)} {rng.choice(site.addresses)}", [site.cookie])


def _no_http(rng: random.Random, site: Site) -> bytes:
    lines = [
        rng.choice(LINES),
        "Host: localhost",
        site.cookie,
        rng.choice(HEADERS),
        rng.choice(["", "no header", ": "]),
    ]
    return "\r\n".join([*lines, "", ""]).encode("latin-1", errors="replace") + rng.choice(FILES)


def _request(line: str, headers: Sequence[str], body: bytes = b"") -> bytes:
    all_headers = [f"{line} HTTP/1.1", "Host: localhost", "Connection: close", *headers, f"Content-Length: {len(body)}"]
    return "\r\n".join([*all_headers, "", ""]).encode("latin-1", errors="replace") + body
