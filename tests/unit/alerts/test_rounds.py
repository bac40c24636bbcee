"""A round decides what is told to whom; delivery groups, retries, and keeps passwords to itself."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from fleet.receivers import mail_server, web_server
from sera_alerts.channels import Channel, read_addresses, read_channels
from sera_alerts.delivery import deliver
from sera_alerts.errors import ChannelsUnusableError
from sera_alerts.messages import Message
from sera_alerts.rounds import PAUSE_S, deliver_due, look
from sera_quality.installation import InstallationFacts
from sera_store.alert_book import AlertBook, Silence, open_book
from sera_store.fleet.node_facts import NodeState
from sera_vocabulary.alert_rules import INSTALLATION
from sera_vocabulary.alerts import HOST, STEWARD

if TYPE_CHECKING:
    from collections.abc import Iterator

NOW_S, HOUR_S, DAY_S = 1_780_000_000, 3600, 86_400
ALL = Channel("all", "all.addresses")
WELL = NodeState(
    "elm-1", "yard-1", "Yard 1", "oak", "none", "", NOW_S - 90 * DAY_S, heard_s=NOW_S, contact_s=HOUR_S
)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[AlertBook]:
    with open_book(tmp_path / "alerts") as opened:
        yield opened


def silent(node: str, at_s: int, hours: float = 13) -> NodeState:
    """A node that has not come for some hours."""
    return replace(WELL, node=node, heard_s=at_s - round(hours * HOUR_S))


def well(node: str, at_s: int) -> NodeState:
    """A node that has just come."""
    return replace(WELL, node=node, heard_s=at_s)


class Post:
    """Stands in for the network: keeps what is sent, and fails while it is told to."""

    def __init__(self) -> None:
        self.problem = ""
        self.tries: list[int] = []
        self.messages: list[tuple[str, Message]] = []
        self.at_s = NOW_S

    def __call__(self, channel: Channel, message: Message) -> str:
        self.tries.append(self.at_s)
        if not self.problem:
            self.messages.append((channel.name, message))
        return self.problem


def turn(book: AlertBook, post: Post, fleet: list[NodeState], at_s: int, *channels: Channel) -> None:
    """Look once, and deliver what is due."""
    post.at_s = at_s
    look(book, fleet, channels or (ALL,), at_s)
    deliver_due(book, channels or (ALL,), post, at_s, "Sera")


def test_many_nodes_that_fall_silent_together_are_one_message(book: AlertBook) -> None:
    post = Post()
    turn(book, post, [silent(f"elm-{number}", NOW_S) for number in range(30)], NOW_S)
    [(_, message)] = post.messages
    assert message.title == "Sera: 30 URGENT"
    assert message.body.count("URGENT: a node does not come any more") == 1
    assert "  elm-1 in yard-1: " in message.body
    assert "and 22 more; `sera fleet` shows all" in message.body
    assert "- sera fleet" in message.body


def test_it_is_told_once_also_after_a_restart_and_then_that_it_is_well_again(tmp_path: Path) -> None:
    post = Post()
    for step in range(6):
        with open_book(tmp_path / "alerts") as book:
            turn(book, post, [silent("elm-1", NOW_S + step * HOUR_S)], NOW_S + step * HOUR_S)
    for step in range(6, 20):
        with open_book(tmp_path / "alerts") as book:
            turn(book, post, [well("elm-1", NOW_S + step * HOUR_S)], NOW_S + step * HOUR_S)
    assert [message.title for _, message in post.messages] == ["Sera: 1 URGENT", "Sera: 1 well again"]
    assert "elm-1 in yard-1" in post.messages[1][1].body


@pytest.mark.slow
def test_a_day_in_which_forty_nodes_flap_sends_few_messages(book: AlertBook) -> None:
    post = Post()
    for step in range(24 * 6):
        at_s = NOW_S + step * 600
        # Each in a rhythm of its own, of half an hour to ten hours.
        fleet = [
            (silent if step // (3 + number % 57) % 2 else well)(f"elm-{number}", at_s) for number in range(40)
        ]
        turn(book, post, fleet, at_s)
    assert 1 <= len(post.messages) <= 16
    count = sum(message.body.count(" in yard-1: ") for _, message in post.messages)
    assert count <= 3 * 40


def test_a_channel_that_fails_is_tried_again_later_and_later(
    book: AlertBook,
) -> None:
    post = Post()
    post.problem = "address 1 (mailto) did not take it"
    for minute in range(120):
        turn(book, post, [silent("elm-1", NOW_S + minute * 60)], NOW_S + minute * 60)
    assert [at_s - NOW_S for at_s in post.tries] == [0, 60, 360, 1260, 4860]
    state = book.channels()["all"]
    assert (state.attempts, state.problem, state.delivered_s) == (5, post.problem, None)
    post.problem = ""
    at_s = state.next_s
    turn(book, post, [silent("elm-1", at_s), silent("elm-2", at_s)], at_s)
    assert [message.title for _, message in post.messages] == ["Sera: 2 URGENT"]
    assert book.notices() == []
    assert book.channels()["all"].problem == ""


def test_what_was_over_before_anybody_could_be_told_is_not_told(book: AlertBook) -> None:
    post = Post()
    post.problem = "no network"
    for hour in range(2):
        turn(book, post, [silent("elm-1", NOW_S + hour * HOUR_S)], NOW_S + hour * HOUR_S)
    for hour in range(2, 20):
        turn(book, post, [well("elm-1", NOW_S + hour * HOUR_S)], NOW_S + hour * HOUR_S)
    post.problem = ""
    turn(book, post, [well("elm-1", NOW_S + DAY_S)], NOW_S + DAY_S)
    assert post.messages == []
    assert book.notices() == []


def test_what_comes_soon_after_a_message_is_told_with_the_next_one(book: AlertBook) -> None:
    post = Post()
    for minute in range(0, 60, 5):
        fleet = [silent(f"elm-{number}", NOW_S + minute * 60) for number in range(1 + minute)]
        turn(book, post, fleet, NOW_S + minute * 60)
    assert post.tries == [NOW_S, NOW_S + PAUSE_S, NOW_S + 3 * PAUSE_S]


def test_each_channel_has_what_is_for_its_receivers(book: AlertBook) -> None:
    post = Post()
    hosts, stewards = Channel("hosts", "x", (HOST,)), Channel("stewards", "x", (STEWARD,), urgent_only=True)
    stuck = replace(WELL, still_s={"air_temperature": 30 * HOUR_S})
    looked_at = silent("elm-2", NOW_S, 4)
    turn(book, post, [stuck, looked_at, silent("elm-3", NOW_S)], NOW_S, hosts, stewards)
    bodies = dict(post.messages)
    assert "the very same number" in bodies["hosts"].body
    assert "elm-3" not in bodies["hosts"].body
    assert "elm-3" in bodies["stewards"].body
    assert "elm-2" not in bodies["stewards"].body


def test_a_silence_of_a_garden_holds_for_its_nodes_and_ends(book: AlertBook) -> None:
    post = Post()
    book.put_silences([Silence("yard-1", "", NOW_S + 3 * HOUR_S, "holiday")])
    for hour in range(5):
        turn(book, post, [silent("elm-1", NOW_S + hour * HOUR_S)], NOW_S + hour * HOUR_S)
    assert post.tries == [NOW_S + 3 * HOUR_S]


def test_the_installation_itself_is_told_of_and_silenced_apart(book: AlertBook) -> None:
    post = Post()
    facts = InstallationFacts(free_mib=20, backup_days=0.1)
    look(book, [well("elm-1", NOW_S)], (ALL,), NOW_S, facts)
    deliver_due(book, (ALL,), post, NOW_S, "Sera")
    [(_, message)] = post.messages
    assert message.title == "Sera: 1 URGENT"
    assert "  this installation: 20 MiB free on the disk (since" in message.body
    assert "- sera journal pack" in message.body
    later_s = NOW_S + DAY_S
    look(book, [well("elm-1", later_s)], (ALL,), later_s, InstallationFacts(free_mib=9_000, backup_days=0.1))
    later_s += 2 * HOUR_S
    look(book, [well("elm-1", later_s)], (ALL,), later_s, InstallationFacts(free_mib=9_000, backup_days=0.1))
    deliver_due(book, (ALL,), post, later_s, "Sera")
    assert post.messages[-1][1].title == "Sera: 1 well again"
    book.put_silences([Silence(INSTALLATION, "", later_s + DAY_S)])
    assert look(book, [], (ALL,), later_s + HOUR_S, facts) == []


@pytest.mark.slow
def test_mail_and_web_server_have_the_message() -> None:
    message = Message("Sera: 1 URGENT", "elm-1 in yard-1: grüße\n")
    with mail_server() as mails, web_server() as web:
        mail = f"mailto://localhost:{mails.port}?from=sera@garden.org&to=steward@garden.org&mode=insecure"
        assert deliver(message, [mail, f"json://127.0.0.1:{web.port}/hook"]) == ""
        [received] = mails.mails
        assert "steward@garden.org" in received.receivers[0]
        assert "Sera" in received.text
        [post] = web.posts
        assert b"elm-1 in yard-1" in post


def test_what_is_not_taken_is_said_by_number_and_kind_alone(
    capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with web_server() as web:
        web.is_refusing = True
        addresses = [f"json://anna:s3cret@127.0.0.1:{web.port}/hook", "nonsense://s3cret@x", "s3cret"]
        problem = deliver(Message("title", "body"), addresses)
    assert problem.split("; ") == [
        "address 1 (json) did not take it",
        "address 2 is none that is known",
        "address 3 is none that is known",
    ]
    output = capsys.readouterr()
    assert "s3cret" not in output.out + output.err + caplog.text


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("channel = 3", "Expected `array`"),
        ('[[channel]]\nname = "X"\naddresses_file = "a"', "name 'X' is not possible"),
        ('[[channel]]\nname = "all"\naddresses_file = "a"\nreceivers = ["cat"]', "steward, host"),
        ('[[channel]]\nname = "all"\naddress = "json://secret"', "unknown field `address`"),
        ("[[channel", "see docs/how-to/alerts.md"),
    ],
)
def test_a_file_of_channels_that_is_wrong_says_where_and_what_is_expected(
    tmp_path: Path, text: str, expected: str
) -> None:
    path = tmp_path / "alerts.toml"
    path.write_text(text)
    with pytest.raises(ChannelsUnusableError) as caught:
        read_channels(path)
    assert expected in str(caught.value)
    assert "alerts.toml" in str(caught.value)


def test_a_file_of_addresses_is_for_its_owner_alone(tmp_path: Path) -> None:
    path, file = tmp_path / "alerts.toml", tmp_path / "all.addresses"
    assert read_channels(path) == ()
    with pytest.raises(ChannelsUnusableError, match="cannot be read"):
        read_addresses(path, ALL)
    file.write_text("# ours\njson://anna:s3cret@127.0.0.1/\n")
    file.chmod(0o644)
    with pytest.raises(ChannelsUnusableError, match="chmod 600") as caught:
        read_addresses(path, ALL)
    assert "s3cret" not in str(caught.value)
    file.chmod(0o600)
    assert read_addresses(path, ALL) == ["json://anna:s3cret@127.0.0.1/"]
    file.write_text("# none\n")
    with pytest.raises(ChannelsUnusableError, match="holds no address"):
        read_addresses(path, ALL)


def test_the_sample_shows_each_default() -> None:
    sample = Path(__file__).parents[3] / "alerts" / "alerts.sample.toml"
    [channel] = read_channels(sample)
    assert channel == Channel("stewards", "stewards.addresses")
    table = tomllib.loads(sample.read_text())["channel"][0]
    assert set(table) == set(Channel.__struct_fields__)
