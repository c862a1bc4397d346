"""Who lives where: neurons and glia by weight."""

from __future__ import annotations

import pytest

from napari_abc.demo.basal_ganglia.densities import _GLIA, DENSITIES, MIXES, _with_glia
from napari_abc.demo.basal_ganglia.types import all_types


def test_glia_have_the_weight_that_a_mix_gives_them_and_keep_their_shares() -> None:
    mix = _with_glia(26, {"Cx L2/3 IT": 56})
    glia = {name: mix[name] for name in _GLIA}
    assert sum(glia.values()) == pytest.approx(26)
    assert glia["Astrocyte"] / glia["Pericyte"] == pytest.approx(_GLIA["Astrocyte"] / _GLIA["Pericyte"])
    assert mix["Cx L2/3 IT"] == 56


def test_every_mix_is_of_known_types_and_has_glia() -> None:
    known = set(all_types())
    for compartment, mix in MIXES.items():
        assert set(mix) <= known, compartment
        assert min(mix.values()) > 0
        assert {"Astrocyte", "Endo", "Microglia"} & set(mix)
    assert 0 < min(DENSITIES.values()) < max(DENSITIES.values()) < 2
