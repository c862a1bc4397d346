"""A display that napari's canvas can draw on, also on a machine without a screen.

Qt ends the whole process when it can't reach a display or load a library, and its ``offscreen``
platform draws every widget but leaves napari's canvas blank. So all of that is checked, and cured
where possible, before Qt starts.
"""

from __future__ import annotations

import atexit
import ctypes
import logging
import os
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

from napari_abc.errors import DisplayError

__all__ = ["CURE", "check_screen", "ensure_display"]

CURE = (
    "on Debian or Ubuntu: apt-get install xvfb libgl1 libgl1-mesa-dri libegl1 libglib2.0-0 libfontconfig1 "
    "libdbus-1-3 libxkbcommon-x11-0 libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-shape0 "
    "fonts-dejavu-core"
)
"""What makes a bare Linux able to draw."""

_BLANK_PLATFORMS = ("offscreen", "minimal", "minimalegl", "vnc", "linuxfb")
_START_SECONDS = 20.0
# -terminate: the server ends when this process closes its last connection, however that comes about.
_XVFB_OPTIONS = ("-screen", "0", "1920x1200x24", "+extension", "GLX", "-nolisten", "tcp", "-terminate")

_server: subprocess.Popen[bytes] | None = None


def ensure_display() -> None:
    """Make sure that a napari window can be drawn, with a virtual display where there is no screen.

    On Linux without a display this starts Xvfb, once a process, and points the environment of this
    process to it. The server lives as long as the process: Qt keeps its connection, and would end
    the process if the server went away earlier. A ``QT_QPA_PLATFORM`` under which the canvas stays
    blank is overruled.

    Raises
    ------
    DisplayError
        If there is no display and none can be started, or Qt runs already on a platform that
        leaves the canvas blank; the message says what to install or to change.
    """
    if _qt_runs():
        return
    if os.environ.get("QT_QPA_PLATFORM", "").partition(":")[0] in _BLANK_PLATFORMS:
        del os.environ["QT_QPA_PLATFORM"]
    if not sys.platform.startswith("linux"):
        return
    # vispy asks xdpyinfo for the resolution, and where that isn't installed it warns and takes 96.
    logging.getLogger("vispy").addFilter(_without_resolution)
    if not _has_screen():
        _start_xvfb()
    elif os.environ.get("DISPLAY"):
        _check_server(os.environ["DISPLAY"])
    _check_qt_platform()


def _without_resolution(record: logging.LogRecord) -> bool:
    return "could not determine DPI" not in record.getMessage()


def check_screen() -> None:
    """Make sure that a person can see a window.

    Raises
    ------
    DisplayError
        If there is no screen, or Qt can't use it.
    """
    if _qt_runs() or not sys.platform.startswith("linux"):
        return
    if not _has_screen():
        raise DisplayError(
            "There is no screen to open napari on (neither DISPLAY nor WAYLAND_DISPLAY is set); "
            "'napari-abc figure' and 'napari-abc demo --figure F.png' save pictures without one."
        )
    ensure_display()


def _check_qt_platform() -> None:
    """Load what Qt loads to talk to an X server, for Qt ends the process where that fails.

    Raises
    ------
    DisplayError
        If no Qt binding is installed, or a system library is missing; the message names it.
    """
    try:
        from qtpy.QtCore import QLibraryInfo
        from qtpy.QtGui import QGuiApplication  # noqa: F401  (the plugin needs its libraries loaded)
    except ImportError as error:  # qtpy's own errors are ImportErrors too
        raise DisplayError(
            f'Qt can\'t be used ({error}); pip install "napari-abc[all]" brings a Qt binding, and {CURE}.'
        ) from error
    if os.environ.get("QT_QPA_PLATFORM", "xcb") != "xcb" or not os.environ.get("DISPLAY"):
        return
    plugins = Path(QLibraryInfo.path(QLibraryInfo.LibraryPath.PluginsPath))
    plugin = plugins / "platforms" / "libqxcb.so"
    if not plugin.is_file():
        return  # a Qt laid out otherwise; it knows its own way
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        raise DisplayError(
            f"Qt can't draw here, as a system library is missing ({error}); {CURE}."
        ) from error


def _qt_runs() -> bool:
    """Whether this process has a Qt application already; its platform can't be changed any more."""
    if not any(name in sys.modules for name in ("PyQt6", "PySide6", "PyQt5", "PySide2")):
        return False
    from qtpy.QtGui import QGuiApplication

    if QGuiApplication.instance() is None:
        return False
    platform = QGuiApplication.platformName()
    if platform in _BLANK_PLATFORMS:
        raise DisplayError(
            f"Qt was started on its {platform!r} platform, which leaves napari's canvas blank; start again "
            f"without QT_QPA_PLATFORM={platform}."
        )
    return True


def _has_screen() -> bool:
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _check_server(display: str) -> None:
    """Ask the X server whether it answers, as Qt ends the process if it doesn't."""
    if _server is not None:
        return
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError as error:
        raise DisplayError(
            f"Qt can't draw here, as a system library is missing ({error}); {CURE}."
        ) from error
    xcb.xcb_connect.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(xcb.xcb_connect(None, None))
    refused = xcb.xcb_connection_has_error(connection)
    xcb.xcb_disconnect(connection)
    if refused:
        raise DisplayError(
            f"The display {display!r} that DISPLAY names does not answer; start it, or unset DISPLAY to draw "
            f"pictures without a screen."
        )


def _start_xvfb() -> None:
    global _server
    command = shutil.which("Xvfb")
    if command is None:
        raise DisplayError(f"There is no screen, and no Xvfb to draw without one; {CURE}.")
    read, write = os.pipe()
    with os.fdopen(read, "rb", buffering=0) as answer:
        try:
            server = subprocess.Popen(
                [command, "-displayfd", str(write), *_XVFB_OPTIONS],
                pass_fds=(write,),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                start_new_session=True,  # Ctrl-C is for this process
            )
        except OSError as error:
            raise DisplayError(f"There is no screen, and Xvfb can't be started ({error}); {CURE}.") from error
        finally:
            os.close(write)
        number = _read_number(answer.fileno())
    if number is None:
        server.kill()
        server.wait()
        raise DisplayError(f"There is no screen, and Xvfb did not start; {CURE}.")
    _server = server
    atexit.register(_stop_xvfb)
    os.environ["DISPLAY"] = f":{number}"
    os.environ["QT_QPA_PLATFORM"] = "xcb"
    os.environ["LIBGL_ALWAYS_SOFTWARE"] = "1"
    os.environ.pop("WAYLAND_DISPLAY", None)


def _read_number(pipe: int) -> str | None:
    """The number of the display that Xvfb writes when it is ready; None if it never does."""
    deadline = time.monotonic() + _START_SECONDS
    text = b""
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([pipe], [], [], max(0.0, deadline - time.monotonic()))
        part = os.read(pipe, 32) if ready else b""
        if not part:
            return None
        text += part
    return text.decode("ascii").strip()


def _stop_xvfb() -> None:
    """End the server, unless Qt still talks to it: then it ends itself once Qt is gone."""
    if _server is None:
        return
    if any(name in sys.modules for name in ("PyQt6", "PySide6", "PyQt5", "PySide2")):
        from qtpy.QtGui import QGuiApplication

        if QGuiApplication.instance() is not None:
            return
    _server.terminate()
    _server.wait()
