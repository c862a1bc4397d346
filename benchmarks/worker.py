"""Runs ways in a process of their own: reads a JSON list of them, prints a line of JSON for each."""

from __future__ import annotations

import importlib
import json
import os
import sys
import traceback


def main() -> None:
    # What a way or a library prints must not get between the answers.
    out = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    for function, arguments in json.loads(sys.stdin.read()):
        module, _, name = function.partition(":")
        try:
            answer = getattr(importlib.import_module(f"benchmarks.{module}"), name)(**arguments)
        except Exception as error:
            traceback.print_exc()
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=out, flush=True)


if __name__ == "__main__":
    main()
