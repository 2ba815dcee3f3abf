"""`weighbridge engines`: which adapters and frameworks are there, and what is missing."""

from __future__ import annotations

__all__ = ["engines"]


def engines() -> None:
    """List the adapters, the frameworks' versions, what is missing and how to get it."""
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from weighbridge.parity.adapter import adapters
    from weighbridge.record.provenance import own_version
    from weighbridge.rules.compiled import cache_folder
    from weighbridge.settings.conventions import PRESETS

    console = Console()
    table = Table("engine", "distribution", "installed", "supported", "modes", box=SIMPLE_HEAD, pad_edge=False)
    table.add_row("reference", "weighbridge", own_version(), "", "snapshot, incremental, hybrid")
    missing: list[str] = []
    for adapter in adapters().values():
        found = adapter.installed_version()
        if found is None:
            missing.append(f'{adapter.name} is missing: pip install "weighbridge[{adapter.extra}]"')
        modes = ", ".join(mode.name.lower() for mode in sorted(adapter.capabilities.executor_modes))
        state = Text("missing", style="red") if found is None else Text(found)
        table.add_row(adapter.name, adapter.distribution, state, adapter.versions, modes)
    console.print(table)
    for line in missing:
        console.print(line, style="yellow", markup=False, soft_wrap=True)
    if not adapters():
        console.print("No adapter is installed; the reference engine works all the same.", style="yellow")
    console.print(f"Conventions of the reference engine: {', '.join(PRESETS)}", markup=False, soft_wrap=True)
    console.print(f"Compiled code is kept in {cache_folder()}", markup=False, soft_wrap=True)
