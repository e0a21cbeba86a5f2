"""The network whose words `pointsman policy check` and `policy schema` know: one that is loaded, or a folder."""

import dataclasses
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from pathlib import Path

import click

from api.files.inventory_folder import load_inventory
from api.language.current import say
from engine.decide.network_fit import Fit, fit, words_of
from engine.errors import NotReady, StoreUnavailable
from engine.model.facts import Network
from engine.service import Pointsman
from engine.settings import Settings
from engine.store.network.serialization import product_values_record
from rules.lint.check import CheckResult
from rules.policy import PolicySet


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedNetwork:
    """The network `name`, what does not fit it, and its words by fact."""

    name: str
    fit: Callable[[PolicySet], Fit]
    network: Network
    product_words: Callable[[], Mapping[str, Collection[str]]]

    @property
    def words(self) -> Mapping[str, Collection[str]]:
        return words_of(self.network, self.product_words())


def network_to_check(settings: Settings, word: str | None, *, is_named: bool) -> CheckedNetwork | None:
    """The network of that name, or in that folder. Without a word the one that `settings` name, if they do (`is_named`)
    and it can be read; why it can't is printed on stderr.

    Raises InputInvalid for a folder with mistakes, NotReady and StoreUnavailable for a named network that is not there.
    """
    if word is not None:
        folder = Path(word)
        return _folder(folder) if folder.is_dir() else _loaded(dataclasses.replace(settings, network=word))
    if not is_named or not (settings.redis_url or settings.data.is_dir()):
        return None  # no server would answer, and none is to be started for a check
    try:
        return _loaded(settings)
    except (NotReady, StoreUnavailable) as error:
        click.echo(
            say("not checked against network {network}: {error}", network=settings.network, error=error), err=True
        )
        return None


def with_network(checked: CheckResult, network: CheckedNetwork | None) -> CheckResult:
    """The findings, and those against the network; a set with errors of its own is not compared with it."""
    if network is None or checked.policies is None:
        return checked
    found = network.fit(checked.policies)
    findings = tuple(sorted([*checked.findings, *found.errors, *found.warnings]))
    return dataclasses.replace(checked, findings=findings)


def _folder(folder: Path) -> CheckedNetwork:
    inventory = load_inventory(folder)
    words = {**product_values_record(inventory.products.values()), "product.sku": inventory.products.keys()}
    return CheckedNetwork(
        name=str(folder),
        fit=lambda policies: fit(policies, inventory.network, words),
        network=inventory.network,
        product_words=lambda: words,
    )


def _loaded(settings: Settings) -> CheckedNetwork:
    with Pointsman(settings) as service:
        network = service.network()

    def product_words() -> Mapping[str, Collection[str]]:
        with Pointsman(settings) as service:
            return service.versions.product_words()

    def check_fit(policies: PolicySet) -> Fit:
        with Pointsman(settings) as service:
            return service.versions.fit(policies)

    return CheckedNetwork(name=settings.network, fit=check_fit, network=network, product_words=product_words)
