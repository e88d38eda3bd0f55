"""Addresses that lead to the canary: schemes, spellings of hosts, and tricks that filters of addresses have missed."""

from dataclasses import dataclass

from dev.hostile.canary import REDIRECTIONS, Canary

HOSTS = (
    "127.0.0.1",
    "127.1",
    "127.0.1",
    "2130706433",
    "0x7f000001",
    "0x7f.0.0.1",
    "017700000001",
    "0177.0.0.1",
    "127.000.000.001",
    "127.0.0.1.",
    "0.0.0.0",
    "0",
    "localhost",
    "LOCALHOST",
    "localhost.",
    "canary.localhost",
    "127.0.0.1.nip.io",
    "localtest.me",
    "[::1]",
    "[::]",
    "[0:0:0:0:0:0:0:1]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[2002:7f00:1::]",
    "[64:ff9b::7f00:1]",
    "[fe80::1%25lo]",
    "%31%32%37.0.0.1",
    "127%2e0%2e0%2e1",
    "127。0。0。1",
    "１２７.０.０.１",
    "①②⑦.⓪.⓪.①",
    "ⓛⓞⓒⓐⓛⓗⓞⓢⓣ",
    "user:password@127.0.0.1",
    "school.example@127.0.0.1",
    "school.example%00@127.0.0.1",
    "school.example%23@127.0.0.1",
    "school.example\\@127.0.0.1",
)
"""Spellings of this machine: decimal, octal, hexadecimal, IPv6 with IPv4 inside (mapped, 6to4, NAT64), names, letters
that look alike, credentials.
"""

SCHEMES = (
    "http://§",
    "https://§",
    "HTTP://§",
    "hTtPs://§",
    "ftp://§",
    "ws://§",
    "gopher://§",
    "dict://§",
    "ldap://§",
    "tftp://§",
    "sftp://§",
    "smb://§",
    "dns://§",
    "jar:http://§!/x",
    "view-source:http://§",
    "feed:http://§",
    "blob:http://§",
    "filesystem:http://§",
    "url:http://§",
    "//§",
    "///§",
    "////§",
    "\\\\§",
    "/\\§",
    "\\/§",
    "http:\\\\§",
    "http:/§",
    "http:§",
    "http:///§",
    " http://§",
    "\thttp://§",
    "ht\ttp://§",
    "ht\ntp://§",
    "http:\n//§",
    "http://\t§",
    "\x00http://§",
    "\x01http://§",
    "\u200bhttp://§",
    "\ufeffhttp://§",
    "ｈｔｔｐ://§",
    "http:／／§",
    "http%3A//§",
    "http%3a%2f%2f§",
    "&#104;ttp://§",
    "http&colon;//§",
    "\\68ttp://§",
    "javascript:fetch('http://§')",
    "vbscript:http://§",
    "data:text/html,<img src=http://§>",
    "data:text/html;base64,PGltZyBzcmM9Ly8xMjcuMC4wLjE+",
    "data:text/css,@import 'http://§';",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='http://§'/></svg>",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><style>@import 'http://§';*{fill:url(http://§)}</style></svg>",
    "data:image/svg+xml,<!DOCTYPE svg [<!ENTITY e SYSTEM 'http://§'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&e;</text></svg>",
    "data:image/svg+xml,<?xml-stylesheet href='http://§'?><svg xmlns='http://www.w3.org/2000/svg'/>",
    "data:image/png,<svg xmlns='http://www.w3.org/2000/svg'><use href='http://§'/></svg>",
    "data:,http://§",
    "mailto:canary@§",
)
"""How an address may begin; `§` stands for host, port and path."""

FILES = (
    "file://§",
    "FILE://§",
    "file:§",
    "file:////§",
    "file://localhost§",
    "file://127.0.0.1§",
    "\\\\localhost\\c$§",
    "§",
    "../../../../../../../..§",
    "/uploads/../../../../../..§",
    "..%2f..%2f..%2f..%2f..§",
    "....//....//....//..§",
    "netdoc:§",
    "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='file://§'/></svg>",
    "data:image/svg+xml,<!DOCTYPE svg [<!ENTITY e SYSTEM 'file://§'>]><svg xmlns='http://www.w3.org/2000/svg'><text>&e;</text></svg>",
)
"""How a file may be named; `§` stands for its path from the root."""

INSIDE = ("math:0", "file:0", "file:1", "copy:0", "http://169.254.169.254/latest/meta-data/", "http://[fd00:ec2::254]/")
"""What the pages themselves are made with, and where clouds keep their secrets."""


@dataclass(frozen=True)
class Address:
    """An address and what it is called in a failed test."""

    name: str
    url: str


def addresses(canary: Canary) -> tuple[Address, ...]:
    """Every address, always in the same order."""
    plain = f"127.0.0.1:{canary.port}/canary"
    hosts = [(f"host {host}", f"http://{host}:{canary.port}/canary") for host in HOSTS]
    schemes = [(f"scheme {scheme!r}", scheme.replace("§", plain)) for scheme in SCHEMES]
    files = [(f"file {spelling!r}", spelling.replace("§", str(canary.file))) for spelling in FILES]
    return tuple(Address(name, url) for name, url in (*hosts, *schemes, *files, *((url, url) for url in INSIDE)))


def fetchable(canary: Canary) -> tuple[Address, ...]:
    """Addresses of images that are fetched, or nearly: what is found there leads to the canary."""
    base = canary.images
    answers = [*map(str, REDIRECTIONS), "refresh", "scheme", "relative", "above", "html", "svg", "none.png"]
    paths = [
        "../canary",
        "%2e%2e/canary",
        "%252e%252e/canary",
        "..\\canary",
        "x/../../canary",
        f"//127.0.0.1:{canary.port}/canary",
        f"@127.0.0.1:{canary.port}/canary",
        f"?http://127.0.0.1:{canary.port}/canary",
        f"#@127.0.0.1:{canary.port}/canary",
        "%0d%0aHost:%20canary/x.png",
    ]
    origin = base.removesuffix("/uploads/")
    near = [f"{origin}@127.0.0.1:{canary.port}/uploads/x", f"{origin}.nip.io/uploads/x", f"{origin}0/uploads/x"]
    return tuple(Address(url, url) for url in (*(base + name for name in (*answers, *paths)), *near))
