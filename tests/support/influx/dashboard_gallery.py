"""The gallery of a simulated season: `make gallery` makes it, for reviewers and for the documentation.

    PYTHONPATH=tests/support python tests/support/influx/dashboard_gallery.py [--out FOLDER] [--docs FOLDER]

Starts an InfluxDB of its own, fills it as the tests of dashboards do, and draws every dashboard in every look
and state. With `--docs`, pictures small enough for the documentation are written there as well.
"""

from __future__ import annotations

import argparse
import base64
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from influx.dashboard_season import SEASON_START_S, SHARING, follow, write_dashboard_season
from real_parts import InfluxDB
from sera_command.installation import parts
from sera_dashboards.catalogue import build
from sera_dashboards.community import PublicCommunity
from sera_dashboards.preview.answers import Source
from sera_dashboards.preview.bundle import make_bundle
from sera_dashboards.preview.drawing import DARK, DESK_WIDTH, LIGHT, Drawer, open_drawer
from sera_dashboards.preview.gallery import WITH_DATA, Picture, write_gallery
from sera_dashboards.preview.states import pictures
from sera_store.store import Store
from sera_words.dashboard_words import dashboard_words

if TYPE_CHECKING:
    from collections.abc import Iterator

    from influx.dashboard_season import DashboardSeason

# Which pictures the documentation shows: each dashboard once, the steward's in the dark.
_IN_DOCS: Final = {
    "community": LIGHT,
    "garden": LIGHT,
    "analyst": LIGHT,
    "operations": DARK,
    "districts": LIGHT,
}
# Width [px], most of the height [px of the picture at the desk], quality of WebP.
_WIDTH, _HEIGHT_MOST, _QUALITY = 900, 1500, 0.6
_TO_WEBP: Final = """async ([png, width, most, quality]) => {
  const image = new Image();
  image.src = `data:image/png;base64,${png}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = width;
  const height = Math.min(image.height, most);
  canvas.height = Math.round(height * width / image.width);
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, image.width, height, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL('image/webp', quality).split(',')[1];
}"""


def season_pictures(folder: Path, drawer: Drawer) -> Iterator[Picture]:
    """Draw all dashboards of a simulated season, from an InfluxDB that runs meanwhile."""
    server = InfluxDB(parts.require("influxd"), folder / "influxdb").start()
    try:
        server.set_up()
        bucket = server.make_bucket("gallery")
        with Store.open(folder / "store", clock=lambda: SEASON_START_S) as store:
            written = write_dashboard_season(store)
            follow(store, bucket, folder, written, hours=48)
            gardens = {garden.id: garden.name for garden in store.registry.gardens()}
        public = PublicCommunity(written.community, "Avonbrook", gardens)
        source = Source(bucket.url, bucket.name, bucket.token)
        for name, dashboard in build(dashboard_words(), [public]).items():
            short = name.partition("-")[0]
            preset = variables(short, written)
            yield from pictures(drawer, {short: dashboard}, source, written.end_s, preset)
    finally:
        server.stop()


def variables(name: str, written: DashboardSeason) -> dict[str, str]:
    """Choose at the top of a dashboard what shows most of the season."""
    preset = {"garden": "rose-court", "zone": written.timezone, "class": "camera, optics v2"}
    return {**preset, "community": SHARING} if name == "districts" else preset


def write_docs(folder: Path, drawn: list[Picture], drawer: Drawer) -> None:
    """Write the pictures of the documentation as WebP."""
    folder.mkdir(parents=True, exist_ok=True)
    for picture in drawn:
        if picture.state == WITH_DATA and picture.look == (_IN_DOCS[picture.name], DESK_WIDTH):
            png = base64.b64encode(picture.data).decode()
            webp = base64.b64decode(drawer.evaluate(_TO_WEBP, [png, _WIDTH, _HEIGHT_MOST, _QUALITY]))
            (folder / f"{picture.name}.webp").write_bytes(webp)


def main() -> None:
    """Make the gallery."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=Path("out/gallery"))
    parser.add_argument("--docs", type=Path, help="folder for the pictures of the documentation")
    options = parser.parse_args()
    bundle = make_bundle(parts.require("grafana-ui"), parts.cache_folder())
    with (
        tempfile.TemporaryDirectory() as folder,
        open_drawer(parts.require("chromium"), bundle) as drawer,
    ):
        drawn = list(season_pictures(Path(folder), drawer))
        *_, page = write_gallery(options.out, drawn)
        if options.docs is not None:
            write_docs(options.docs, drawn, drawer)
    sys.stdout.write(f"{len(drawn)} pictures; open {page}\n")


if __name__ == "__main__":
    main()
