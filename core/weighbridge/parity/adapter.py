"""What an adapter package says about itself, and how adapters are found.

An adapter package offers `Broker`, `ADAPTER`, `DEFAULT_COSTS` and `run`; its entry point in the group
`weighbridge.adapters` is its `ADAPTER`. Importing the package must work without its framework.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, entry_points, version
from typing import Literal, Protocol, get_args

from weighbridge.data.bars import Bars
from weighbridge.data.targets import TargetWeights
from weighbridge.exceptions import ConfigError, MissingExtraError, UnknownAdapterError
from weighbridge.parity.compare import Tolerance
from weighbridge.record.run_record import RunRecord
from weighbridge.rules.valuing import Valuing
from weighbridge.settings.config import RebalanceConfig, RebalanceMode
from weighbridge.settings.conventions import Conventions, conventions_named
from weighbridge.settings.costs import Costs

__all__ = [
    "AWKWARD",
    "ENTRY_POINT_GROUP",
    "Adapter",
    "Capabilities",
    "Framework",
    "How",
    "Run",
    "adapter_named",
    "adapters",
    "check_how",
]

ENTRY_POINT_GROUP = "weighbridge.adapters"

How = Literal["native", "executor"]

AWKWARD = frozenset({"ended", "gaps", "late", "missing", "never", "zero_volume"})
"""Ways in which prices are awkward: an asset that ends, opens away from the close before, begins late, misses bars or
never trades; bars without a volume."""


def check_how(how: str) -> None:
    """Refuse what is neither "native" nor "executor".

    Raises:
        ConfigError: Names it.
    """
    if how not in get_args(How):
        raise ConfigError(f"how={how!r} is not known", hint="pass 'native' or 'executor'")


class Run(Protocol):
    """Run a decision stream in a framework: by its own functions, or with the executor inside a strategy."""

    def __call__(
        self,
        bars: Bars,
        targets: TargetWeights,
        *,
        how: How,
        rebalance: RebalanceConfig | None = None,
        costs: Costs | None = None,
        cash: float = 1_000_000.0,
        conventions: Conventions | str | None = None,
    ) -> RunRecord:
        """Return the record; see the adapter's own documentation for what each `how` does.

        Its `measures` are a `RunInputs` (weighbridge.record.inputs) of bars, fill timing and targets, so that it can
        tell realised weights and slippage.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Capabilities:
    """Declare what an adapter can do, so that what it cannot is known before a run.

    Attributes:
        native_modes: Modes which the framework's own target functions follow.
        executor_modes: Modes in which the executor runs inside the framework.
        costs: Names of the cost models that both sides compute alike.
        fractional: Whether the framework fills fractions of a unit.
        orders: Whether its records have an order table.
        contracts: Whether its `run` takes `contracts` (`weighbridge.Contract`); elsewhere every asset is an ordinary
            share.
        awkward: Ways in which prices may be awkward (`AWKWARD`).
    """

    native_modes: frozenset[RebalanceMode]
    executor_modes: frozenset[RebalanceMode]
    costs: frozenset[str]
    fractional: bool
    orders: bool
    contracts: bool = False
    awkward: frozenset[str] = AWKWARD


@dataclass(frozen=True, kw_only=True)
class Framework:
    """Name the framework of an adapter, and say whether it is installed.

    Attributes:
        name: What the command line and reports call the adapter.
        distribution: The framework's distribution, as package indexes know it.
        versions: The versions it is made for, a PEP 440 specifier.
        extra: The extra of `weighbridge` that installs the framework.
        conventions: The engine's conventions that equal the framework's, its default first.
        mode: The mode that its own target functions follow: what a run has by default.
        plain_function: The name of that function if it knows nothing else of a `RebalanceConfig`; else None, and
            the adapter says itself what it knows.
    """

    name: str
    distribution: str
    versions: str
    extra: str
    conventions: tuple[Conventions, ...] = ()
    mode: RebalanceMode = RebalanceMode.SNAPSHOT
    plain_function: str | None = None

    def follows(self, conventions: Conventions) -> bool:
        """Say whether the framework has these rules; limits and, where its sums heed it, look-ups are free."""
        if conventions.lookups and conventions.valuing not in (Valuing.PLAIN, Valuing.TERM_BY_TERM):
            return False
        return any(conventions.rules() == own.rules() for own in self.conventions)

    def rules_named(self, name: str | Conventions | None) -> Conventions:
        """Return the conventions of that name, the framework's own first; None is its default.

        Raises:
            ConfigError: Neither the framework nor core has any of that name.
        """
        if name is None:
            return self.conventions[0]
        return next((own for own in self.conventions if own.name == name), None) or conventions_named(name)

    def installed_version(self) -> str | None:
        """Return the framework's version, or None where it is not installed."""
        try:
            return version(self.distribution)
        except PackageNotFoundError:
            return None

    def require(self) -> str:
        """Return the framework's version.

        Raises:
            MissingExtraError: It is not installed.
        """
        found = self.installed_version()
        if found is None:
            raise MissingExtraError(
                f"{self.distribution} is not installed, which the adapter {self.name!r} needs",
                hint=f'pip install "weighbridge[{self.extra}]"',
            )
        return found


@dataclass(frozen=True, kw_only=True)
class Adapter(Framework):
    """Describe an adapter: its framework, and what it does with it.

    Attributes:
        capabilities: What it can do.
        default_costs: The framework's own default costs.
        run: See `Run`.
        tolerances: Fields of a native run that need not have the engine's bits, each with its reason.
    """

    capabilities: Capabilities
    default_costs: Costs
    run: Run
    tolerances: tuple[Tolerance, ...] = ()


def adapters() -> dict[str, Adapter]:
    """Return every adapter that an installed package announces, by name."""
    found = [point.load() for point in entry_points(group=ENTRY_POINT_GROUP)]
    return {adapter.name: adapter for adapter in sorted(found, key=lambda adapter: adapter.name)}


def adapter_named(name: str) -> Adapter:
    """Return one adapter.

    Raises:
        UnknownAdapterError: No installed package announces it.
    """
    found = adapters()
    if name not in found:
        raise UnknownAdapterError(
            f"no adapter is called {name!r}",
            hint=f"there are: {', '.join(found) or 'none'}; see `weighbridge engines`",
        )
    return found[name]
