"""What may be asked of Buildkite: a section of its own, of which nothing is looked for above."""

import re
from typing import Any

import dlt
from dlt.common.configuration import configspec
from dlt.common.configuration.exceptions import ConfigValueCannotBeCoercedException
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.typing import TSecretStrValue

from buildkite_source.client import Credential, credential_of
from buildkite_source.defaults import SECTIONS

from .theme import SettingError

ACTIONS_SECTIONS = (*SECTIONS, "actions")


@configspec
class Acting(BaseConfiguration):
    """What may be asked of Buildkite, beside reading it; see docs/actions.md.

    These stand in a section of their own, and nothing of them is taken from the sections above:
    neither the token that reads, nor the pipelines that are read.

    Attributes:
        access_token: token that actions are sent with, and nothing else; a secret
        pipelines: what may be acted on: `acme/web`, or `acme/*` for every pipeline of acme, its
            agents and new pipelines; nothing by default
        actions: which actions may be carried out, by name; none by default
        max_in_run: most actions carried out in one run
        max_an_hour: most actions carried out in an hour
        max_per_build: most actions ever carried out on one build
    """

    access_token: TSecretStrValue | None = None
    pipelines: list[str] | None = None
    actions: list[str] | None = None
    max_in_run: int = 20
    max_an_hour: int = 60
    max_per_build: int = 5

    def check(self) -> None:
        """Refuse what would allow nothing, or something else than is meant.

        Raises:
            SettingError: Its text names the setting.
        """
        for one in self.pipelines or ():
            if not re.fullmatch(r"[^/\s]+/[^/\s]+", str(one)):
                raise SettingError(
                    f"The setting {'.'.join(ACTIONS_SECTIONS)}.pipelines has {one!r}; it takes "
                    "acme/web, or acme/* for all that belongs to acme."
                )

    def credential(self) -> Credential:
        """Return what actions are sent with.

        Raises:
            SettingError: There is none; the reading token does not stand in for it.
            BuildkiteError: It cannot be used.
        """
        if not (self.access_token or "").strip():
            raise SettingError(
                "Actions need a token of their own, which reading never uses: create one with "
                "write scopes, such as write_builds, and set access_token below "
                f"[{'.'.join(ACTIONS_SECTIONS)}] in .dlt/secrets.toml, or "
                f"{'__'.join(ACTIONS_SECTIONS).upper()}__ACCESS_TOKEN. See docs/actions.md."
            )
        return credential_of(self.access_token, None, None, ACTIONS_SECTIONS)


def acting() -> Acting:
    """Return the configured settings of actions.

    Raises:
        SettingError: One of them cannot be used; the text names it.
    """
    found = Acting()
    for name in found.get_resolvable_fields():
        # dlt would go on to the sections above: the reading token would become one that writes.
        place = ".".join((*ACTIONS_SECTIONS, name))
        kind = int if name.startswith("max_") else list
        try:
            if name == "access_token":
                value: Any = dlt.secrets.get(place, str)
            else:
                value = dlt.config.get(place, kind)
        except (ConfigValueCannotBeCoercedException, ValueError):
            form = "a number" if kind is int else 'a list, such as ["rebuild"]'
            raise SettingError(f"The setting {place} must be {form}.") from None
        if value is not None:
            setattr(found, name, value)
    found.check()
    return found
