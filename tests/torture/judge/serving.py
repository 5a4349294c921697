"""How long nobody was served, fault by fault."""

from bisect import bisect_left
from collections import defaultdict
from itertools import pairwise

from tests.torture.judge.findings import Verdict
from tests.torture.log import Fault, Operation


class Serving:
    """When requests were answered well, by any node and by each."""

    def __init__(self, verdict: Verdict) -> None:
        self._verdict = verdict
        self._answers: dict[int, list[int]] = defaultdict(list)

    def answered(self, entry: Operation) -> None:
        """Somebody was answered. Moments come in the order of time."""
        if entry.received is not None and entry.status is not None and 200 <= entry.status < 300:
            self._answers[0].append(entry.received)
            if entry.node:
                self._answers[entry.node].append(entry.received)

    def faulted(self, fault: Fault) -> None:
        """A fault is over, and clients have gone on for a while."""
        verdict = self._verdict
        verdict.faults[fault.kind] += 1
        verdict.unserved[fault.kind] = max(verdict.unserved.get(fault.kind, 0), self._longest(0, fault))
        nodes = [fault.node] if fault.node else [node for node in self._answers if node]
        longest = max((self._longest(node, fault) for node in nodes), default=0)
        verdict.node_unserved[fault.kind] = max(verdict.node_unserved.get(fault.kind, 0), longest)

    def _longest(self, node: int, fault: Fault) -> int:
        answers = self._answers[node]
        first = bisect_left(answers, fault.began)
        times = [answers[first - 1] if first else fault.began, *answers[first:], fault.received]
        return max((after - before for before, after in pairwise(times)), default=0)
