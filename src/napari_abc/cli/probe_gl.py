"""Draw on a small OpenGL canvas and print what it was drawn with, as JSON.

Run as a process of its own by ``napari-abc doctor``: a broken driver or a missing library can end
the process that touches it.
"""

from __future__ import annotations

import json

__all__ = ["probe"]


def probe() -> dict[str, object]:
    """Vendor, renderer and version of OpenGL, and whether something drawn was there.

    Raises
    ------
    DisplayError
        If there is no display to draw on.
    """
    from napari_abc.viewer.display import ensure_display

    ensure_display()

    import numpy as np
    import qtpy
    from qtpy.QtCore import Qt
    from qtpy.QtWidgets import QApplication
    from vispy import app, gloo, scene

    application = QApplication.instance() or QApplication([])
    app.use_app(qtpy.API_NAME.lower())
    canvas = scene.SceneCanvas(size=(64, 64), bgcolor="black", show=False)
    # A marker, as cells are: it takes a shader, which a clear color doesn't.
    cell = scene.visuals.Markers(parent=canvas.scene)
    cell.set_data(np.array([[32.0, 32.0]]), size=40, face_color="#ff0000", edge_width=0)
    canvas.native.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen, True)
    canvas.show()
    application.processEvents()
    picture = canvas.render()
    names = {"vendor": gloo.gl.GL_VENDOR, "renderer": gloo.gl.GL_RENDERER, "version": gloo.gl.GL_VERSION}
    found: dict[str, object] = {name: str(gloo.gl.glGetParameter(code)) for name, code in names.items()}
    found["max_size"] = int(gloo.gl.glGetParameter(gloo.gl.GL_MAX_TEXTURE_SIZE))
    found["drawn"] = bool((picture[32, 32, :3] == (255, 0, 0)).all())
    canvas.close()
    return found


if __name__ == "__main__":
    from napari_abc.errors import AbcError

    try:
        answer = probe()
    except AbcError as error:
        answer = {"error": str(error)}
    print(json.dumps(answer))
