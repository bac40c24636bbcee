"""A design as USDZ, for AR on Apple's devices: one text layer in true metres, on a 64-byte border."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import TYPE_CHECKING, Final

from sera_commons.designs.forms import COLOURS, form_of, placed_points, scene_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sera_commons.designs.document import Design
    from sera_commons.designs.forms import Body

_NAME: Final = "design.usda"
_ALIGNMENT: Final = 64
_LOCAL_HEADER: Final = 30
_PADDING_FIELD: Final = 0x1986
# The same design is the same bytes.
_MOMENT: Final = (1980, 1, 1, 0, 0, 0)


def usdz(design: Design) -> bytes:
    """Return a design as USDZ.

    Raises
    ------
    DesignError
        The bed's outline cannot be read, or crosses itself.
    """
    content = usda(design).encode()
    entry = zipfile.ZipInfo(_NAME, _MOMENT)
    entry.compress_type = zipfile.ZIP_STORED
    before = _LOCAL_HEADER + len(_NAME)
    padding = -(before + 4) % _ALIGNMENT
    entry.extra = struct.pack("<HH", _PADDING_FIELD, padding) + bytes(padding)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as package:
        package.writestr(entry, content)
    return archive.getvalue()


def usda(design: Design) -> str:
    """Return a design as a USD layer in text.

    Raises
    ------
    DesignError
        As in `usdz`.
    """
    scene = scene_of(design)
    forms = {form: form_of(form) for form in {stem.form for stem in scene.stems}}
    lines = [
        "#usda 1.0",
        '(\n    defaultPrim = "Design"\n    metersPerUnit = 1\n    upAxis = "Y"\n)',
        'def Xform "Design" (kind = "component")\n{',
        *_mesh("Bed", scene.soil.points, scene.soil, "soil"),
    ]
    for number, stem in enumerate(scene.stems, 1):
        body = forms[stem.form]
        lines += _mesh(f"Plant_{number}", placed_points(body, stem, scene.middle), body, stem.colour)
    lines += _materials(sorted({"soil", *(stem.colour for stem in scene.stems)}))
    return "\n".join([*lines, "}", ""])


def _mesh(name: str, points: Sequence[tuple[float, float, float]], body: Body, colour: str) -> Iterator[str]:
    places = ", ".join(f"({x:.4f}, {y:.4f}, {z:.4f})" for x, y, z in points)
    low, high = ([end(axis) for axis in zip(*points, strict=True)] for end in (min, max))
    extent = ", ".join("({:.4f}, {:.4f}, {:.4f})".format(*corner) for corner in (low, high))
    yield f'def Mesh "{name}" (prepend apiSchemas = ["MaterialBindingAPI"])\n{{'
    yield f"    float3[] extent = [{extent}]"
    yield f"    int[] faceVertexCounts = [{', '.join(['3'] * len(body.triangles))}]"
    yield f"    int[] faceVertexIndices = [{', '.join(str(i) for face in body.triangles for i in face)}]"
    yield f"    point3f[] points = [{places}]"
    yield '    uniform token subdivisionScheme = "none"'
    yield f"    rel material:binding = </Design/Materials/{colour}>"
    yield "}"


def _materials(colours: list[str]) -> Iterator[str]:
    yield 'def Scope "Materials"\n{'
    for colour in colours:
        red, green, blue = COLOURS[colour]
        surface = f"/Design/Materials/{colour}/Surface"
        yield f'    def Material "{colour}"\n    {{'
        yield f"        token outputs:surface.connect = <{surface}.outputs:surface>"
        yield '        def Shader "Surface"\n        {'
        yield '            uniform token info:id = "UsdPreviewSurface"'
        yield f"            color3f inputs:diffuseColor = ({red}, {green}, {blue})"
        yield "            float inputs:metallic = 0"
        yield "            float inputs:roughness = 0.9"
        yield "            token outputs:surface"
        yield "        }\n    }"
    yield "}"
