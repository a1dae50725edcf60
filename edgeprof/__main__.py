"""The command's one door: whatever happens behind it ends in a code of the table, and nothing unplanned in 1."""

import sys


def main() -> None:
    try:
        from edgeprof.cli.door import enter

        code = enter(sys.argv[1:])
    except KeyboardInterrupt:
        code = 130
    except BaseException:  # noqa: BLE001 (an import that fails is a bug too, and must not look like a model over budget)
        import traceback

        traceback.print_exc()
        code = 70
    sys.exit(code)


if __name__ == "__main__":
    main()
