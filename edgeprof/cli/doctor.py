"""`edgeprof doctor`."""

from __future__ import annotations

from edgeprof.cli import options


def doctor(config: options.Config = None, device: options.Device = None) -> int:
    """Say what is installed, what each runtime can do here, and what would spoil a measurement, with its remedy."""
    import os
    from pathlib import Path

    from edgeprof.cli.request import workshop_of
    from edgeprof.config import load_device
    from edgeprof.core.exits import Exit
    from edgeprof.workflow.doctor import examine

    name, is_configured = load_device({"config": config, "device": device}, cwd=Path.cwd(), environ=os.environ)
    workshop = workshop_of()
    remarks = []
    for remark in examine(name, workshop, is_configured=is_configured):
        workshop.progress.rest()
        remarks.append(remark)
        print(f"{'!' if remark.remedy else ' '} {remark.topic:12} {remark.text}")
        if remark.remedy:
            print(f"  {'':12} {remark.remedy}", flush=True)
    problems = sum(remark.remedy is not None for remark in remarks)
    print(f"\n{problems} to look at" if problems else "\nready")
    return Exit.ENVIRONMENT if any(remark.is_fatal for remark in remarks) else Exit.PASS
