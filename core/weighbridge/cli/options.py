"""Options that several commands share, and what their texts mean.

Values are taken as texts and read here, so that a wrong one gets an error of ours with its hint.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from weighbridge.exceptions import ConfigError

if TYPE_CHECKING:
    from weighbridge.settings.config import RebalanceMode
    from weighbridge.settings.costs import Commission, Costs, Slippage

__all__ = [
    "CashOption",
    "CommissionOption",
    "OutputOption",
    "SlippageOption",
    "cash_from",
    "costs_from",
    "mode_from",
]

CashOption = Annotated[
    str | None, typer.Option("--cash", metavar="AMOUNT", help="Starting cash; 1000000 if not given.")
]
CommissionOption = Annotated[
    str | None,
    typer.Option("--commission", metavar="MODEL", help="percent:0.001, per-share:0.005[:MINIMUM] or fixed:1."),
]
SlippageOption = Annotated[
    str | None, typer.Option("--slippage", metavar="MODEL", help="percent:0.0005 or fixed:0.01.")
]
OutputOption = Annotated[str | None, typer.Option("--output", metavar="DIR", help="Folder for the results.")]

DEFAULT_CASH = 1_000_000.0


def cash_from(text: str | None) -> float:
    """Read the starting cash.

    Raises:
        ConfigError: It is no number, or not a finite one of 0 or more.
    """
    from weighbridge.engine.inputs import checked_cash

    return DEFAULT_CASH if text is None else checked_cash(_number("--cash", text, "1000000"))


def mode_from(text: str) -> RebalanceMode:
    """Read a mode.

    Raises:
        ConfigError: There is no such mode.
    """
    from weighbridge.settings.config import RebalanceMode

    known = {mode.name.lower(): mode for mode in RebalanceMode}
    if text.lower() not in known:
        raise ConfigError(f"--mode {text!r} is not a mode", hint=f"one of {', '.join(known)}")
    return known[text.lower()]


def costs_from(commission: str | None, slippage: str | None) -> Costs:
    """Read both cost models; none for what is not given.

    Raises:
        ConfigError: A model is not known, or its number is wrong.
    """
    from weighbridge.settings.costs import Costs, NoCommission, NoSlippage

    return Costs(
        commission=NoCommission() if commission is None else _commission(commission),
        slippage=NoSlippage() if slippage is None else _slippage(slippage),
    )


def _commission(text: str) -> Commission:
    from weighbridge.settings.costs import FixedCommission, PercentCommission, PerShareCommission

    kind, *parts = text.split(":")
    numbers = [_number("--commission", part, "0.001") for part in parts]
    match kind, numbers:
        case "percent", [rate]:
            return PercentCommission(rate)
        case "per-share", [amount]:
            return PerShareCommission(amount)
        case "per-share", [amount, minimum]:
            return PerShareCommission(amount, minimum)
        case "fixed", [amount]:
            return FixedCommission(amount)
        case _:
            raise ConfigError(
                f"--commission {text!r} is not a commission",
                hint="percent:0.001 (of the traded value), per-share:0.005, per-share:0.005:1 (at least 1) or fixed:1",
            )


def _slippage(text: str) -> Slippage:
    from weighbridge.settings.costs import FixedSlippage, PercentSlippage

    kind, *parts = text.split(":")
    numbers = [_number("--slippage", part, "0.0005") for part in parts]
    match kind, numbers:
        case "percent", [rate]:
            return PercentSlippage(rate)
        case "fixed", [amount]:
            return FixedSlippage(amount)
        case _:
            raise ConfigError(
                f"--slippage {text!r} is not a slippage",
                hint="percent:0.0005 (of the price) or fixed:0.01 (price units)",
            )


def _number(option: str, text: str, example: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ConfigError(f"{option}: {text!r} is not a number", hint=f"write it as in {example}") from error
