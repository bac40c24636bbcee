"""A design as binary glTF 2.0, for 3-D in the page and AR on Android: true metres, no texture."""

from __future__ import annotations

import json
import struct
from array import array
from typing import TYPE_CHECKING, Any, Final

from sera_commons.designs.forms import COLOURS, form_of, place_of, scene_of

if TYPE_CHECKING:
    from sera_commons.designs.document import Design
    from sera_commons.designs.forms import Body

_JSON_CHUNK: Final = 0x4E4F534A
_BINARY_CHUNK: Final = 0x004E4942
_FLOAT: Final = 5126
_UNSIGNED_SHORT: Final = 5123
_VERTICES: Final = 34962
_INDICES: Final = 34963


class _Buffer:
    """Bytes of all bodies, and the table of what lies where."""

    def __init__(self) -> None:
        self.content = bytearray()
        self.views: list[dict[str, Any]] = []
        self.accessors: list[dict[str, Any]] = []

    def add_body(self, body: Body) -> dict[str, Any]:
        """Take a body in; return a primitive of it without its material."""
        points = array("f", [value for point in body.points for value in point])
        corners = array("H", [index for triangle in body.triangles for index in triangle])
        axes = list(zip(*(points[start : start + 3] for start in range(0, len(points), 3)), strict=True))
        bounds = {"min": [min(axis) for axis in axes], "max": [max(axis) for axis in axes]}
        position = self._add(points, _VERTICES, _FLOAT, "VEC3", len(body.points), bounds)
        indices = self._add(corners, _INDICES, _UNSIGNED_SHORT, "SCALAR", len(corners), {})
        return {"attributes": {"POSITION": position}, "indices": indices}

    def _add(
        self, values: array[Any], target: int, component: int, kind: str, count: int, bounds: dict[str, Any]
    ) -> int:
        self.content += bytes(-len(self.content) % 4)
        raw = _little(values)
        view = {"buffer": 0, "byteOffset": len(self.content), "byteLength": len(raw), "target": target}
        accessor = {"bufferView": len(self.views), "componentType": component, "count": count, "type": kind}
        self.content += raw
        self.views.append(view)
        self.accessors.append(accessor | bounds)
        return len(self.accessors) - 1


def glb(design: Design) -> bytes:
    """Return a design as GLB.

    Parameters
    ----------
    design
        What was drawn.

    Raises
    ------
    DesignError
        The bed's outline cannot be read, or crosses itself.
    """
    scene, buffer = scene_of(design), _Buffer()
    colours = sorted({"soil", *(stem.colour for stem in scene.stems)})
    primitives = {
        form: buffer.add_body(form_of(form)) for form in sorted({stem.form for stem in scene.stems})
    }
    meshes = [_mesh("soil", buffer.add_body(scene.soil), colours.index("soil"))]
    places = {}
    for form, colour in sorted({(stem.form, stem.colour) for stem in scene.stems}):
        places[form, colour] = len(meshes)
        meshes.append(_mesh(form, primitives[form], colours.index(colour)))
    nodes: list[dict[str, Any]] = [{"name": "bed", "mesh": 0}]
    for stem in scene.stems:
        x, z = place_of(stem, scene.middle)
        nodes.append(
            {
                "name": stem.name,
                "mesh": places[stem.form, stem.colour],
                "translation": [x, 0.0, z],
                "scale": [stem.width_m, stem.height_m, stem.width_m],
            }
        )
    document = {
        "asset": {"version": "2.0", "generator": "Sera"},
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [_material(colour) for colour in colours],
        "accessors": buffer.accessors,
        "bufferViews": buffer.views,
        "buffers": [{"byteLength": len(buffer.content)}],
    }
    return _container(json.dumps(document, separators=(",", ":")).encode(), bytes(buffer.content))


def _mesh(name: str, primitive: dict[str, Any], material: int) -> dict[str, Any]:
    return {"name": name, "primitives": [primitive | {"material": material}]}


def _material(colour: str) -> dict[str, Any]:
    surface = {"baseColorFactor": [*COLOURS[colour], 1.0], "metallicFactor": 0.0, "roughnessFactor": 0.9}
    return {"name": colour, "pbrMetallicRoughness": surface}


def _container(text: bytes, binary: bytes) -> bytes:
    text += b" " * (-len(text) % 4)
    binary += bytes(-len(binary) % 4)
    chunks = struct.pack("<II", len(text), _JSON_CHUNK) + text
    chunks += struct.pack("<II", len(binary), _BINARY_CHUNK) + binary
    return struct.pack("<4sII", b"glTF", 2, 12 + len(chunks)) + chunks


def _little(values: array[Any]) -> bytes:
    kind = {"f": "f", "H": "H"}[values.typecode]
    return struct.pack(f"<{len(values)}{kind}", *values)
