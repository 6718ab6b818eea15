"""`report --post annotation`: a build annotation, by the actions, which do each key once."""

import os
import re
from argparse import Namespace
from functools import partial
from hashlib import sha256

from buildkite_source.digest import Digest
from buildkite_source.posting import Message, Place, PostError, Posting
from buildkite_source.posting.forms import markdown
from buildkite_source.settings import SettingError, acting, connection_of

from .acting import actor_for
from .console import Voice

_CONTEXT = "buildkite-report"
# A job tells its build: https://buildkite.com/docs/pipelines/configure/environment-variables
_OF_JOB = ("BUILDKITE_ORGANIZATION_SLUG", "BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_NUMBER")
_BUILD = re.compile(r"([^/\s]+)/([^/\s]+)/([0-9]+)")


def build_to_annotate(settings: Posting) -> tuple[str, str, int]:
    """Return organization, pipeline and number of the build that is to be annotated.

    Raises:
        SettingError: None is set, and this runs in no job; or what is set is no build.
    """
    of_job = [os.environ.get(name, "") for name in _OF_JOB]
    named = settings.annotate or ("/".join(of_job) if all(of_job) else "")
    if not named:
        raise SettingError(
            "Posting an annotation needs a build: set annotate = "
            '"ORGANIZATION/PIPELINE/NUMBER" below [sources.buildkite_source.posting], or run '
            "this in a Buildkite job, which is annotated itself."
        )
    match = _BUILD.fullmatch(named.strip())
    if not match:
        raise SettingError(
            f"The setting annotate must be ORGANIZATION/PIPELINE/NUMBER, unlike {named!r}."
        )
    return match[1], match[2], int(match[3])


def annotation(
    chosen: Namespace, settings: Posting, digest: Digest, message: Message, voice: Voice
) -> Place:
    """Return the place of a build annotation; another one of its context is replaced.

    Args:
        chosen: The arguments, with the pipeline whose table `actions` takes note.
        settings: With the build.
        digest: Whose spans tell one annotation from another.
        message: What it says.
        voice: Tells of waits.

    Raises:
        SettingError: See `build_to_annotate`.
    """
    organization, pipeline, number = build_to_annotate(settings)
    name = f"annotation on {organization}/{pipeline} #{number}"
    body = markdown(message)
    spans = [f"{one.organization} {one.since} {one.until} {one.as_of}" for one in digest.looked]
    of = "\n".join([name, *spans, *digest.scope.pipelines])
    row = {
        "key": f"report/{sha256(of.encode()).hexdigest()[:20]}",
        "action": "annotate",
        "organization": organization,
        "pipeline": pipeline,
        "number": number,
        "context": _CONTEXT,
        "style": "error" if digest.figures["main_red_now"] else "info",
        "body": body,
    }

    def put(*, dry: bool) -> str | None:
        with actor_for(chosen, connection_of(), acting(), voice) as actor:
            (outcome,) = actor.perform([row], dry=dry)
        if outcome.went_wrong:
            raise PostError(outcome.told)
        return "the build has this report of this data already" if outcome.was_before else None

    return Place(name, name, body, partial(put, dry=False), partial(put, dry=True))
