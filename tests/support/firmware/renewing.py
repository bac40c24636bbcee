"""A contact that speaks with a gateway of the test's own about certificates; for both interpreters."""

from sera_firmware import atomic_file, lazy_modules

# Phases, as `renewal.choose` numbers them.
SETTLED, TRIAL, RETURNED = 0, 1, 2
CERT = "MIIB" + "Q" * 600
KEY = "MHcC" + "A" * 160


def renewal() -> object:
    """The module as it is loaded now: any lazy call unloads it."""
    return lazy_modules.load("renewal")


def broker(generation: int = 1) -> dict:
    """The broker as config.json has it."""
    tls = {"ca": "ca.der", "cert": "node.der", "key": "node_key.der"}
    return {"host": "broker", "port": 1, "client_id": "id-1", "generation": generation, "tls": tls}


def order(generation: int, **changes: object) -> dict:
    """The answer that brings a certificate."""
    answer = {
        "v": 1,
        "g": "gateway-1",
        "generation": generation,
        "mqtt_id": "id-%d" % generation,
        "good_until_s": 2000000000 + generation,
        "cert_der": CERT,
        "key_der": KEY,
    }
    answer.update(changes)
    return answer


class Settings:
    """What `renewal.choose` sees of a node's settings."""

    def __init__(self, folder: str, generation: int = 1) -> None:
        self.path = folder + "settings.json"
        self.values = {"broker": broker(generation)}


class Contact:
    """What `renewal.converse` sees of a contact; the answers are those that the test names."""

    def __init__(self, folder: str, ordered: int = 0, answers: tuple = ()) -> None:
        self.slot = renewal().choose(Settings(folder))
        self.credentials = {"v": 1, "g": "gateway-1", "generation": ordered} if ordered else None
        self.messages = []
        self._answers = list(answers)

    def tell(self, state: str, **more: int) -> None:
        self.messages.append((state, more))

    def has_time(self) -> bool:
        return bool(self._answers)

    def listen(self, timeout_ms: int) -> bool:
        self.credentials = self._answers.pop(0)
        return True

    def let_in(self) -> "Contact":
        """The broker lets it in."""
        if self.slot[3]:
            renewal().opened(self.slot)
        return self

    def speak(self) -> "Contact":
        """Exchange messages about certificates, as a contact does once the records are sent."""
        if self.slot[3] or self.credentials:
            renewal().converse(self)
        return self


def take(folder: str, generation: int) -> None:
    """A contact in which the certificate comes."""
    Contact(folder, generation, (order(generation),)).let_in().speak()


def confirm(folder: str, generation: int) -> Contact:
    """A contact with the one on trial, which the gateway confirms."""
    answer = {"v": 1, "g": "gateway-1", "generation": generation, "confirmed": True}
    return Contact(folder, generation, (answer,)).let_in().speak()


def used(folder: str) -> tuple:
    """What a contact would use now: generation, client id, phase, refused generation."""
    number, client_id, tls, phase, status, _ = renewal().choose(Settings(folder))
    assert status["certificate"] == number
    if number > 1:
        text = atomic_file.read(tls["cert"]).decode().split("-----")
        assert text[2].replace("\n", "") == CERT
        assert text[6].replace("\n", "") == KEY
        assert tls["key"] == tls["cert"]
    return number, client_id, phase, status.get("certificate_refused", 0)
