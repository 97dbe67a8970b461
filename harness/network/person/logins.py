"""How the person of a flow gets in at a DVZA: a recipe with values, or a token that is supplied."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from harness.core.errors import ConfigurationError
from harness.core.text import Text
from harness.network.file import Network, Participant
from harness.network.person import login


@dataclass(frozen=True)
class Login:
    """What one person needs at one DVZA.

    :ivar recipe: how the person walks the DVZA's pages; ``None`` when tokens are supplied.
    :ivar values: placeholders for the recipe.
    :ivar token: the supplied access token.
    :ivar own_pages: the DVZA has the pages of our twin, the one with consents included.
    """

    recipe: login.Recipe | None
    values: dict[str, str] = field(repr=False)
    token: str = field(default="", repr=False)
    own_pages: bool = False


class Logins:
    """The logins of a network file.

    :param learn: told about every secret that is read (kind, value), for the recorder.
    """

    def __init__(self, network: Network, learn: Callable[[str, str], None]) -> None:
        self._network = network
        self._learn = learn
        self._recipes: dict[str, login.Recipe] = {}

    def of(self, dvza: Participant, person: str) -> Login:
        """How a person gets in at a DVZA.

        :raises ConfigurationError: the recipe is wrong, a secret cannot be read, or a token is missing.
        """
        values = self._values(person)
        if dvza.login == "tokens":
            return Login(recipe=None, values=values, token=self._supplied_token(person))
        return Login(recipe=self._recipe(dvza), values=values, own_pages=dvza.login in ("", "mock"))

    def _recipe(self, dvza: Participant) -> login.Recipe:
        if dvza.login in ("", "mock"):
            return login.MOCK
        if dvza.id not in self._recipes:
            self._recipes[dvza.id] = login.load_recipe(self._network.base / dvza.login)
        return self._recipes[dvza.id]

    def _values(self, person: str) -> dict[str, str]:
        found = next((item for item in self._network.persons if item.id == person), None)
        if found is None:
            return {}
        values: dict[str, str] = {}
        for name, value in found.values.items():
            if isinstance(value, str):
                values[name] = value
            else:
                values[name] = value.read(self._network.base)
                self._learn("key", values[name])
        if found.bsn:
            values.setdefault("bsn", found.bsn)
        return values

    def _supplied_token(self, person: str) -> str:
        found = next((item for item in self._network.persons if item.id == person), None)
        if found is None or found.token is None:
            raise ConfigurationError(
                Text(
                    nl=f"login: tokens, maar persoon '{person or '?'}' heeft geen 'token'",
                    en=f"login: tokens, but person '{person or '?'}' has no 'token'",
                ),
                where=self._network.path,
                expected="persons: - {id: …, token: {env: NAME}}",
            )
        return found.token.read(self._network.base)
