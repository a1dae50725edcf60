"""The command's one door: whatever happens behind it ends in a code of the table, and nothing unplanned in 1."""

import sys


def main() -> None:
    try:
        from edgeprof.cli.door import enter

        code = enter(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 (an import that fails is a bug too, and must not look like a model over budget)
        code = 70
        _print_traceback()
    _flush()
    sys.exit(code)


def _print_traceback() -> None:
    import traceback

    try:
        traceback.print_exc()
    except OSError:  # nobody reads it, which must not end in Python's own 1
        return


def _flush() -> None:
    """What cannot be written is given up here: Python, trying once more at its end, would make the code 120."""
    import os

    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


if __name__ == "__main__":
    main()
