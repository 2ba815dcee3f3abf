"""`Engine`: ask a strategy at every bar, settle what it does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from weighbridge.data.actions import Actions
from weighbridge.data.bars import Bars
from weighbridge.engine.inputs import checked_cash
from weighbridge.events.data import BarData, Context
from weighbridge.events.progress import watched
from weighbridge.events.strategy import Strategy
from weighbridge.exceptions import ConfigError, ExecutionError
from weighbridge.rebalance.executor import TargetWeightExecutor
from weighbridge.record.inputs import RunInputs
from weighbridge.record.run_record import RunRecord
from weighbridge.settings.config import RebalanceConfig
from weighbridge.settings.contracts import Contracts, checked_contracts
from weighbridge.settings.conventions import Conventions, conventions_named
from weighbridge.settings.costs import Costs

if TYPE_CHECKING:
    import pandas as pd

    from weighbridge.events.book import EventBook
    from weighbridge.events.broker import EventBroker

__all__ = ["Engine"]


class Engine:
    """Run a strategy bar by bar, by the rules of a framework.

    Settled by the same compiled rules as `simulate`: a strategy that only asks for weights leaves the same record
    there and here. Bars in which it leaves the broker alone cost no more than its own Python.

    Args:
        bars: Prices, (n_bars, n_assets).
        strategy: An instance of a class derived from `Strategy`.
        conventions: "reference", "backtrader", "backtrader-coc", "backtrader-coo", "zipline", "vectorbt" and its
            prices, or a `Conventions` of their rules.
        rebalance: How targets become trades; None: as the strategy's class says, else `RebalanceConfig()`.
        costs: Defaults to none.
        cash: Starting cash, account currency.
        contracts: Multiplier, margin and leverage by asset (`Contract`); assets that are not in it are ordinary shares.
        splits: For raw prices, as `simulate` takes them.
        dividends: Likewise.
        progress: Whether to show a progress bar on the standard error output; never where that is no terminal.

    Attributes:
        record: What was done so far; None before the first bar. After a strategy has raised, or the run was interrupted
            from the keyboard, it holds everything up to and including that bar.

    Raises:
        InputError: What was passed is wrong; the subclass and the message say what (`weighbridge.exceptions`).
        UnsupportedError: The conventions have no rule for what was asked.
    """

    record: RunRecord | None

    def __init__(
        self,
        bars: Bars,
        strategy: Strategy,
        *,
        conventions: str | Conventions = "reference",
        rebalance: RebalanceConfig | None = None,
        costs: Costs | None = None,
        cash: float = 1_000_000.0,
        contracts: Contracts | None = None,
        splits: pd.DataFrame | None = None,
        dividends: pd.DataFrame | None = None,
        progress: bool = False,
    ) -> None:
        """Check everything that can be checked before the run."""
        self._bars, self._strategy, self._progress = bars, strategy, progress
        self._rules = conventions_named(conventions)
        given = rebalance if rebalance is not None else getattr(strategy, "rebalance", None)
        self._config = RebalanceConfig() if given is None else given
        self._costs = Costs() if costs is None else costs
        for name, value, kind in (
            ("bars", bars, Bars),
            ("strategy", strategy, Strategy),
            ("rebalance", self._config, RebalanceConfig),
            ("costs", self._costs, Costs),
        ):
            if not isinstance(value, kind):
                got = value.__name__ if isinstance(value, type) else type(value).__name__
                raise ConfigError(
                    f"{name} is {got!r}, not an instance of {kind.__name__}", hint=f"pass a weighbridge.{kind.__name__}"
                )
        self._cash = checked_cash(cash)
        self.record = None
        self._contracts = checked_contracts(contracts, bars.assets, self._rules)
        self._actions = Actions.on(bars, splits, dividends)

    def run(self) -> RunRecord:
        """Run every bar and return the record, also kept as `record`.

        Raises:
            ExecutionError: The strategy raised; the message names the bar, `__cause__` is what it raised.
        """
        # Compiled code is loaded with the first run.
        from weighbridge.events.book import EventBook
        from weighbridge.events.broker import EventBroker
        from weighbridge.events.made_of import RunOf

        bars, strategy = self._bars, self._strategy
        made_of = (bars, self._rules, self._config, self._costs, self._cash, self._contracts, self._actions)
        book = EventBook(RunOf(*made_of))
        broker = EventBroker(book)
        context = Context(bar=-1, assets=bars.assets)
        strategy.executor = TargetWeightExecutor(self._config)
        self.record = None
        name = type(strategy).__name__
        times = bars.index.tolist()
        columns = {asset: column for column, asset in enumerate(bars.assets)}
        try:
            strategy.on_start(context, broker)
            broker.enter("on_data")
            with watched(book.events(), name, shown=self._progress) as events:
                for bar in events:
                    book.bar = context.bar = bar
                    if broker.resumes:
                        broker.resumes.go_on()
                    strategy.on_data(times[bar], BarData(bars, bar, columns, book.opening), context, broker)
            book.finish(bars.n_bars)
            book.check_stops()
            broker.enter("on_end")
            strategy.on_end(context, broker)
        except (Exception, KeyboardInterrupt) as error:
            if book.bar >= 0:
                self._keep(book, broker, name, book.bar + 1 if broker.phase == "on_data" else bars.n_bars)
            if isinstance(error, KeyboardInterrupt):
                raise
            when = f"at bar {book.bar}, {times[book.bar]}" if book.bar >= 0 else "before the first bar"
            raise ExecutionError(
                f"{name} raised {type(error).__name__} in {broker.phase} {when}: {error}",
                hint="the error before this one says where; Engine.record holds what was done until then",
            ) from error
        finally:
            broker.enter("done")
        return self._keep(book, broker, name, bars.n_bars)

    def _keep(self, book: EventBook, broker: EventBroker, name: str, end: int) -> RunRecord:
        inputs = RunInputs(self._bars, self._rules.fill, broker.asked, frozenset(broker.own_prices))
        self.record = book.record(name, end, inputs)
        return self.record
