"""Listen for some seconds to a broker that is not ours, and keep what devices say there."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from sera_gateway.errors import MappingUnusableError
from sera_gateway.families.saved_messages import SavedMessage

if TYPE_CHECKING:
    from pathlib import Path

_MESSAGES_MOST: Final = 1_000
_KEEPALIVE_S: Final = 30
_CONNECTS_WITHIN_S: Final = 15.0


class Listening(NamedTuple):
    """Where to listen, and by which right.

    Parameters
    ----------
    host, port
        The broker.
    topic_filter
        What is heard.
    user, password
        As the broker asks for them; empty for none.
    is_tls, trust
        Whether to speak TLS, and the certificates to trust besides the system's.
    """

    host: str
    port: int
    topic_filter: str
    user: str = ""
    password: str = ""
    is_tls: bool = False
    trust: Path | None = None


def listen(listening: Listening, seconds: float) -> list[SavedMessage]:
    """Collect the messages of some seconds; nothing is sent but the subscription, and no session stays.

    Raises
    ------
    MappingUnusableError
        The broker cannot be reached, or lets nobody in by this right.
    """
    listener = _Listener(listening.topic_filter)
    client = mqtt.Client(CallbackAPIVersion.VERSION2)
    client.on_connect, client.on_message = listener.connected, listener.on_message
    client.on_subscribe = lambda *_: listener.subscribed.set()
    if listening.user:
        client.username_pw_set(listening.user, listening.password)
    try:
        if listening.is_tls:
            client.tls_set(ca_certs=str(listening.trust) if listening.trust else None)
        client.connect(listening.host, listening.port, _KEEPALIVE_S)
    except OSError as error:
        raise MappingUnusableError(
            f"{listening.host}:{listening.port} is not reached ({error}); name a broker that runs"
        ) from error
    client.loop_start()
    try:
        if not listener.subscribed.wait(_CONNECTS_WITHIN_S) or listener.problems:
            why = listener.problems[0] if listener.problems else "no answer"
            raise MappingUnusableError(
                f"{listening.host}:{listening.port} lets nobody listen ({why}); name --user and "
                "--password-file"
            )
        listener.full.wait(seconds)
    finally:
        client.disconnect()
        client.loop_stop()
    return listener.messages


class _Listener:
    """What was heard so far, and whether the broker lets us listen."""

    def __init__(self, topic_filter: str) -> None:
        self._topic_filter = topic_filter
        self.messages: list[SavedMessage] = []
        self.problems: list[str] = []
        self.subscribed, self.full = threading.Event(), threading.Event()

    def connected(self, client: Any, _: object, __: object, code: Any, ___: object) -> None:
        if code.is_failure:
            self.problems.append(str(code))
            self.subscribed.set()
        else:
            client.subscribe(self._topic_filter)

    def on_message(self, _: object, __: object, message: Any) -> None:
        self.messages.append(SavedMessage(message.topic, message.payload))
        if len(self.messages) >= _MESSAGES_MOST:
            self.full.set()
