"""Stories are played from files and folders and reported one by one, as a test runner does."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.core.refused import Refused
from farthing.settings import Settings, SlackMode, is_initialised, load
from farthing.wiring import Wired, initialise, world_now
from farthing_rehearsal.clock import HeldClock
from farthing_rehearsal.story.junit import write_junit
from farthing_rehearsal.story.play import Failure, play_story
from farthing_rehearsal.story.played import Played
from farthing_rehearsal.story.script import Cue, Script, catalogue_cue, read_script
from farthing_rehearsal.story.stage import BEGINNING, new_seller_id, set_stage

Say = Callable[[str], None]


def play_files(
    places: Sequence[Path],
    *,
    home: Path,
    say: Say,
    verbose: bool = False,
    catalogue: Path | None = None,
    junit: Path | None = None,
) -> bool:
    """Play each file, and those of each folder, and say how it went; whether all of them went as they say.

    `catalogue` is what stories stand on that name none. A story that cannot be read fails, and the others are played.
    """
    files = list(_files(places))
    if catalogue is not None and not catalogue.is_file():
        raise Refused(f"There is no file {catalogue}; check the path.")
    prepare_stage(home, say=say)
    clock = HeldClock(BEGINNING)
    played: list[Played] = []
    with Wired(load(home), world_clock=clock, small_database=True) as wired:
        for file in files:
            played.append(_play_file(file, wired, clock, say=say, verbose=verbose, catalogue=catalogue))
    failed = [one for one in played if not one.passed]
    seconds = sum(one.seconds for one in played)
    say(f"{len(played) - len(failed)} passed, {len(failed)} failed in {seconds:.1f} s")
    if junit is not None:
        write_junit(junit, played)
    return not failed


def _play_file(
    file: Path, wired: Wired, clock: HeldClock, *, say: Say, verbose: bool, catalogue: Path | None
) -> Played:
    began = time.monotonic()
    try:
        script = _read(file)
    except Refused as refusal:
        say(f"FAIL  {refusal.sentence}")
        return Played(file, file.stem, 0, time.monotonic() - began, unreadable=refusal.sentence)
    if catalogue is not None and not script.names_a_catalogue:
        stands_on = catalogue_cue(
            str(catalogue.absolute()), number=0, text=f"--catalog {catalogue}", at=script.cues[0].at
        )
        script = replace(script, cues=(stands_on, *script.cues))
    failure = play_one(script, wired, clock, say=say, verbose=verbose)
    return Played(file, script.title or file.stem, len(script.cues), time.monotonic() - began, failure=failure)


def play_one(script: Script, wired: Wired, clock: HeldClock, *, say: Say, verbose: bool = False) -> Failure | None:
    """Play one story on a stage of its own; where it went another way."""

    def heard(cue: Cue) -> None:
        if verbose:
            say(f"  {cue.number:>4}  {cue.text}")

    with set_stage(wired, clock) as stage:
        failure = play_story(script, stage, heard=heard)
    titled = f"  {script.title}" if script.title else ""
    say(f"pass  {script.name}  ({len(script.cues)} lines){titled}" if failure is None else f"FAIL  {failure}")
    return failure


def prepare_stage(home: Path, *, say: Say) -> None:
    """The stage's own installation, made once."""
    if not is_initialised(home):
        say(f"Building a stage in {home}")
        seller = Seller(
            seller_id=new_seller_id(),
            name="Stage",
            mode=Mode.SANDBOX,
            entity=LegalEntity("main", "Stage", in_zone="UTC", number_prefix="ST"),
        )
        initialise(Settings(home=home, slack_mode=SlackMode.OFF), seller, now=world_now(), small_database=True)


def _files(places: Sequence[Path]) -> Iterator[Path]:
    """The files that were named, and every story of the folders that were."""
    for place in places:
        if not place.exists():
            raise Refused(f"There is no file {place}; check the path.")
        if not place.is_dir():
            yield place
            continue
        found = sorted(place.rglob("*.story"))
        if not found:
            raise Refused(f"There is no story in {place}; their files end in .story.")
        yield from found


def _read(file: Path) -> Script:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(f"{file} cannot be read as text: {fault}.") from None
    return read_script(text, name=file.name, folder=file.parent)
