"""Stories are played from files and reported line by line, as a test runner does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from farthing.core.invoicing.invoice import LegalEntity
from farthing.core.parties import Mode, Seller
from farthing.core.refused import Refused
from farthing.settings import Settings, SlackMode, is_initialised, load
from farthing.wiring import Wired, initialise, world_now
from farthing_rehearsal.clock import HeldClock
from farthing_rehearsal.story.play import play_story
from farthing_rehearsal.story.script import Cue, Script, read_script
from farthing_rehearsal.story.stage import BEGINNING, new_seller_id, set_stage

Say = Callable[[str], None]


def play_files(files: Sequence[Path], *, home: Path, say: Say, verbose: bool = False) -> bool:
    """Play each file and say how it went; whether all of them went as they say."""
    scripts = [_read(file) for file in files]
    prepare_stage(home, say=say)
    clock = HeldClock(BEGINNING)
    failed = 0
    with Wired(load(home), world_clock=clock, small_database=True) as wired:
        for script in scripts:
            failed += not play_one(script, wired, clock, say=say, verbose=verbose)
    say(f"{len(scripts) - failed} passed, {failed} failed")
    return failed == 0


def play_one(script: Script, wired: Wired, clock: HeldClock, *, say: Say, verbose: bool = False) -> bool:
    """Play one story on a stage of its own."""

    def heard(cue: Cue) -> None:
        if verbose:
            say(f"  {cue.number:>4}  {cue.text}")

    with set_stage(wired, clock) as stage:
        failure = play_story(script, stage, heard=heard)
    say(f"pass  {script.name}  ({len(script.cues)} lines)" if failure is None else f"FAIL  {failure}")
    return failure is None


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


def _read(file: Path) -> Script:
    try:
        text = file.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise Refused(f"There is no file {file}; check the path.") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise Refused(f"{file} cannot be read as text: {fault}.") from None
    return read_script(text, name=file.name, folder=file.parent)
