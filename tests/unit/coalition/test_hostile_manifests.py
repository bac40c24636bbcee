"""Manifests that break what reads them: refused with a code, and no file is looked for by what they say."""

from __future__ import annotations

import base64
import json
from typing import TYPE_CHECKING

import pytest

from coalition.exchange import make, neighbours
from sera_coalition.agreements.envelope import Signed
from sera_coalition.bundles.container import read_container
from sera_coalition.bundles.manifest import SIGNATURE
from sera_coalition.bundles.receiving import receive
from sera_coalition.bundles.refusals import Refusal
from sera_coalition.bundles.tables import read_table
from sera_coalition.errors import RefusedBundleError
from sera_commons.media.foreign import clean_media

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("before", "after", "reason"),
    [
        (b'"rows":', b'"rows":1000000000000000000', Refusal.CHANGED),
        (b'"form":1', b'"form":36028797018963968', Refusal.CHANGED),
        (b'"agreement":"0123', b'"agreement":"../../0123', Refusal.LAYOUT),
        (b'"previous":""', b'"previous":"\\u001b[2J"', Refusal.LAYOUT),
        (b'"made":"2027-07-01"', b'"made":"20270701"', Refusal.LAYOUT),
        (b'"first":"2027-06-07"', b'"first":"2027-W23-1"', Refusal.LAYOUT),
        (b'"last":"2027-06-13"', b'"last":"9999-12-31"', Refusal.LAYOUT),
    ],
)
def test_a_manifest_that_breaks_readers_is_refused(
    tmp_path: Path, before: bytes, after: bytes, reason: str
) -> None:
    elm, oak = neighbours(tmp_path)
    _, files = read_container(make(elm).content)
    payload = base64.b64decode(json.loads(files[SIGNATURE])["payload"])
    assert before in payload
    forged = Signed("bundle", payload.replace(before, after), {}).signed_with(elm.key, elm.public)
    with oak.book() as book, pytest.raises(RefusedBundleError) as refused:
        receive(oak.data, book, None, {**files, SIGNATURE: forged.encode()}, None, clean_media)
    assert refused.value.reason == reason


def test_a_story_nested_too_deeply_is_refused() -> None:
    with pytest.raises(RefusedBundleError) as refused:
        read_table("stories", b"[" * 100_000)
    assert refused.value.reason == Refusal.CONTENT
