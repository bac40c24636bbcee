"""A certificate is tried with return, whatever fails; runs on CPython and on MicroPython."""

from firmware.renewing import RETURNED, SETTLED, TRIAL, Contact, Settings, confirm, order, renewal, take, used
from firmware.stand_ins import Scratch


def test_without_an_order_the_certificate_of_the_config_is_used() -> None:
    with Scratch() as path:
        assert used(path + "/") == (1, "id-1", SETTLED, 0)
        assert Contact(path + "/").let_in().speak().messages == []


def test_an_order_is_asked_for_tried_confirmed_and_used_from_then_on() -> None:
    with Scratch() as path:
        folder = path + "/"
        contact = Contact(folder, 2, (order(2),)).let_in().speak()
        assert contact.messages == [("online", {"wants": 2})]
        trial = confirm(folder, 2)
        assert trial.slot[:2] == (2, "id-2")
        assert trial.messages == [("online", {"wants": 2})]
        assert used(folder) == (2, "id-2", SETTLED, 0)
        assert Contact(folder, 2).let_in().speak().messages == []


def test_a_trial_that_does_not_get_in_is_returned_from_and_refused() -> None:
    with Scratch() as path:
        folder = path + "/"
        take(folder, 2)
        assert [used(folder)[:1] for _ in range(3)] == [(2,)] * 3
        returned = Contact(folder, 2, (order(2),)).let_in()
        assert returned.slot[0] == 1
        assert returned.slot[3:5] == (RETURNED, {"certificate": 1, "certificate_refused": 2})
        # It says so from then on, and does not ask for the same one again, but for the next one.
        again = Contact(folder, 2, (order(2),)).let_in().speak()
        assert (again.slot[0], again.slot[3], again.messages) == (1, SETTLED, [])
        assert again.slot[4] == returned.slot[4]
        take(folder, 3)
        assert used(folder) == (3, "id-3", TRIAL, 0)


def test_where_the_one_before_does_not_get_in_either_both_take_turns() -> None:
    with Scratch() as path:
        take(path + "/", 2)
        assert [used(path + "/")[0] for _ in range(9)] == [2, 2, 2, 1, 2, 1, 2, 1, 2]


def test_a_trial_that_was_let_in_is_not_given_up_while_nobody_confirms_it() -> None:
    with Scratch() as path:
        folder = path + "/"
        take(folder, 2)
        for _ in range(40):
            assert Contact(folder, 2).let_in().speak().slot[0] == 2
        confirm(folder, 2)
        assert used(folder) == (2, "id-2", SETTLED, 0)


def test_one_that_is_let_in_and_granted_nothing_is_returned_from_in_the_end() -> None:
    with Scratch() as path:
        folder = path + "/"
        take(folder, 2)
        phases = [Contact(folder, 2).let_in().speak().slot[3] for _ in range(50)]
        assert phases == [TRIAL] * 48 + [RETURNED, SETTLED]
        assert used(folder) == (1, "id-1", SETTLED, 2)


def test_nothing_is_taken_that_is_not_what_was_ordered() -> None:
    bad = (
        order(3),
        order(2, key_der=3),
        order(2, cert_der=None),
        order(2, mqtt_id=7),
        order(2, mqtt_id="x" * 129),
        order(2, good_until_s="soon"),
        {"generation": 2, "confirmed": True},
        {},
    )
    for answer in bad:
        with Scratch() as path:
            Contact(path + "/", 2, (answer,)).let_in().speak()
            assert used(path + "/") == (1, "id-1", SETTLED, 0), answer


def test_a_damaged_slot_is_as_if_there_were_none() -> None:
    with Scratch() as path:
        folder = path + "/"
        take(folder, 2)
        with open(folder + "trial", "r+b") as file:
            file.seek(200)
            file.write(b"?")
        assert used(folder) == (1, "id-1", SETTLED, 0)


def test_times_are_believed_up_to_the_end_of_the_one_in_use() -> None:
    with Scratch() as path:
        config = {"expires_s": 1900000000}
        renewal().extend(path + "/", config)
        assert config["expires_s"] == 1900000000
        take(path + "/", 2)
        confirm(path + "/", 2)
        renewal().extend(path + "/", config)
        assert config["expires_s"] == 2000000002


def test_a_newer_config_outweighs_what_came_over_the_air() -> None:
    with Scratch() as path:
        take(path + "/", 2)
        confirm(path + "/", 2)
        assert renewal().choose(Settings(path + "/", 3))[:2] == (3, "id-1")
