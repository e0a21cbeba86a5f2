"""Mails checkpoints, so that they are kept where nobody who can change the log can change them."""

import smtplib
import ssl
from collections.abc import Sequence
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

from engine.audit.settings import MailServer
from engine.errors import PointsmanError

SECONDS = 10.0


def send_checkpoint(note: str, *, log: str, size: int, server: MailServer, to: Sequence[str], at: int) -> None:
    """Hand the mail in, at the instant `at` (UTC seconds). Raises PointsmanError."""
    mail = EmailMessage()
    mail["Subject"] = f"Checkpoint of {log}: {size:,} entries"
    mail["From"] = server.user if "@" in server.user else to[0]
    mail["To"] = ", ".join(to)
    mail["Date"] = formatdate(at)
    mail["Message-ID"] = make_msgid(domain=server.host)
    mail.set_content(
        "Keep this mail. It proves, later, which entries the log had by now, and that none of them was changed:\n"
        "  pointsman audit verify EXPORT --checkpoint FILE, with the attachment as FILE.\n"
    )
    # of bytes, so that its line ends stay as they were signed
    utf_8 = {"charset": "utf-8"}
    mail.add_attachment(note.encode(), maintype="text", subtype="plain", filename="checkpoint.txt", params=utf_8)
    try:
        with _session(server) as session:
            if server.user:
                session.login(server.user, server.password)
            session.send_message(mail)
    except (OSError, smtplib.SMTPException) as error:
        raise PointsmanError(f"the checkpoint can't be mailed by way of {server.host}: {error}") from error


def _session(server: MailServer) -> smtplib.SMTP:
    """A connection, encrypted if that can be. Raises SMTPException rather than send a password over one that is not."""
    context = ssl.create_default_context()
    if server.tls:
        return smtplib.SMTP_SSL(server.host, server.port, timeout=SECONDS, context=context)
    session = smtplib.SMTP(server.host, server.port, timeout=SECONDS)
    session.ehlo_or_helo_if_needed()
    if session.has_extn("starttls"):
        session.starttls(context=context)
    elif server.user:
        session.close()
        raise smtplib.SMTPNotSupportedError("the server offers no encryption, and a password would be sent")
    return session
