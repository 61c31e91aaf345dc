"""Made-up requests, and how each server would log them: written from the formats' documents, not from our parsers."""

import gzip
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

MOMENT = datetime(2026, 9, 8, 10, 0, tzinfo=UTC)
TOKEN = "k3v7q2m4x6t5a7c2d4e6f3g5hy"
AUDIO = "pitch-1a2b3c4d.mp3"
PHONE = "AppleCoreMedia/1.0.0.21F90 (iPhone; U; CPU OS 17_5_1 like Mac OS X; en_us)"
_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@dataclass(frozen=True)
class Asked:
    """A request as it was answered. ``start`` is where a part begins, None for the whole; ``id`` is the server's."""

    at: datetime = MOMENT
    address: str = "203.0.113.9"
    method: str = "GET"
    path: str = f"{TOKEN}/{AUDIO}"
    query: str = ""
    status: int = 206
    start: int | None = 0
    sent: int = 1_048_576
    size: int = 2_220_000
    agent: str = PHONE
    id: str = "3E57427F33A59F07"
    signed: bool = False

    def but(self, **changes: object) -> "Asked":
        return replace(self, **changes)  # type: ignore[arg-type]

    @property
    def target(self) -> str:
        return f"/{self.path}" + (f"?{self.query}" if self.query else "")


def as_s3(asked: Asked, *, bucket: str = "pitches", prefix: str = "dana/public/") -> str:
    key = f"{prefix}{asked.path}"
    query = f"?{asked.query}" if asked.query else ""
    requester = "arn:aws:iam::123456789012:user/dana" if asked.signed else "-"
    return (
        f"79a59df900b949e5 {bucket} [{_clf(asked.at)}] {asked.address} {requester} {asked.id} "
        f'REST.{asked.method}.OBJECT {key} "{asked.method} /{bucket}/{key}{query} HTTP/1.1" {asked.status} - '
        f'{asked.sent or "-"} {asked.size} 70 10 "-" "{asked.agent or "-"}" - s9lzHYrFp76= - '
        "TLS_AES_128_GCM_SHA256 - h.s3.eu-central-1.amazonaws.com TLSv1.3 - - eu-central-1"
    )


CLOUDFRONT_HEADER = (
    "#Version: 1.0\n#Fields: date time x-edge-location sc-bytes c-ip cs-method cs(Host) cs-uri-stem sc-status "
    "cs(Referer) cs(User-Agent) cs-uri-query cs(Cookie) x-edge-result-type x-edge-request-id x-host-header "
    "sc-content-len sc-range-start sc-range-end"
)


def cloudfront_values(asked: Asked) -> dict[str, str]:
    start = asked.start if asked.status == 206 else None
    agent = asked.agent.replace("%", "%25").replace(" ", "%20").replace('"', "%22") or "-"
    return {
        "date": f"{asked.at:%Y-%m-%d}",
        "time": f"{asked.at:%H:%M:%S}",
        "x-edge-location": "FRA56-P1",
        "sc-bytes": str(asked.sent + 700),
        "c-ip": asked.address,
        "cs-method": asked.method,
        "cs(Host)": "d111111abcdef8.cloudfront.net",
        "cs-uri-stem": f"/{asked.path}",
        "sc-status": f"{asked.status:03d}",
        "cs(Referer)": "-",
        "cs(User-Agent)": agent,
        "cs-uri-query": asked.query or "-",
        "cs(Cookie)": "-",
        "x-edge-result-type": "Hit",
        "x-edge-request-id": asked.id,
        "x-host-header": "listen.example.com",
        "sc-content-len": str(asked.sent),
        "sc-range-start": "-" if start is None else str(start),
        "sc-range-end": "-" if start is None else str(start + asked.sent - 1),
    }


def as_w3c(asked: Asked) -> str:
    return "\t".join(cloudfront_values(asked).values())


def as_cloudfront_json(asked: Asked) -> str:
    return json.dumps(cloudfront_values(asked))


def as_cloudflare(asked: Asked, **changes: object) -> str:
    fields: dict[str, object] = {
        "ClientIP": asked.address,
        "ClientRequestMethod": asked.method,
        "ClientRequestURI": asked.target,
        "ClientRequestUserAgent": asked.agent,
        "ClientRequestReferer": "",
        "ClientRequestHost": "listen.example.com",
        "ClientRequestSource": "eyeball",
        "EdgeResponseStatus": asked.status,
        "EdgeResponseBodyBytes": asked.sent,
        "EdgeResponseBytes": asked.sent + 600,
        "EdgeStartTimestamp": int(asked.at.timestamp()) * 1_000_000_000,
        "RayID": asked.id,
    }
    return json.dumps({**fields, **changes})


def as_nginx(asked: Asked, *, with_range: bool = True) -> str:
    local = asked.at.astimezone(timezone(timedelta(hours=2)))
    agent = asked.agent.replace("\\", "\\x5C").replace('"', "\\x22") or "-"
    request = f"{asked.method} {asked.target} HTTP/2.0"
    line = f'{asked.address} - - [{_clf(local)}] "{request}" {asked.status} {asked.sent} "-" "{agent}"'
    return line + (f' "{_range(asked)}"' if with_range else "")


def as_caddy(asked: Asked) -> str:
    headers = {"User-Agent": [asked.agent]} if asked.agent else {}
    part = asked.status == 206 and asked.start is not None
    answer = {"Content-Range": [f"bytes {asked.start}-{asked.size - 1}/{asked.size}"]} if part else {}
    return json.dumps(
        {
            "level": "info",
            "ts": asked.at.timestamp(),
            "request": {
                "remote_ip": "192.0.2.1",
                "client_ip": asked.address,
                "method": asked.method,
                "host": "listen.example.com",
                "uri": asked.target,
                "headers": headers,
            },
            "size": asked.sent,
            "status": asked.status,
            "resp_headers": answer,
        }
    )


WRITERS: Mapping[str, Callable[[Asked], str]] = {
    "S3": as_s3,
    "CloudFront": as_w3c,
    "CloudFront JSON": as_cloudfront_json,
    "Cloudflare": as_cloudflare,
    "Caddy": as_caddy,
    "combined": as_nginx,
}
"""How a request is written in each form, by the form's name."""

WITHOUT_RANGES = ("S3", "Cloudflare")
WITHOUT_IDS = ("Caddy", "combined")


def log_of(form: str, lines: Sequence[str]) -> bytes:
    """Return a log of these lines, with a header where the form has one."""
    header = [CLOUDFRONT_HEADER] if form == "CloudFront" else []
    return "".join(f"{line}\n" for line in (*header, *lines)).encode("utf-8")


def write_log(path: Path, form: str, lines: Sequence[str]) -> Path:
    """Write a log, packed as its name says."""
    body = log_of(form, lines)
    if path.suffix == ".zst":
        import duckdb

        plain = path.with_suffix("")
        plain.write_bytes(body)
        duckdb.connect().execute(
            f"COPY (SELECT content FROM read_text('{plain}')) TO '{path}' "  # noqa: S608 - the test's own file
            "(FORMAT csv, HEADER false, DELIMITER '\x02', QUOTE '', ESCAPE '', COMPRESSION zstd)"
        )
        plain.unlink()
    else:
        path.write_bytes(gzip.compress(body) if path.suffix == ".gz" else body)
    return path


def _range(asked: Asked) -> str:
    return f"bytes={asked.start}-" if asked.status == 206 and asked.start is not None else "-"


def _clf(at: datetime) -> str:
    return f"{at:%d}/{_MONTHS[at.month - 1]}/{at:%Y:%H:%M:%S %z}"
