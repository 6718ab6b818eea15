"""How to reach the API, and by which token."""

import dlt
from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from buildkite_source.client import BuildkiteError, Credential, LateCredential, credential_of
from buildkite_source.defaults import SECTIONS

from .theme import SettingError, configured

# What an account has of its own, or not at all.
_OF_ACCOUNT = ("access_token", "private_key", "token_id")


@configspec
class Connection(BaseConfiguration):
    """How to reach the API.

    Attributes:
        access_token: the token; a secret
        private_key: in place of a token: RSA key, as PEM text or a file, that signs a JWT for each
            request; a secret
        token_id: UUID of the token that has the public key
        base_url: REST base; the token goes to this host only
        budget_share: part of the rate limits to use; the rest is left to others
        graphql_url: GraphQL API; by default Buildkite's; the token goes there too. None for another
            `base_url`
    """

    access_token: TSecretStrValue | None = None
    private_key: TSecretStrValue | None = None
    token_id: str | None = None
    base_url: str = "https://api.buildkite.com/v2"
    budget_share: float = 0.9
    graphql_url: str | None = None

    def __post_init__(self) -> None:
        """Begin with where a credential stands; that of an account has sections of its own."""
        self.sections: tuple[str, ...] = SECTIONS

    def credential(self) -> Credential:
        """Return the access token, or what signs JWTs.

        Raises:
            BuildkiteError: There is none, or it cannot be used; its text says what to do.
        """
        return credential_of(self.access_token, self.private_key, self.token_id, self.sections)

    def late_credential(self) -> Credential:
        """Return the same, which is looked at when the first request is sent."""
        return LateCredential(self.credential)

    def check(self) -> None:
        """Refuse what would fail later, and less clearly; a credential may be needed only then.

        Raises:
            SettingError: Its text names the setting.
        """
        for name, url in (("base_url", self.base_url), ("graphql_url", self.graphql_url)):
            if url and not url.startswith(("https://", "http://")):
                raise SettingError(f"The setting {name} must begin with https://, unlike {url!r}.")
        if not 0 < self.budget_share <= 1:
            raise SettingError(
                "The setting budget_share must be above 0 and at most 1, unlike "
                f"{self.budget_share}."
            )


def connection_of(account: str | None = None) -> Connection:
    """Return the configured connection.

    Args:
        account: Name below `[sources.buildkite_source.accounts]`; what it does not set is taken
            from `[sources.buildkite_source]`, but for the token.

    Raises:
        BuildkiteError: The account has no token of its own.
    """
    if not account:
        return configured(Connection)
    sections = (*SECTIONS, "accounts", account)
    connection = resolve_configuration(Connection(), sections=sections)
    connection.sections = sections
    # dlt would go on to another account's token, and load it under a wrong name.
    for name in _OF_ACCOUNT:
        setattr(connection, name, dlt.secrets.get(".".join((*sections, name))))
    if not (connection.access_token or connection.private_key):
        raise BuildkiteError(
            f"The account {account!r} has no access_token: set it in .dlt/secrets.toml below "
            f"[{'.'.join(sections)}], or in {'__'.join(sections).upper()}__ACCESS_TOKEN."
        )
    return connection
