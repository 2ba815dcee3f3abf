"""A run, bar by bar (section 6 of the semantics)."""

from __future__ import annotations

from parity_tests.oracle.account import Account
from parity_tests.oracle.filling import admit, end_assets, fill_open_orders, pay_commissions
from parity_tests.oracle.rebalancing import Unfinished, decide, second_phase
from parity_tests.oracle.table import Case

__all__ = ["run"]


def run(case: Case) -> Account:
    """Return the account at the end, with the rows of everything that happened."""
    account = Account(case, case.cash)
    decisions = dict(case.decisions)
    if case.rules["fill"] in ("at_next_open", "at_next_close"):
        decisions = {bar + 1: weights for bar, weights in decisions.items()}
    before_fills = case.rules["fill"] in ("same_open", "at_open", "at_next_open")
    unfinished: Unfinished | None = None
    for bar in range(len(case.market.closes)):
        account.learn(bar)
        if case.rules["calendar"] == "every_bar" or any(map(account.trades, range(account.n_assets))):
            decided = decisions.get(bar)
            if decided is not None and before_fills:
                decide(account, decided)
            admit(account, account.queue())
            fill_open_orders(account)
            pay_commissions(account)
            if unfinished is not None:
                unfinished = _continued(account, unfinished)
            if decided is not None and not before_fills:
                unfinished = decide(account, decided)
            end_assets(account)
        account.last_value = account.worth(account.close_price)
        account.cash_of_bar.append(account.cash)
        account.value_of_bar.append(account.last_value)
    return account


def _continued(account: Account, unfinished: Unfinished) -> Unfinished | None:
    unfinished.waited += 1
    open_reduction = any(order.reduction and order.bar == unfinished.bar for order in account.open)
    if open_reduction and unfinished.waited < account.case.config["phase_timeout"]:
        return unfinished
    second_phase(account, unfinished)
    return None
