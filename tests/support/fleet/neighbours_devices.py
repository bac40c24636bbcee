"""Six devices of other makers at a broker of somebody else: what they publish, each in its own way."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from fleet.forty_nodes import DAY_S, START_S

HOME = "home"
GARDEN = "works-yard"
ZONE = "Europe/London"
# By family its topic at that broker, the node's id, and what the device calls itself.
FAMILIES = {
    "zigbee2mqtt": ("zigbee2mqtt/{node}", "bed-3", "Soil 3"),
    "esphome": ("{node}/sensor/{key}/state", "greenhouse", "greenhouse"),
    "tasmota": ("tele/{node}/SENSOR", "yard-board", "yard_board"),
    "dragino-lse01-ttn": ("v3/{application}/devices/{node}/up", "hedge-lora", "eui-a840410000112233"),
    "ecowitt": ("ecowitt/{station}", "roof-station", "0F1E2D3C"),
    "theengs": ("home/{gateway}/BTtoMQTT/{node}", "pot-plant", "C47C8D001122"),
}
FILTERS = ("zigbee2mqtt/+", "+/sensor/+/state", "tele/+/SENSOR", "v3/+/devices/+/up", "ecowitt/+")
FILTERS += ("home/+/BTtoMQTT/+",)
NODES = tuple([node for _, node, _ in FAMILIES.values()])
# Those that tell a raw moisture at @1, which needs a calibration.
RAW_PROBES = ("bed-3", "roof-station", "pot-plant")


def published(time_s: int) -> list[tuple[str, bytes]]:
    """Return topic and payload of what the six publish at a time [s]."""
    day = (time_s - START_S) / DAY_S
    warmth = round(15 + 4 * abs(2 * (day % 1) - 1) + 0.1 * math.sin(7.3 * day), 2)
    wet = 31 + round(4 * (day % 1) + 2 * math.sin(2.9 * day))
    local = datetime.fromtimestamp(time_s, ZoneInfo(ZONE)).strftime("%Y-%m-%dT%H:%M:%S")
    utc = datetime.fromtimestamp(time_s, UTC)
    number = (time_s - START_S) // 3600
    uplink = {
        "end_device_ids": {"device_id": "eui-a840410000112233"},
        "uplink_message": {
            "f_cnt": number,
            "frm_payload": "DTgAAAAAC8MAABA=",
            "decoded_payload": {
                "Bat": "3.601 V",
                "conduct_SOIL": f"{60 + wet} uS/cm",
                "temp_SOIL": f"{warmth} °C",
                "water_SOIL": f"{wet}.{number % 10} %",
            },
            "received_at": utc.strftime("%Y-%m-%dT%H:%M:%S.123456789Z"),
        },
    }
    ecowitt = (
        f"PASSKEY=0F1E2D3C&dateutc={utc:%Y-%m-%d+%H:%M:%S}&baromabsin=29.{500 + number % 60}"
        f"&tempf={warmth * 1.8 + 32:.1f}&humidity={60 + wet % 9}&soilmoisture1={wet}&model=GW1100A"
    )
    air = {"Temperature": warmth, "Humidity": 60 + wet % 11}
    return [
        ("zigbee2mqtt/Soil 3", _json(battery=71, linkquality=96, soil_moisture=wet, temperature=warmth)),
        ("greenhouse/sensor/soil_temperature/state", str(warmth).encode()),
        ("greenhouse/sensor/battery_level/state", b"88"),
        ("tele/yard_board/SENSOR", _json(Time=local, AM2301=air, TempUnit="C")),
        ("v3/elm-gardens@ttn/devices/eui-a840410000112233/up", json.dumps(uplink).encode()),
        ("ecowitt/gw1100", ecowitt.encode()),
        ("home/Theengs/BTtoMQTT/C47C8D001122", _json(model="MiFlora", moi=wet, fer=150 + wet, tempc=warmth)),
    ]


def _json(**fields: object) -> bytes:
    return json.dumps(fields).encode()
