"""The words of the page about a parcel, by language."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from engine.model.tracking import TrackingState


@dataclass(frozen=True, slots=True, kw_only=True)
class PageWords:
    """Of one language. `months` and `weekdays` begin with January and Monday; `steps` are those of the bar."""

    title: str
    language: str
    parcel: str
    carrier: str
    states: Mapping[TrackingState, str]
    hints: Mapping[TrackingState, str]
    steps: tuple[str, str, str, str]
    pick_up: str
    since: str
    on: str
    expected: str
    was_expected: str
    going_to: str
    of_several: str
    history: str
    no_history: str
    done: str
    now: str
    times: str
    not_found: str
    not_found_hint: str
    too_many: str
    too_many_hint: str
    weekdays: tuple[str, ...]
    months: tuple[str, ...]
    date: str
    moment: str

    def day(self, moment: datetime.datetime) -> str:
        """Friday 27 November."""
        return self.date.format(
            weekday=self.weekdays[moment.weekday()], day=moment.day, month=self.months[moment.month - 1]
        )

    def instant(self, moment: datetime.datetime) -> str:
        """Friday 27 November, 16:40."""
        return self.moment.format(date=self.day(moment), time=f"{moment:%H:%M}")


_ENGLISH = PageWords(
    title="Track your parcel",
    language="English",
    parcel="Parcel {number}",
    carrier="carried by {carrier}",
    states={
        "pending": "Your parcel is being prepared",
        "info_received": "Announced to the carrier",
        "in_transit": "On its way",
        "out_for_delivery": "Out for delivery",
        "attempt_fail": "Delivery was attempted",
        "available_for_pickup": "Ready for pick-up",
        "exception": "Held up on its way",
        "expired": "No news for some time",
        "returned": "On its way back to the sender",
        "delivered": "Delivered",
    },
    hints={
        "pending": "The carrier has not said anything of it yet. Come back in a few hours.",
        "info_received": "The carrier expects your parcel and will say when it has it.",
        "attempt_fail": "Nobody could take it. The carrier will try again, or say where you can collect it.",
        "available_for_pickup": "Bring the carrier's message and a proof of identity.",
        "exception": "Something is in the way of the delivery. The carrier is dealing with it.",
        "expired": "The carrier has not said anything for long. Please ask the shop where you ordered.",
        "returned": "Please ask the shop where you ordered.",
    },
    steps=("Announced", "On its way", "Out for delivery", "Delivered"),
    pick_up="Ready for pick-up",
    since="since {instant}",
    on="on {instant}",
    expected="Arrives by {instant}",
    was_expected="It was to arrive by {instant}. It is late, and we are sorry.",
    going_to="To {town}",
    of_several="Parcel {number} of {of} of this shipment",
    history="What has happened",
    no_history="Nothing yet.",
    done="done",
    now="now",
    times="Times are those of {zone}.",
    not_found="We know of no parcel with this number",
    not_found_hint="Check the number. A parcel that was packed just now is shown in a few minutes.",
    too_many="Too many look-ups",
    too_many_hint="Please wait a minute, and try again.",
    weekdays=("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    months=(
        *("January", "February", "March", "April", "May", "June", "July"),
        *("August", "September", "October", "November", "December"),
    ),
    date="{weekday} {day} {month}",
    moment="{date}, {time}",
)
_FRENCH = PageWords(
    title="Suivre votre colis",
    language="Français",
    parcel="Colis {number}",
    carrier="transporté par {carrier}",
    states={
        "pending": "Votre colis est en préparation",
        "info_received": "Annoncé au transporteur",
        "in_transit": "En route",
        "out_for_delivery": "En cours de livraison",
        "attempt_fail": "La livraison a été tentée",
        "available_for_pickup": "Prêt à être retiré",
        "exception": "Retenu en chemin",
        "expired": "Sans nouvelles depuis un moment",
        "returned": "En retour vers l’expéditeur",
        "delivered": "Livré",
    },
    hints={
        "pending": "Le transporteur n’a encore rien dit de ce colis. Revenez dans quelques heures.",
        "info_received": "Le transporteur attend votre colis et dira quand il l’aura.",
        "attempt_fail": "Personne n’a pu le recevoir. Le transporteur réessaiera, ou dira où le retirer.",
        "available_for_pickup": "Munissez-vous du message du transporteur et d’une pièce d’identité.",
        "exception": "Quelque chose empêche la livraison. Le transporteur s’en occupe.",
        "expired": "Le transporteur n’a rien dit depuis longtemps. Adressez-vous à la boutique où vous avez commandé.",
        "returned": "Adressez-vous à la boutique où vous avez commandé.",
    },
    steps=("Annoncé", "En route", "En livraison", "Livré"),
    pick_up="Prêt au retrait",
    since="depuis le {instant}",
    on="le {instant}",
    expected="Arrive au plus tard le {instant}",
    was_expected="Il devait arriver au plus tard le {instant}. Il est en retard, et nous en sommes désolés.",
    going_to="Vers {town}",
    of_several="Colis {number} sur {of} de cet envoi",
    history="Ce qui s’est passé",
    no_history="Rien encore.",
    done="fait",
    now="en cours",
    times="Les heures sont celles de {zone}.",
    not_found="Nous ne connaissons aucun colis à ce numéro",
    not_found_hint="Vérifiez le numéro. Un colis qui vient d’être emballé est visible dans quelques minutes.",
    too_many="Trop de recherches",
    too_many_hint="Patientez une minute, puis réessayez.",
    weekdays=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
    months=(
        *("janvier", "février", "mars", "avril", "mai", "juin", "juillet"),
        *("août", "septembre", "octobre", "novembre", "décembre"),
    ),
    date="{weekday} {day} {month}",
    moment="{date} à {time}",
)
WORDS: Final[Mapping[str, PageWords]] = {"en": _ENGLISH, "fr": _FRENCH}
