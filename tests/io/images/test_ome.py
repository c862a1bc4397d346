"""What an OME-XML header says, in every order of dimensions, and headers that make no sense."""

from __future__ import annotations

import pytest

from napari_abc.io.images._ome import OmeMetadata, read_ome

NAME = "a.ome.tif"


def header(inside: str = "", **attributes: object) -> str:
    said = {"DimensionOrder": "XYCZT", "SizeC": 2, "SizeZ": 3, "SizeT": 1} | attributes
    text = " ".join(f'{name}="{value}"' for name, value in said.items() if value is not None)
    return f'<OME xmlns="http://ome"><Image><Pixels {text}>{inside}</Pixels></Image></OME>'


def planes(inside: str, **attributes: object) -> dict[int, tuple[int, int]]:
    return dict(read_ome(header(inside, **attributes), NAME).planes)


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        ("XYCZT", [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]),
        ("XYZCT", [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]),
        ("XYTZC", [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]),
        (None, [(0, 0), (1, 0), (0, 1), (1, 1), (0, 2), (1, 2)]),
    ],
)
def test_pages_are_channels_and_planes_in_the_order_that_is_said(
    order: str | None, expected: list[tuple[int, int]]
) -> None:
    assert planes("<TiffData/>", DimensionOrder=order) == dict(enumerate(expected))


def test_pages_are_told_one_by_one_or_some_at_a_time() -> None:
    one = '<TiffData IFD="0" FirstC="1" FirstZ="2"/><TiffData IFD="4" FirstC="0" FirstZ="1"/>'
    assert planes(one) == {0: (1, 2), 4: (0, 1)}
    some = '<TiffData IFD="2" FirstZ="1" PlaneCount="3"/>'
    assert planes(some) == {2: (0, 1), 3: (1, 1), 4: (0, 2)}
    # No more than there are, and what was said first counts.
    beyond = '<TiffData IFD="0" FirstC="1" FirstZ="2" PlaneCount="9"/><TiffData IFD="0" FirstC="0"/>'
    assert planes(beyond) == {0: (1, 2)}
    assert planes('<TiffData IFD="0" PlaneCount="-3"/>') == {}
    assert planes('<TiffData IFD="x" FirstC="y"/>') == {0: (0, 0)}


def test_only_pages_of_this_file_count() -> None:
    other = '<TiffData IFD="0" FirstC="1"><UUID FileName="b.ome.tif">u</UUID></TiffData>'
    own = f'<TiffData IFD="1"><UUID FileName="folder/{NAME}">u</UUID></TiffData>'
    nameless = '<TiffData IFD="2" FirstZ="1"><UUID>u</UUID></TiffData>'
    assert planes(other + own + nameless) == {1: (0, 0), 2: (0, 1)}


@pytest.mark.parametrize(
    "wrong",
    [{"DimensionOrder": "XYCZ"}, {"DimensionOrder": "XYCZTC"}, {"SizeC": 0}, {"SizeZ": 4096}, {"SizeT": -1}],
)
def test_sizes_and_orders_that_make_no_sense_tell_of_no_page(wrong: dict[str, object]) -> None:
    assert planes("<TiffData/>", **wrong) == {}


def test_as_many_pages_as_may_be() -> None:
    assert len(planes("<TiffData/>", SizeC=2, SizeZ=2048)) == 4096


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"PhysicalSizeX": 0.5, "PhysicalSizeY": 0.25}, (0.25, 0.5)),
        ({"PhysicalSizeX": 500, "PhysicalSizeXUnit": "nm", "PhysicalSizeY": 0.25}, (0.25, 0.5)),
        (
            {"PhysicalSizeX": 2, "PhysicalSizeXUnit": "mm", "PhysicalSizeY": 1, "PhysicalSizeYUnit": "cm"},
            (1e4, 2e3),
        ),
        ({"PhysicalSizeX": 0.5}, None),
        ({"PhysicalSizeY": 0.5}, None),
        ({"PhysicalSizeX": 0, "PhysicalSizeY": 0.25}, None),
        ({"PhysicalSizeX": "inf", "PhysicalSizeY": 0.25}, None),
        ({"PhysicalSizeX": "x", "PhysicalSizeY": 0.25}, None),
        ({"PhysicalSizeX": 1, "PhysicalSizeXUnit": "pixel", "PhysicalSizeY": 0.25}, None),
    ],
)
def test_sizes_are_micrometers(said: dict[str, object], size: tuple[float, float] | None) -> None:
    found = read_ome(header(**said), NAME).pixel_size
    assert found == (None if size is None else pytest.approx(size))


def test_the_distance_of_planes_and_the_names_of_channels() -> None:
    names = '<Channel Name=" DAPI\n nuclei "/><Channel/><Channel Name=""/><Channel Name="GFP"/>'
    found = read_ome(header(names, PhysicalSizeZ=2000, PhysicalSizeZUnit="nm"), NAME)
    assert found.z_size == pytest.approx(2)
    assert found.channels == {0: "DAPI nuclei", 3: "GFP"}
    assert read_ome(header(f'<Channel Name="{"x" * 200}"/>'), NAME).channels == {0: "x" * 80}
    assert read_ome(header(), NAME).z_size is None


@pytest.mark.parametrize("xml", [None, "", "<OME", "<OME/>", "<OME><Image/></OME>"])
def test_what_is_no_header_says_nothing(xml: str | None) -> None:
    assert read_ome(xml, NAME) == OmeMetadata()
