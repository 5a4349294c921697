"""The way of an inventory file: planned, shown, asked about, applied. What `apply` and `import` share."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import typer

from seatkeeper.cli.asking import confirm
from seatkeeper.cli.client import Api, Document, reached, reached_to_plan
from seatkeeper.cli.documents import Format, Source
from seatkeeper.cli.failure import ExitCode, Failure, interruptible
from seatkeeper.cli.options import read_settings
from seatkeeper.cli.plans import added_up, print_plan, summary
from seatkeeper.cli.printing import print_json
from seatkeeper.cli.stepping import APPLY, PLAN, Rows, Stepped, step_through
from seatkeeper.cli.toml_rows import TomlRows

_TOLD: Final = ("position", "total", "counts", "changes", "blocks", "unblocks")
_INSTEAD: Final = "--yes, or --dry-run to change nothing"
_UNKNOWN: Final = "what was asked may or may not have been done; --dry-run shows what is left"


class Proposal(NamedTuple):
    """A file and how it is to be applied. `params` are those of the request that neither file nor step decides."""

    source: Source
    params: Mapping[str, str]
    prune: bool
    in_steps: bool
    yes: bool
    dry_run: bool
    as_json: bool
    data: Path | None
    config: Path | None

    def carry_out(self) -> None:
        """Plan, show, ask and apply. Raises Failure: 2 where nobody can be asked, 1 for a refusal or a no."""
        if self.as_json and not (self.yes or self.dry_run):
            raise Failure(ExitCode.USAGE, "With --json nobody is asked; add --yes, or --dry-run to change nothing.")
        if self.prune and self.source.format is Format.CSV:
            raise Failure(ExitCode.USAGE, "--prune needs a whole inventory, in TOML or JSON Lines; a CSV is none.")
        if self.in_steps:
            self._in_steps()
        else:
            self._at_once()

    def _at_once(self) -> None:
        with self._planning() as api:
            limits = _limits(api)
            document = self._whole(limits)
            plan = api.ask("POST", PLAN, params=self._named(), document=document, again=True)
        self._show(plan)
        self._bound(plan["weight"], limits["changes_at_once"])
        # The data directory is let go while somebody thinks; the plan's token tells what changed meanwhile.
        if plan["total"] and self._wanted(plan):
            with self._applying() as api:
                params = {**self._named(), "plan": plan["plan"]}
                applied = api.ask("POST", APPLY, params=params, document=document)
            self._conclude({**plan, **applied}, done=True)
        else:
            self._conclude(plan, done=False)

    def _in_steps(self) -> None:
        if self.source.is_input and (self.prune or not (self.yes or self.dry_run)):
            raise Failure(
                ExitCode.USAGE,
                "Standard input can be read only once: --in-steps reads a file twice to ask first, or to prune."
                " Name a file, or add --yes and prune in another run.",
            )
        rows = self._rows()
        if self.dry_run or not self.yes:
            planned = self._planned(rows)
            if not planned["total"] or not self._wanted(planned):
                self._conclude(planned, done=False)
                return
        with self._applying() as api:
            limits = _limits(api)
            pruning = self._whole(limits) if self.prune else None  # a file too large for that is told before it begins
            stepped = step_through(api, rows, self.params, limits, APPLY)
            if pruning is not None:
                pruned = api.ask("POST", APPLY, params=self._named(), document=pruning, again=True)
                stepped = Stepped(added_up((stepped.counts, pruned["counts"])), pruned["position"])
        self._conclude(_as_answer(stepped), done=True)

    def _planned(self, rows: Rows) -> dict[str, Any]:
        """What all rows come to: from one plan where one request may carry the file, else added up."""
        with self._planning() as api:
            limits = _limits(api)
            size = self.source.size()
            if self.prune or (size is not None and size <= limits["body"]):
                plan = api.ask("POST", PLAN, params=self._named(), document=self._whole(limits), again=True)
                self._show(plan)
                return dict(plan)
            stepped = step_through(api, rows, self.params, limits, PLAN)
        if stepped.stopped and not self.as_json:
            typer.echo(
                f"{stepped.stopped}\nWhat is lacking there may be added above it; so the file is planned only up to"
                " there, and the rest when it is applied."
            )
        return _as_answer(stepped)

    def _rows(self) -> Rows:
        if self.source.format is not Format.TOML:
            return self.source
        return TomlRows(self.source, read_settings(self.config, {"data": self.data}).icws.owner)

    def _whole(self, limits: Mapping[str, int]) -> Document:
        return Document(self.source.whole(limits["body"]), self.source.format.content_type)

    def _bound(self, changes: int, at_once: int) -> None:
        """Failure where these are more changes than the server makes at once; of a dry run it is only told."""
        if changes <= at_once:
            return
        sentence = (
            f"{self.source.name}: {changes:,} changes are more than are made at once: at most {at_once:,}"
            " (inventory.changes_at_once in the settings). Apply the file with --in-steps."
        )
        if not self.dry_run:
            raise Failure(ExitCode.REFUSED, sentence)
        typer.echo(sentence, err=True)

    def _wanted(self, plan: Mapping[str, Any]) -> bool:
        """Whether it is to be applied. Failure where somebody must be asked and nobody can be, or says no."""
        if self.dry_run or self.yes:
            return not self.dry_run
        typer.echo(summary(self.source.name, plan["counts"], done=False))
        confirm("Apply these changes?", instead=_INSTEAD)
        return True

    def _show(self, plan: Mapping[str, Any]) -> None:
        if not self.as_json:
            print_plan(plan)

    def _conclude(self, answer: Mapping[str, Any], *, done: bool) -> None:
        if self.as_json:
            told = {key: answer[key] for key in _TOLD if key in answer}
            print_json({"file": self.source.name, "applied": done and bool(answer["total"]), **told})
        else:
            typer.echo(summary(self.source.name, answer["counts"], done=done))

    def _named(self) -> dict[str, str]:
        return {**self.params, "file": self.source.name, "prune": str(self.prune).lower()}

    @contextmanager
    def _planning(self) -> Iterator[Api]:
        with interruptible("nothing was changed"), reached_to_plan(self.data, self.config) as api:
            yield api

    @contextmanager
    def _applying(self) -> Iterator[Api]:
        with interruptible(_UNKNOWN), reached(self.data, self.config, makes=True) as api:
            yield api


def _limits(api: Api) -> dict[str, int]:
    limits: dict[str, int] = api.ask("GET", "/inventory/limits", again=True)
    return limits


def _as_answer(stepped: Stepped) -> dict[str, Any]:
    """What steps came to, as one answer of the server would say it; without the changes, which nobody kept."""
    return {"position": stepped.position, "total": stepped.total, "counts": stepped.counts}
