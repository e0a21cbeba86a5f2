"""A long request that is told to end while it is answered."""

from api.http.serving.ending import Ending


class EndsAfter(Ending):
    """Has a reason to end from the so-many-th look at it on."""

    def __init__(self, looks):
        super().__init__()
        self.looks = looks

    def verify_going_on(self):
        self.looks -= 1
        if self.looks < 0:
            self.reason = "the service is stopping"
        super().verify_going_on()
