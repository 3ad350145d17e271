"""Letters are sent: taken one at a time, and never lost (decision 0034)."""

from farthing.usecases.mail import send_letters
from farthing.usecases.mail_ports import Mailer
from farthing.usecases.ports import Installation, SellerStore


def send_mail(installation: Installation, store: SellerStore, mailer: Mailer) -> int:
    """Send what is due, by the world's clock; how many were sent."""
    return send_letters(store, mailer, world_now=installation.world())
