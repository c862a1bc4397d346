"""What holds of an image unless it says otherwise."""

from __future__ import annotations

import numpy as np

from napari_abc.model import Volume


def test_an_image_is_shown_in_the_slabs_first_frame_with_limits_and_colors_of_nobodys_choice() -> None:
    volume = Volume("DAPI", "image", [np.zeros((2, 3))], (1.0, 1.0), (0.0, 0.0), "millimeter")
    assert volume.visible
    assert (volume.frame, volume.contrast_limits, volume.colormap) == ("", None, None)
    assert volume.label_levels == {}
