"""Where messages go and when they are worth sending: settings of `report --post`."""

from dlt.common.configuration import configspec, resolve_configuration
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from buildkite_source.defaults import SECTIONS

from .theme import SettingError

# Of dlt's configuration.
POSTING_SECTIONS = (*SECTIONS, "posting")


@configspec
class Posting(BaseConfiguration):
    """Below `[sources.buildkite_source.posting]`; see docs/posting.md.

    Attributes:
        slack_url: address of an incoming webhook of Slack; a secret
        teams_url: address of a Teams workflow that takes webhook requests; a secret
        discord_url: address of a webhook of Discord; a secret
        webhook_url: address that takes the report as JSON, by POST; a secret
        email_url: account and recipients, as apprise writes them, such as
            `mailtos://user:password@example.com?to=ci@example.com`; a secret
        annotate: build that `annotation` is put on, as ORGANIZATION/PIPELINE/NUMBER; by default
            the one whose job this runs in
        page_url: address of the full report, which messages link to
        red_below: success rate, from 0 to 1, below which `--when red` posts; main being red is
            enough by itself
        timeout_seconds: how long to wait for a connection, and as long for the whole answer
    """

    slack_url: TSecretStrValue | None = None
    teams_url: TSecretStrValue | None = None
    discord_url: TSecretStrValue | None = None
    webhook_url: TSecretStrValue | None = None
    email_url: TSecretStrValue | None = None
    annotate: str | None = None
    page_url: str | None = None
    red_below: float = 0.8
    timeout_seconds: float = 20.0

    @property
    def secrets(self) -> list[str]:
        """What is never to be said."""
        urls = (self.slack_url, self.teams_url, self.discord_url, self.webhook_url, self.email_url)
        return [url.strip() for url in urls if url and url.strip()]

    def check(self) -> None:
        """Refuse what would fail later, and less clearly.

        Raises:
            SettingError: Its text names the setting.
        """
        if not 0 <= self.red_below <= 1:
            raise SettingError(f"The setting red_below goes from 0 to 1, unlike {self.red_below}.")
        if self.timeout_seconds <= 0:
            raise SettingError("The setting timeout_seconds must be above 0.")
        if self.page_url and not self.page_url.startswith(("https://", "http://")):
            raise SettingError("The setting page_url must begin with https://.")


def posting_settings() -> Posting:
    """Return the settings as they are configured.

    Raises:
        SettingError: One of them cannot be used.
    """
    settings = resolve_configuration(Posting(), sections=POSTING_SECTIONS)
    settings.check()
    return settings
