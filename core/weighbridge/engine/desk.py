"""The order desk: submitting, cancelling, admitting and executing orders (semantics 5).

The queue holds orders in the sequence of submission; the first `counts[ADMITTED]` of them are accepted.
"""

from __future__ import annotations

import math

from weighbridge.engine.compiled import rule
from weighbridge.engine.contract_tables import ContractTable, cash_at_hand, lent, settle_at, terms_of
from weighbridge.engine.parameters import NO_COST, CostParameters, FillRules, TradeRules
from weighbridge.engine.rules.account import Account, order_need
from weighbridge.engine.rules.accounting import average_after
from weighbridge.engine.rules.contracts import imagined_contract
from weighbridge.engine.rules.costs import slipped_price, within_bar
from weighbridge.engine.rules.order_types import LIMIT, MARKET, REBALANCE, STOP, STOP_LIMIT, touched, trailed
from weighbridge.engine.rules.settlement import imagined, settle
from weighbridge.engine.tables import Desk, Ledger, Market
from weighbridge.rules.reasons import DenialRule
from weighbridge.settings.config import RebalanceMode
from weighbridge.settings.conventions import CashRule, FillTiming

__all__ = [
    "ADMITTED",
    "CANCELLED",
    "DENIALS",
    "DENIED",
    "FILLED",
    "FILLS",
    "OPEN",
    "ORDERS",
    "QUEUED",
    "admit",
    "cancel_open",
    "count_pending",
    "deny",
    "execute",
    "reductions_open",
    "submit",
]

# Places in `Ledger.counts`.
ORDERS, FILLS, DENIALS, QUEUED, ADMITTED = range(5)

# What `Ledger.order_state` holds.
OPEN, FILLED, DENIED, CANCELLED = range(4)

NEXT_OPEN = int(FillTiming.NEXT_OPEN)
DECISION_CLOSE = int(FillTiming.DECISION_CLOSE)
SNAPSHOT = int(RebalanceMode.SNAPSHOT)
REFUSED_TWICE = int(CashRule.REFUSED_TWICE)
MARGIN_AT_SUBMISSION = int(DenialRule.MARGIN_AT_SUBMISSION)
MARGIN_AT_FILL = int(DenialRule.MARGIN_AT_FILL)
CUT_TO_CASH = int(DenialRule.CUT_TO_CASH)


@rule
def submit(
    desk: Desk, ledger: Ledger, bar: int, asset: int, quantity: float, price: float, reduction: bool, kind: int
) -> None:
    """Write an order down and put it at the end of the queue; `price` is the one that it was sized with."""
    row = ledger.counts[ORDERS]
    ledger.order_bar[row] = bar
    ledger.order_asset[row] = asset
    ledger.order_quantity[row] = quantity
    ledger.order_state[row] = OPEN
    ledger.counts[ORDERS] += 1
    place = ledger.counts[QUEUED]
    desk.queue_asset[place] = asset
    desk.queue_quantity[place] = quantity
    desk.queue_price[place] = price
    desk.queue_bar[place] = bar
    desk.queue_reduction[place] = reduction
    desk.queue_row[place] = row
    desk.queue_kind[place] = kind
    ledger.counts[QUEUED] += 1


@rule
def keep(desk: Desk, source: int, place: int) -> None:
    """Move an order forward in the queue."""
    if source == place:
        return
    desk.queue_asset[place] = desk.queue_asset[source]
    desk.queue_quantity[place] = desk.queue_quantity[source]
    desk.queue_price[place] = desk.queue_price[source]
    desk.queue_bar[place] = desk.queue_bar[source]
    desk.queue_reduction[place] = desk.queue_reduction[source]
    desk.queue_row[place] = desk.queue_row[source]
    kind = desk.queue_kind[place] = desk.queue_kind[source]
    if kind > MARKET:
        desk.queue_limit[place] = desk.queue_limit[source]
        desk.queue_stop[place] = desk.queue_stop[source]
        desk.queue_trail[place] = desk.queue_trail[source]


@rule
def deny(ledger: Ledger, bar: int, asset: int, quantity: float, why: int) -> None:
    """Write a denial down."""
    row = ledger.counts[DENIALS]
    ledger.denial_bar[row] = bar
    ledger.denial_asset[row] = asset
    ledger.denial_quantity[row] = quantity
    ledger.denial_rule[row] = why
    ledger.counts[DENIALS] += 1


@rule
def reductions_open(desk: Desk, ledger: Ledger, decided: int) -> bool:
    """Say whether reductions that were submitted at bar `decided` are still open."""
    for place in range(ledger.counts[QUEUED]):
        if desk.queue_reduction[place] and desk.queue_bar[place] == decided:
            return True
    return False


@rule
def cancel_open(desk: Desk, ledger: Ledger, bar: int, reductions_of: int) -> None:
    """Cancel the rebalancer's orders of bars before `bar`; or, with `reductions_of` >= 0, that bar's reductions only.

    Orders of the same bar are never cancelled: not every host can, and they are counted instead.
    """
    kept = 0
    admitted = ledger.counts[ADMITTED]
    for place in range(ledger.counts[QUEUED]):
        if reductions_of >= 0:
            drop = desk.queue_reduction[place] and desk.queue_bar[place] == reductions_of
        else:
            drop = desk.queue_bar[place] < bar and desk.queue_kind[place] == REBALANCE
        if not drop:
            keep(desk, place, kept)
            kept += 1
            continue
        ledger.order_state[desk.queue_row[place]] = CANCELLED
        if place < admitted:
            ledger.counts[ADMITTED] -= 1
    ledger.counts[QUEUED] = kept


@rule
def count_pending(desk: Desk, ledger: Ledger, account: Account, bar: int, every: bool, costs: CostParameters) -> None:
    """Sum the open orders asset by asset: `every` one but stops, or only the rebalancer's of this bar.

    The rebalancer's sales are in `sold` in any setting: what they sell cannot be sold again. Its orders come first,
    since that is how `TargetWeightExecutor` adds them up.
    """
    account.pending[:] = 0.0
    account.sold[:] = 0.0
    account.needed[:] = 0.0
    for own in (True, False):
        for place in range(ledger.counts[QUEUED]):
            asset, kind, quantity = desk.queue_asset[place], desk.queue_kind[place], desk.queue_quantity[place]
            if (kind == REBALANCE) != own or kind >= STOP:
                continue
            counts = every or (own and desk.queue_bar[place] == bar)
            if quantity < 0.0 and (counts or own):
                account.sold[asset] += quantity
            if counts:
                account.pending[asset] += quantity
                if quantity > 0.0:
                    limit = desk.queue_limit[place] if kind == LIMIT else math.nan
                    price, unit_value, margined = (
                        account.price[asset],
                        account.unit_value[asset] / account.leverage[asset],
                        account.margined[asset],
                    )
                    account.needed[asset] += order_need(quantity, limit, price, unit_value, margined, costs, asset)


@rule
def admit(
    desk: Desk,
    ledger: Ledger,
    market: Market,
    bar: int,
    cash: float,
    fill: FillRules,
    trade: TradeRules,
    costs: CostParameters,
    contracts: ContractTable | None,
) -> None:
    """Accept or refuse what was submitted since the last bar. Backtrader, `BackBroker.check_submitted`.

    Each order is executed in the imagination, at the price it was created with, on copies of the positions and
    with running cash; where that ends below zero the order is refused, and the running cash stays reduced.
    """
    cash = cash_at_hand(cash, desk.position, fill, contracts)
    admitted, queued = ledger.counts[ADMITTED], ledger.counts[QUEUED]
    for place in range(admitted, queued):
        desk.imagined[desk.queue_asset[place]] = desk.position[desk.queue_asset[place]]
    kept = admitted
    for place in range(admitted, queued):
        asset, quantity, price = desk.queue_asset[place], desk.queue_quantity[place], desk.queue_price[place]
        if contracts is None:
            cash = imagined(desk.imagined[asset], quantity, price, cash, fill, costs)
        else:
            cash = imagined_contract(
                desk.imagined[asset], quantity, price, cash, terms_of(contracts, asset), fill, costs
            )
        desk.imagined[asset] += quantity
        if cash < 0.0:
            deny(ledger, bar, asset, quantity, MARGIN_AT_SUBMISSION)
            ledger.order_state[desk.queue_row[place]] = DENIED
        elif (
            fill.fill == NEXT_OPEN
            and bar > market.last_bar[asset]
            and trade.mode == SNAPSHOT
            and not trade.count_open
            and (trade.allow_short or quantity > 0.0)
        ):
            # Accepted, but the asset never trades again and nothing looks at the order: it need not be carried.
            continue
        else:
            keep(desk, place, kept)
            kept += 1
    ledger.counts[QUEUED] = kept


@rule
def execute(
    desk: Desk,
    ledger: Ledger,
    market: Market,
    bar: int,
    cash: float,
    fill: FillRules,
    costs: CostParameters,
    contracts: ContractTable | None,
) -> float:
    """Fill what can be filled at this bar, in the sequence of submission; return the cash.

    Backtrader, `BackBroker._try_exec_market`: an order waits for its asset's next bar, but not a market order where
    cheating is on; slippage stays within the last bar there is.

    The functions that are called for each order take numbers only: handing them tuples of arrays costs more than
    what they compute.
    """
    kept = 0
    loan = 0.0 if contracts is None else lent(desk.position, contracts, fill)
    for place in range(ledger.counts[QUEUED]):
        asset, quantity = desk.queue_asset[place], desk.queue_quantity[place]
        if fill.fill == NEXT_OPEN or desk.queue_kind[place] > MARKET:
            if math.isnan(market.close[bar, asset]):
                keep(desk, place, kept)
                kept += 1
                continue
            price, high, low = market.open[bar, asset], market.high[bar, asset], market.low[bar, asset]
            if desk.queue_kind[place] > MARKET:
                kind, limit, stop = desk.queue_kind[place], desk.queue_limit[place], desk.queue_stop[place]
                close, within = market.close[bar, asset], fill.slippage_within_bar
                price, bound, kind = touched(kind, quantity, limit, stop, price, high, low, close, within)
                if math.isnan(price):
                    desk.queue_kind[place] = kind
                    if kind > STOP_LIMIT:
                        desk.queue_stop[place] = trailed(kind, quantity, stop, desk.queue_trail[place], close)
                    keep(desk, place, kept)
                    kept += 1
                    continue
                high = low = bound
        else:
            price = desk.queue_price[place] if fill.fill == DECISION_CLOSE else desk.last_open[asset]
            high, low = desk.last_high[asset], desk.last_low[asset]
        if costs.slippage_kind != NO_COST:
            price = slipped_price(costs, quantity, price)
            if fill.slippage_within_bar or desk.queue_kind[place] > MARKET:
                price = within_bar(price, quantity, high, low)
        position, average = desk.position[asset], desk.average[asset]
        if contracts is None:
            cash, executed, charged = settle(position, average, quantity, price, cash, asset, fill, costs)
        else:
            cash, executed, charged, loan = settle_at(
                contracts, position, average, quantity, price, cash, loan, asset, fill, costs
            )
        ledger.order_state[desk.queue_row[place]] = FILLED if executed != 0.0 else DENIED
        if executed != 0.0:
            desk.average[asset] = average_after(position, average, executed, price)
            desk.position[asset] = position + executed
            row = ledger.counts[FILLS]
            ledger.fill_bar[row] = bar
            ledger.fill_asset[row] = asset
            ledger.fill_quantity[row] = executed
            ledger.fill_price[row] = price
            ledger.fill_commission[row] = charged
            ledger.fill_position[row] = desk.position[asset]
            ledger.counts[FILLS] += 1
        if executed != quantity:
            why = MARGIN_AT_FILL if fill.cash_rule == REFUSED_TWICE else CUT_TO_CASH
            deny(ledger, bar, asset, quantity - executed, why)
    ledger.counts[QUEUED] = kept
    ledger.counts[ADMITTED] = kept
    return cash
