"""The plan prints to scale, and 3-D forms stand where the plants stand, in true metres."""

from __future__ import annotations

import io
import json
import os
import re
import shutil
import struct
import subprocess
import zipfile
from dataclasses import replace
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from garden_designs.drawings import BED_OF_TWO, drawn
from sera_command.installation import parts
from sera_commons.designs.document import Bed, Design, Point, rectangle
from sera_commons.designs.forms import form_of, placed_points, scene_of
from sera_commons.designs.glb import glb
from sera_commons.designs.outlines import area_m2, is_inside, is_simple
from sera_commons.designs.plan import PAPERS, PlanWords, plan_svg
from sera_commons.designs.usdz import usdz
from sera_commons.errors import DesignError
from sera_commons.plants.table import load_plants

if TYPE_CHECKING:
    from pathlib import Path

LAVENDER, BORAGE = "Lavandula angustifolia", "Borago officinalis"
SVG = "{http://www.w3.org/2000/svg}"
WORDS = PlanWords(
    "en",
    "ltr",
    "By the <gate>",
    "Scale {scale}",
    "dashed: unknown",
    {LAVENDER: "Lavender"},
    {BORAGE: "poisonous"},
)
CORNER = Bed((Point(0, 0), Point(3, 0), Point(3, 1), Point(1.5, 1), Point(1.5, 2), Point(0, 2)))
TWO = drawn((LAVENDER, 0.5, 0.5), (BORAGE, 1.5, 0.5))


def plan(design: Design, paper: str = "A4", words: PlanWords = WORDS) -> ET.Element:
    return ET.fromstring(plan_svg(design, words, paper))


@pytest.mark.parametrize("paper", ["A4", "A3"])
def test_a_metre_of_the_bed_is_as_long_on_paper_as_the_scale_says(paper: str) -> None:
    root = plan(TWO, paper)
    assert root.get("width") == f"{PAPERS[paper].width:g}mm"
    scale = int(re.search(r"Scale 1 : (\d+)", "".join(root.itertext()))[1])  # type: ignore[index]
    first, second = [float(circle.get("cx", "")) for circle in root.iter(f"{SVG}circle")]
    assert abs(first - second) == pytest.approx(1000 / scale, abs=0.02)
    lavender = max(root.iter(f"{SVG}circle"), key=lambda circle: float(circle.get("r", "")))
    assert float(lavender.get("r", "")) == pytest.approx(0.3 * 1000 / scale, abs=0.01)


def test_the_bar_of_the_plan_is_as_long_as_it_says() -> None:
    root = plan(TWO)
    scale = int(re.search(r"Scale 1 : (\d+)", "".join(root.itertext()))[1])  # type: ignore[index]
    bars = [rect for rect in root.iter(f"{SVG}rect") if rect.get("height") == "2"]
    metres = next(text.text for text in root.iter(f"{SVG}text") if (text.text or "").endswith(" m"))
    length = sum(float(bar.get("width", "")) for bar in bars)
    assert length == pytest.approx(float(metres.removesuffix(" m")) * 1000 / scale, abs=0.05)


def test_markup_in_a_title_stays_text_and_a_warning_stands_at_its_plant() -> None:
    texts = [text.text or "" for text in plan(TWO).iter(f"{SVG}text")]
    assert "By the <gate>" in texts
    assert any(BORAGE in text and "poisonous" in text for text in texts)
    assert any(f"Lavender  ({LAVENDER})" in text for text in texts)
    assert plan(TWO, words=replace(WORDS, title="\x00=1+1\ud800")) is not None


def test_from_right_to_left_the_words_stand_at_the_right() -> None:
    root = plan(TWO, words=replace(WORDS, direction="rtl", language="ar"))
    title = next(text for text in root.iter(f"{SVG}text") if text.text == "By the <gate>")
    assert title.get("direction") == "rtl"
    assert float(title.get("x", "")) > PAPERS["A4"].width / 2


def test_a_bed_that_cannot_be_read_and_a_paper_that_is_none_are_refused() -> None:
    with pytest.raises(DesignError, match="outline of the bed"):
        plan_svg(Design(None, ()), WORDS)
    with pytest.raises(DesignError, match="one of A4, A3"):
        plan_svg(TWO, WORDS, "letter")
    for output in (glb, usdz):
        with pytest.raises(DesignError, match="crosses itself"):
            output(drawn(bed=Bed((Point(0, 0), Point(2, 1), Point(2, 0), Point(0, 1)))))


def test_the_largest_plan_still_fits_its_sheet() -> None:
    every_plant = drawn(*((taxon, 15.0, 15.0) for taxon in load_plants()), bed=Bed(rectangle(30, 30)))
    root = plan(every_plant, "A3")
    points = root.find(f"{SVG}polygon").get("points", "").split()  # type: ignore[union-attr]
    places = [tuple(map(float, point.split(","))) for point in points]
    assert all(0 <= x <= 297 and 0 <= y <= 420 for x, y in places)


def json_of(content: bytes) -> dict[str, object]:
    magic, version, length = struct.unpack("<4sII", content[:12])
    size, kind = struct.unpack("<II", content[12:20])
    assert (magic, version, length, kind) == (b"glTF", 2, len(content), 0x4E4F534A)
    document: dict[str, object] = json.loads(content[20 : 20 + size])
    return document


def test_a_plant_of_the_glb_stands_in_metres_from_the_middle_of_the_bed_and_has_its_size() -> None:
    nodes = json_of(glb(TWO))["nodes"]
    [lavender] = [node for node in nodes if LAVENDER in node["name"]]  # type: ignore[attr-defined]
    assert lavender["translation"] == [-0.5, 0.0, 0.0]
    assert lavender["scale"] == pytest.approx([0.6, 0.4, 0.6])


@pytest.mark.parametrize("bed", [BED_OF_TWO, CORNER, Bed(tuple(reversed(CORNER.outline)))])
def test_the_soil_is_a_closed_body_of_the_beds_area(bed: Bed) -> None:
    body = scene_of(drawn(bed=bed)).soil
    edges = [edge for a, b, c in body.triangles for edge in ((a, b), (b, c), (c, a))]
    assert sorted(edges) == sorted((b, a) for a, b in edges)
    assert volume(body.points, body.triangles) == pytest.approx(area_m2(bed.outline) * 0.05)


@pytest.mark.parametrize("habit", sorted({p.habit for p in load_plants().values() if p.habit} | {"plant"}))
def test_every_form_is_closed_turned_outwards_and_one_wide_and_high(habit: str) -> None:
    body = form_of(habit)
    edges = [edge for a, b, c in body.triangles for edge in ((a, b), (b, c), (c, a))]
    assert sorted(edges) == sorted((b, a) for a, b in edges)
    assert volume(body.points, body.triangles) > 0
    assert max(y for _, y, _ in body.points) == 1
    assert max(x for x, _, _ in body.points) == pytest.approx(0.5)


def volume(
    points: tuple[tuple[float, float, float], ...], triangles: tuple[tuple[int, int, int], ...]
) -> float:
    """Return what a closed body holds; negative where its triangles look inwards."""
    total = 0.0
    for corner in triangles:
        (ax, ay, az), (bx, by, bz), (cx, cy, cz) = (points[index] for index in corner)
        total += ax * (by * cz - bz * cy) + ay * (bz * cx - bx * cz) + az * (bx * cy - by * cx)
    return total / 6


def test_a_usdz_is_stored_on_a_border_of_64_bytes_and_the_same_bytes_each_time() -> None:
    content = usdz(TWO)
    assert content == usdz(TWO)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        [entry] = archive.infolist()
        assert entry.compress_type == zipfile.ZIP_STORED
        name, extra = struct.unpack("<HH", content[entry.header_offset + 26 : entry.header_offset + 30])
        assert (entry.header_offset + 30 + name + extra) % 64 == 0
        text = archive.read(entry).decode()
    assert "metersPerUnit = 1" in text
    assert LAVENDER not in text


@pytest.mark.slow
def test_open_usd_reads_the_usdz_without_a_finding_and_measures_the_bed_in_metres(tmp_path: Path) -> None:
    usd = pytest.importorskip("pxr.Usd", reason="OpenUSD is not installed on this system")
    from pxr import UsdGeom, UsdValidation

    path = tmp_path / "design.usdz"
    path.write_bytes(usdz(drawn((LAVENDER, 0.5, 0.5))))
    stage = usd.Stage.Open(str(path))
    assert UsdGeom.GetStageMetersPerUnit(stage) == 1
    registry = UsdValidation.ValidationRegistry()
    problems = UsdValidation.ValidationContext(registry.GetOrLoadAllValidators()).Validate(stage)
    assert [problem.GetMessage() for problem in problems] == []
    cache = UsdGeom.BBoxCache(usd.TimeCode.Default(), ["default"])
    size = cache.ComputeWorldBound(stage.GetPrimAtPath("/Design/Bed")).ComputeAlignedRange().GetSize()
    assert list(size) == pytest.approx([2, 0.05, 1])


def test_the_khronos_validator_has_nothing_to_say_of_a_full_bed(tmp_path: Path) -> None:
    part, node = parts.find("browser-libraries"), shutil.which("node")
    if part is None or node is None:
        pytest.skip("needs the browser libraries: python deploy/parts/install.py browser-libraries")
    places = [
        (taxon, 0.1 * (number % 20), 0.1 * (number // 20)) for number, taxon in enumerate(load_plants())
    ]
    path = tmp_path / "design.glb"
    path.write_bytes(glb(drawn(*places, bed=CORNER)))
    script = (
        "const {readFileSync} = require('fs'), {validateBytes} = require('gltf-validator');"
        "validateBytes(new Uint8Array(readFileSync(process.argv[1])))"
        ".then(({issues}) => console.log(JSON.stringify(issues)))"
    )
    modules = {"NODE_PATH": str(part.path.parents[1] / "node_modules"), "PATH": os.environ["PATH"]}
    output = subprocess.run(
        [node, "-e", script, str(path)], env=modules, capture_output=True, check=True
    ).stdout
    issues = json.loads(output)
    assert [issues[kind] for kind in ("numErrors", "numWarnings", "numInfos", "numHints")] == [0, 0, 0, 0]


def test_points_of_a_stem_lie_about_its_place() -> None:
    scene = scene_of(TWO)
    stem = scene.stems[1]
    xs = [x for x, _, _ in placed_points(form_of(stem.form), stem, scene.middle)]
    assert (min(xs) + max(xs)) / 2 == pytest.approx(0.5, abs=0.02)


def test_geometry_knows_inside_from_outside_and_a_crossing_from_a_corner() -> None:
    assert is_simple(CORNER.outline)
    assert area_m2(CORNER.outline) == pytest.approx(4.5)
    assert is_inside(CORNER.outline, Point(1, 1.9))
    assert not is_inside(CORNER.outline, Point(2, 1.5))
    assert is_inside(CORNER.outline, Point(0, 0))
    assert not is_simple((Point(0, 0), Point(1, 0), Point(2, 0)))
