"""What became of an action, in a sentence for people: one line, and no escape of anybody's."""

from buildkite_source.printable import one_line

from .outcome import Outcome, Status


def told(outcome: Outcome) -> str:
    """Return the sentence of an outcome."""
    return sentence(outcome, _status(outcome))


def sentence(outcome: Outcome, what: str) -> str:
    """Return a sentence that says something of an action."""
    action = outcome.action or "(no action)"
    return one_line(f"{action} {outcome.target}: {what}")


def before(outcome: Outcome) -> str:
    """Return the sentence of a key that is settled, and is not carried out again."""
    if outcome.status is Status.DONE:
        return sentence(outcome, f"{_status(outcome)} before, and not again")
    another = "give it another key to try again"
    return sentence(outcome, f"{_status(outcome)}, before: {another}")


def _status(outcome: Outcome) -> str:
    if outcome.status is Status.DRY:
        return "would be done"
    if outcome.status is Status.DONE:
        is_new = outcome.answer_number not in (None, outcome.build_number)
        made = f", #{outcome.answer_number}" if is_new else ""
        return f"done{made}"
    return f"{outcome.status}: {outcome.error}" if outcome.error else str(outcome.status)
