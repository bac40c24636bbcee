"""Times at the ends of the calendar, on clocks all over the earth: said to be wrong, and kept nowhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from commons_parts.events import meal
from sera_commons.errors import InvalidItemError
from sera_commons.events.event import check_event
from sera_store.registry.persons import HOST, MEMBER
from sharing.surplus import TABLE, give, place_offer
from web.parts import count

if TYPE_CHECKING:
    from web.parts import Client, Pages

ZONES = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
# Of a year that was typed with two figures, too.
TIMES = ("0001-01-01T00:00", "0026-06-20T12:00", "1999-12-30T12:00", "9999-12-31T23:59")


@pytest.fixture(params=ZONES)
def zone(request: pytest.FixtureRequest, pages: Pages) -> str:
    registry = pages.installation.registry
    for garden in list(registry.gardens("oak")):
        registry.put(msgspec.structs.replace(garden, timezone=request.param), since_s=2, by="a test")
    return str(request.param)


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.usefixtures("zone")
def test_what_nobody_can_have_counted_or_done_then_is_not_sent(pages: Pages, time: str) -> None:
    client = pages.signed_in(pages.person(MEMBER, HOST, gardens=("elm-yard",)))
    log = client.get("/gardens/elm-yard/log")
    fields = {name: log.field(name) for name in ("form_token", "form")}
    for moment in (time, time[:10]):
        assert count(client, begun=moment).status == 422
        action = {**fields, "action": "watering", "water_depth": "3", "time": moment}
        answer = client.post("/gardens/elm-yard/log", action)
        assert answer.status == 422
        wrong = "before the year 2000" if time < "2000" else "has not come yet"
        assert wrong in answer.body
    assert pages.sent.messages == []


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.usefixtures("zone")
def test_an_offer_of_such_a_time_takes_no_table_away(pages: Pages, giver: Client, time: str) -> None:
    for name in ("from", "until"):
        assert give(giver, **{name: time}).status == 422
    link, _ = place_offer(giver, until="2026-06-22T12:00")
    for name in ("from", "until"):
        times = {"from": "2026-06-20T12:00", "until": "2026-06-22T12:00", name: time}
        assert giver.post(f"{link}/change", {"place": "at the mill", **times}).status == 422
    assert [pages.client().get(TABLE).status, giver.get(link).status] == [200, 200]


@pytest.mark.parametrize("time", TIMES)
@pytest.mark.parametrize("timezone", ZONES)
def test_an_event_of_such_a_time_is_refused_by_its_field(time: str, timezone: str) -> None:
    days = {"begins": "2026-06-27T12:00", "ends": "2026-06-27T16:30"}
    for name in days:
        with pytest.raises(InvalidItemError) as raised:
            check_event(meal(timezone=timezone, **{**days, name: time}), None)
        assert raised.value.field in days
