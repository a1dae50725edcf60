"""`edgeprof doctor`."""

from __future__ import annotations

from typing import Any

from edgeprof.cli import options


def doctor(
    config: options.Config = None,
    device: options.Device = None,
    host: options.Host = None,
    profile: options.Profile = None,
    python: options.Python = None,
) -> int:
    """Say what is installed, what each runtime can do there, and what would spoil a measurement, with its remedy."""
    flags: dict[str, Any] = dict(locals())

    from edgeprof.cli.request import asked_runtime, machine_of, workshop_of
    from edgeprof.core.exits import Exit
    from edgeprof.workflow.doctor import examine

    machine, workshop = machine_of(flags), workshop_of()
    remarks = []
    for remark in examine(machine, workshop, asked_runtime(flags)):
        workshop.progress.rest()
        remarks.append(remark)
        print(f"{'!' if remark.remedy else ' '} {remark.topic:12} {remark.text}")
        if remark.remedy:
            print(f"  {'':12} {remark.remedy}", flush=True)
    problems = sum(remark.remedy is not None for remark in remarks)
    print(f"\n{problems} to look at" if problems else "\nready")
    return Exit.ENVIRONMENT if any(remark.is_fatal for remark in remarks) else Exit.PASS
