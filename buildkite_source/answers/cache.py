"""Answers that are kept, because what was asked does not change."""

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from .answer import Answer


class Memory:
    """The answers that were wanted last, as many as fit; all threads share them."""

    def __init__(self, most_cells: int) -> None:
        """Begin with none.

        Args:
            most_cells: Rows times columns of all answers together.
        """
        self._most = most_cells
        self._cells = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = Lock()

    def recall(self, question: Hashable, ask: Callable[[], Answer]) -> Answer:
        """Return the answer to a question, which is asked unless it is remembered.

        Args:
            question: What tells it from all others.
            ask: Asks it.
        """
        with self._lock:
            answer = self._answers.get(question)
            if answer:
                self._answers.move_to_end(question)
        if not answer:
            answer = ask()
            self._keep(question, answer)
        # Whoever changes rows changes their own.
        return answer.but(answer.rows.copy())

    def _keep(self, question: Hashable, answer: Answer) -> None:
        with self._lock:
            # Two threads may have asked the same.
            if question not in self._answers:
                self._cells += answer.rows.size
                self._answers[question] = answer
            while self._cells > self._most:
                _, oldest = self._answers.popitem(last=False)
                self._cells -= oldest.rows.size
