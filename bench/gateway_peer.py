"""Telegraf as the gateway's peer: the same broker, the same messages, the same InfluxDB."""

from __future__ import annotations

import json
import re
import subprocess
import time
import urllib.parse
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING, NamedTuple

from gateway_load import FILTER, OBSERVATIONS_A_MESSAGE, go, publisher
from gateway_run import cpu_s
from real_parts import Bucket, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

LIMIT_S = 300.0
_GLANCE_S = 0.1
_POINTS = re.compile(r"^storage_writer_ok_points_sum\S* (\S+)$", re.MULTILINE)
CONFIGURATION = """
[agent]
  interval = "1s"
  flush_interval = "1s"
  metric_batch_size = 5000
  metric_buffer_limit = 2000000
  omit_hostname = true
{buffer}
[[inputs.mqtt_consumer]]
  servers = ["tcp://127.0.0.1:{port}"]
  topics = ["{filter}"]
  qos = 1
  persistent_session = true
  client_id = "telegraf"
  max_undelivered_messages = 100000
  data_format = "json_v2"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "obs"
    timestamp_path = "ts"
    timestamp_format = "rfc3339"
    [[inputs.mqtt_consumer.json_v2.tag]]
      path = "node"
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "obs"
      tags = ["k", "u"]
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "battery"
    timestamp_path = "ts"
    timestamp_format = "rfc3339"
    [[inputs.mqtt_consumer.json_v2.tag]]
      path = "node"
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "bat"
      type = "float"
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "{token}"
  organization = "{organisation}"
  bucket = "{name}"
"""
# What Telegraf has taken is on disk then until InfluxDB has it, as what Sera has taken is.
DISK_BUFFER = """  buffer_strategy = "disk"
  buffer_directory = "{folder}"
"""


def count(bucket: Bucket, statement: str) -> int:
    """Return one number from InfluxDB by an InfluxQL statement; 0 where there is none yet."""
    query = urllib.parse.urlencode({"db": bucket.name, "q": statement})
    request = urllib.request.Request(
        f"{bucket.url}/query?{query}", headers={"Authorization": f"Token {bucket.token}"}
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        answers = json.load(answer)
    series = answers["results"][0].get("series")
    return int(series[0]["values"][0][1]) if series else 0


def written_points(url: str) -> int:
    """Return how many points an InfluxDB has taken, by its own account: a thousandth of a second's work."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=60) as answer:
        return round(float(_POINTS.search(answer.read().decode())[1]))  # type: ignore[index]


@contextmanager
def telegraf(
    program: Path, folder: Path, port: int, bucket: Bucket, *, on_disk: bool
) -> Iterator[subprocess.Popen[bytes]]:
    """Run Telegraf while the body runs, its buffer in memory or on disk; it has subscribed by then."""
    folder.mkdir(parents=True)
    configuration, log = folder / "telegraf.conf", folder / "telegraf.log"
    buffer = DISK_BUFFER.format(folder=folder / "buffer") if on_disk else ""
    text = CONFIGURATION.format(port=port, filter=FILTER, buffer=buffer, **vars(bucket))
    configuration.write_text(text, encoding="utf-8")
    with log.open("wb") as output:
        process = subprocess.Popen([program, "--config", configuration], stdout=output, stderr=output)
    try:
        wait_until(lambda: "Connected" in log.read_text(), label="Telegraf's connection")
        yield process
    finally:
        process.terminate()
        process.wait(60)


class PeerRate(NamedTuple):
    """Messages a second from the broker into InfluxDB; processor time a message, also of all others [us]."""

    influxdb: float
    cpu_us: float
    services_us: float


def measure(
    program: Path,
    folder: Path,
    port: int,
    bucket: Bucket,
    messages: int,
    nodes: int,
    services_s: Callable[[subprocess.Popen[bytes]], float],
    *,
    on_disk: bool,
) -> PeerRate:
    """Run Telegraf under load and time when the last value has come into InfluxDB."""
    values = messages * OBSERVATIONS_A_MESSAGE
    with (
        telegraf(program, folder, port, bucket, on_disk=on_disk) as process,
        publisher(port, messages, nodes) as load,
    ):
        goal = written_points(bucket.url) + values + messages
        before_s, own_s, began = services_s(load), cpu_s(process.pid), time.perf_counter()
        go(load)
        # To count in InfluxDB each time would cost it work that is none of Telegraf's.
        wait_until(
            lambda: time.sleep(_GLANCE_S) or written_points(bucket.url) >= goal, LIMIT_S, "points of Telegraf"
        )
        lasted_s = time.perf_counter() - began
        services_us = (services_s(load) - before_s) / messages * 1e6
        own_us = (cpu_s(process.pid) - own_s) / messages * 1e6
        wait_until(
            lambda: (
                count(bucket, "SELECT count(v) FROM obs") >= values
                and count(bucket, "SELECT count(bat) FROM battery") >= messages
            ),
            LIMIT_S,
            "all values of Telegraf in InfluxDB",
        )
        return PeerRate(messages / lasted_s, own_us, services_us)
