"""Sandboxes are saved, forked and found again; each is a seller of its own, and all copies of one are a family."""

import difflib
import re
import secrets
from collections.abc import Sequence
from itertools import count
from uuid import UUID

from farthing.core.parties import Mode
from farthing.core.refused import Clash, Refused, Unknown
from farthing.usecases.ports import Installation, SellerStore
from farthing.usecases.sandbox_ports import ORIGINAL, Kind, Sandbox

# Letters of any script, and spaces within: a name is what people call it, such as “upgraded in March”.
_NAME = re.compile(r"\w(?:[\w .:+#/-]{0,62}\w)?")
MOST_COPIES = 1000


def family(store: SellerStore) -> Sequence[Sandbox]:
    """The sandbox that this one comes from, and all copies, saved or forked; refused for live sellers."""
    with store.transaction():
        _refuse_live(store)
        return store.sandboxes()


def this_sandbox(store: SellerStore) -> Sandbox:
    """The one whose store it is."""
    return next(sandbox for sandbox in family(store) if sandbox.seller_id == store.seller_id)


def find_sandbox(store: SellerStore, name: str) -> Sandbox:
    """The one of this name in the family."""
    known = family(store)
    found = next((sandbox for sandbox in known if sandbox.name == name.strip()), None)
    if found is None:
        names = [sandbox.name for sandbox in known]
        closest = difflib.get_close_matches(name, names, n=1)
        hint = f"did you mean “{closest[0]}”?" if closest else f"there are: {', '.join(names[:20])}."
        raise Unknown(f"There is no sandbox “{name[:64]}” here; {hint}", field="name")
    return found


def save_point(installation: Installation, store: SellerStore, *, name: str, of: str | None = None) -> Sandbox:
    """Everything as it stands now, kept under a name; it stays as it is, and the sandbox goes on.

    Without `of` it is this sandbox that is saved.
    """
    return _copy(installation, store, _named(store, of), name=name, kind=Kind.POINT)


def fork(installation: Installation, store: SellerStore, *, name: str, of: str | None = None) -> Sandbox:
    """A sandbox that goes on by itself: from what a saved point was, or from where another sandbox of the family is.

    Without `of` it is a fork of this one.
    """
    return _copy(installation, store, _named(store, of), name=name, kind=Kind.FORK)


def go_to(installation: Installation, store: SellerStore, *, name: str) -> Sandbox:
    """The sandbox of this name, to go on with. A saved point stays as it is: to go back to it is to open a copy."""
    found = find_sandbox(store, name)
    if found.kind is not Kind.POINT:
        return found
    taken = {sandbox.name for sandbox in family(store)}
    free = next(each for number in count(2) if (each := f"{found.name[:58]} {number}") not in taken)
    return _copy(installation, store, found, name=free, kind=Kind.FORK)


def _named(store: SellerStore, name: str | None) -> Sandbox:
    return this_sandbox(store) if name is None else find_sandbox(store, name)


def _copy(installation: Installation, store: SellerStore, source: Sandbox, *, name: str, kind: Kind) -> Sandbox:
    called = _name(name)
    known = family(store)  # Read.
    if called in {sandbox.name for sandbox in known}:
        raise Clash(f"There is a “{called}” already; choose another name.", field="name")
    if len(known) > MOST_COPIES:
        raise Refused(
            f"There are {MOST_COPIES:,} copies of this sandbox already; begin a new one with farthing init.",
            field="name",
        )
    original = installation.for_seller(source.seller_id)
    copy_id = UUID(bytes=secrets.token_bytes(16))
    with original.to_be_copied():  # Write.
        world = installation.world()
        stands_at = source.stands_at if source.kind is Kind.POINT else original.seller().now(world)
        assert stands_at is not None, f"{source.name} was copied at some time"
        original.copy_sandbox(copy_id, name=called, kind=kind, stands_at=stands_at, copied_at=world)
    return find_sandbox(store, called)


def _name(written: str) -> str:
    name = written.strip()
    if not _NAME.fullmatch(name):
        raise Refused(
            f"“{written[:64]}” cannot be a sandbox's name: use up to 64 letters, digits, spaces and . _ : + # / - and "
            "begin and end with a letter or digit.",
            field="name",
        )
    if name == ORIGINAL:
        raise Clash(f"“{ORIGINAL}” is the sandbox that the others come from; choose another name.", field="name")
    return name


def _refuse_live(store: SellerStore) -> None:
    if store.seller().mode is not Mode.SANDBOX:
        raise Refused("This seller is live: only a sandbox is saved, forked and compared; farthing init makes one.")
