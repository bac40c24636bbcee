"""An InfluxDB 2 server as followers speak to it: what is written, and what its answers mean."""

from __future__ import annotations

import gzip
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.rest import ApiException
from influxdb_client.service.write_service import WriteService
from urllib3.exceptions import HTTPError

from sera_store.errors import FollowerAwayError, FollowerPausedError

if TYPE_CHECKING:
    from collections.abc import Callable

TIMEOUT_S: Final = 30.0
# A level more costs more time than the smaller body saves, on a wire or on loopback (bench_influxdb).
_GZIP_LEVEL: Final = 1
_REASON_LONGEST: Final = 300
# What a smaller or better batch may still be taken: 400 malformed, 413 too large, 422 some refused.
_SPLIT_ON: Final = frozenset({400, 413, 422})
_PAUSE_ON: Final = {
    401: "the token is not accepted; give a valid one",
    403: "the token may not write to this bucket; give it the right",
    404: "the organisation or bucket does not exist; make it, or correct its name",
}


@dataclass(frozen=True, slots=True)
class InfluxTarget:
    """Where a server is and what proves us to it; the token is never shown."""

    url: str
    org: str
    bucket: str
    token: str = field(repr=False)


class InfluxServer:
    """Requests to one server for one follower; its client retries nothing by itself.

    Parameters
    ----------
    target
        Server, organisation, bucket and token.
    follower
        Whose requests they are; named in errors.
    timeout_s
        How long a request may take [s].
    """

    def __init__(self, target: InfluxTarget, follower: str, timeout_s: float = TIMEOUT_S) -> None:
        self._target = target
        self._follower = follower
        self.client = InfluxDBClient(
            target.url, target.token, org=target.org, timeout=round(timeout_s * 1000), retries=False
        )
        self._writer = WriteService(self.client.api_client)  # type: ignore[no-untyped-call]
        self._deleter = self.client.delete_api()

    def write(self, packed: bytes) -> ApiException | None:
        """Write lines packed by `pack`; return the answer where the request itself is at fault.

        Raises
        ------
        FollowerPausedError
            The server refuses us altogether (401, 403, 404).
        FollowerAwayError
            The server is away or overloaded: try again later.
        """
        return self._ask(lambda: self._post(packed))

    def delete(self, first: str, last: str, predicate: str) -> ApiException | None:
        """Delete what a predicate fits between two times, both ends included; raises as `write`."""
        target = self._target
        return self._ask(lambda: self._deleter.delete(first, last, predicate, target.bucket, target.org))

    def close(self) -> None:
        """Close the connections."""
        self.client.close()  # type: ignore[no-untyped-call]

    def _post(self, packed: bytes) -> None:
        self._writer.post_write(  # type: ignore[no-untyped-call]
            org=self._target.org,
            bucket=self._target.bucket,
            body=packed,
            precision="ns",
            content_encoding="gzip",
            content_type="text/plain; charset=utf-8",
        )

    def _ask(self, request: Callable[[], object]) -> ApiException | None:
        """Send a request; give back the answer where the request itself is at fault."""
        try:
            request()
        except ApiException as error:
            if error.status in _SPLIT_ON:
                return error
            raise self._failure(error) from error
        except (HTTPError, OSError) as error:
            raise FollowerAwayError(self._follower, f"{self._target.url} does not answer: {error}") from error
        return None

    def _failure(self, error: ApiException) -> FollowerPausedError | FollowerAwayError:
        target, status = self._target, error.status
        where = f"{target.url} answers {status} for bucket {target.bucket}"
        if status in _PAUSE_ON:
            return FollowerPausedError(self._follower, f"{where}: {_PAUSE_ON[status]}")
        return FollowerAwayError(self._follower, f"{where}: {answer_text(error)}")


def pack(text: str) -> bytes:
    """Pack lines for one request."""
    return gzip.compress(text.encode(), _GZIP_LEVEL)


def answer_text(error: ApiException) -> str:
    """Return what an answer says, on one line of bounded length."""
    return " ".join(str(error.message or error.reason or "").split())[:_REASON_LONGEST]
