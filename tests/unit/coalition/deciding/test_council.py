"""A community decides: one person one voice, an objection that is lifted, votes that are gone at the end."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from deciding.councils import ANNA, BEGUN_S, BO, CEM, PEOPLE, Community, objection, proposal, ruled
from sera_coalition.deciding.council import GRACE_S
from sera_coalition.deciding.steps import Choice, Comment, Lifting, Result, State, StepKind
from sera_coalition.errors import InvalidStepError, StepRefusedError
from sera_store.chronicle.verification import verify_chain, verify_contents
from sera_vocabulary.durations import DAY_S

if TYPE_CHECKING:
    from sera_coalition.deciding.decision import Decision


def begun(oak: Community, **rule: str) -> str:
    return oak.council.propose(proposal(rule=ruled(**rule)), ANNA)


def now(oak: Community, id_: str) -> Decision:
    decision = oak.council.book.find(id_)
    assert decision is not None
    return decision


def result(oak: Community, id_: str) -> Result:
    ended = now(oak, id_).result
    assert ended is not None
    return ended


def agree(oak: Community, id_: str, *persons: str) -> None:
    for person in persons:
        oak.council.vote(id_, Choice.AGREE, person)


def refused(call, *arguments) -> str:
    with pytest.raises(StepRefusedError) as caught:
        call(*arguments)
    return caught.value.code


def test_a_proposal_is_decided_once_its_objection_is_lifted_by_a_changed_text(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[:6])
    oak.council.raise_objection(id_, objection(), BO)
    assert now(oak, id_).objectors == {BO}
    oak.council.change(id_, proposal(text="Mown in March, and a hand's width beside the path."), ANNA)
    assert now(oak, id_).objectors == {BO}
    oak.council.lift(id_, Lifting(objection=2, text="Thank you."), BO)
    assert now(oak, id_).objectors == frozenset()
    agree(oak, id_, *PEOPLE[:6])
    oak.end()
    assert now(oak, id_).state is State.DECIDED
    ended = result(oak, id_)
    assert "hand's width" in ended.text
    assert (ended.text_version, ended.took_part, ended.agree, ended.aside) == (2, 6, None, None)
    assert [step.kind for step in now(oak, id_).steps] == [
        StepKind.PROPOSAL, StepKind.OBJECTION, StepKind.PROPOSAL, StepKind.LIFTING, StepKind.RESULT,
    ]  # fmt: skip


def test_an_objection_that_stands_rejects_and_its_words_stay(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[2:])
    oak.council.raise_objection(id_, objection(), BO)
    oak.end()
    assert now(oak, id_).state is State.REJECTED
    assert result(oak, id_).text == ""
    assert result(oak, id_).objecting == 1
    assert now(oak, id_).standing[0].step.body == objection()


@pytest.mark.parametrize(("voters", "state"), [(5, State.NO_QUORUM), (6, State.DECIDED)])
def test_from_too_few_there_is_no_result(oak: Community, voters: int, state: State) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[:voters])
    assert oak.council.has_quorum(now(oak, id_)) == (voters == 6)
    oak.end()
    assert now(oak, id_).state is state


@pytest.mark.parametrize(("voters", "state"), [(5, State.NOT_AGREED), (4, State.NO_QUORUM)])
def test_where_all_stand_aside_nothing_is_decided_and_few_are_not_told_apart(
    oak: Community, voters: int, state: State
) -> None:
    id_ = begun(oak, quorum="3")
    for person in PEOPLE[:voters]:
        oak.council.vote(id_, Choice.ASIDE, person)
    oak.end()
    assert now(oak, id_).state is state


def test_a_person_has_one_voice_however_often_it_is_raised(oak: Community) -> None:
    id_ = begun(oak)
    for _ in range(30):
        oak.council.vote(id_, Choice.AGREE, BO)
    oak.council.vote(id_, Choice.ASIDE, BO)
    assert oak.ballots.count(id_, PEOPLE, 1) == (0, 1)
    oak.council.raise_objection(id_, objection(), BO)
    assert oak.ballots.count(id_, PEOPLE, 1) == (0, 0)
    assert refused(oak.council.vote, id_, Choice.AGREE, BO) == "objects"
    assert refused(oak.council.raise_objection, id_, objection(), BO) == "objects"


def test_who_is_nobody_of_the_registry_or_came_later_takes_no_part(oak: Community) -> None:
    id_, open_to_all = begun(oak), begun(oak, newcomers="true")
    oak.persons.add("person-new")
    for stranger in ("person-new", "person-unknown", ""):
        assert refused(oak.council.vote, id_, Choice.AGREE, stranger) == "no_part"
        assert refused(oak.council.raise_objection, id_, objection(), stranger) == "no_part"
    agree(oak, open_to_all, "person-new")
    assert refused(oak.council.vote, open_to_all, Choice.AGREE, "person-unknown") == "no_part"
    assert refused(oak.council.propose, proposal(), "person-unknown") == "no_part"


def test_whose_role_is_lost_while_a_vote_runs_counts_no_more(oak: Community) -> None:
    id_ = begun(oak, quorum="6")
    agree(oak, id_, *PEOPLE[:6])
    oak.council.raise_objection(id_, objection(), PEOPLE[7])
    oak.persons -= {PEOPLE[0], PEOPLE[7]}
    assert refused(oak.council.vote, id_, Choice.ASIDE, PEOPLE[0]) == "no_part"
    oak.end()
    assert now(oak, id_).state is State.NO_QUORUM
    assert result(oak, id_).eligible == 10
    assert result(oak, id_).objecting == 0


def test_nothing_changes_what_has_ended(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE)
    oak.end()
    before = now(oak, id_)
    council = oak.council
    for call, *arguments in (
        (council.vote, Choice.ASIDE, BO),
        (council.comment, Comment(text="Late"), BO),
        (council.raise_objection, objection(), BO),
        (council.change, proposal(), ANNA),
        (council.lift, Lifting(objection=2), BO),
    ):
        assert refused(call, id_, *arguments) == "closed"
    assert now(oak, id_) == before
    assert oak.reopened().close_due() == []


def test_after_the_days_nothing_is_taken_before_the_result_is_there(oak: Community) -> None:
    id_ = begun(oak)
    oak.now_s += 7 * DAY_S
    assert refused(oak.council.vote, id_, Choice.AGREE, BO) == "days_over"
    assert refused(oak.council.comment, id_, Comment(text="Late"), BO) == "days_over"


def test_a_clock_that_jumps_for_a_moment_ends_nothing(oak: Community) -> None:
    id_ = begun(oak)
    oak.now_s += 400 * DAY_S
    assert oak.council.close_due() == []
    oak.now_s -= 400 * DAY_S
    oak.now_s += GRACE_S
    assert oak.council.close_due() == []
    oak.now_s += 400 * DAY_S
    assert oak.council.close_due() == []
    assert now(oak, id_).state is State.OPEN
    oak.now_s += GRACE_S
    assert [decision.id for decision in oak.council.close_due()] == [id_]


def test_a_clock_that_is_put_back_makes_no_step_come_before_another(oak: Community) -> None:
    id_ = begun(oak)
    oak.now_s -= 3 * DAY_S
    oak.council.comment(id_, Comment(text="From yesterday"), BO)
    oak.council.change(id_, proposal(), ANNA)
    assert now(oak, id_).changed_s == now(oak, id_).begun_s
    assert now(oak, id_).ends_s == now(oak, id_).begun_s + 7 * DAY_S


def test_a_rule_that_changes_meanwhile_holds_for_the_next_proposal(oak: Community) -> None:
    id_ = begun(oak, objections_stop="3", quorum="4")
    text = proposal(rule=ruled(objections_stop="1"))
    oak.council.change(id_, text, ANNA)
    assert now(oak, id_).rule.objections_stop == 3
    oak.council.raise_objection(id_, objection(), BO)
    agree(oak, id_, *PEOPLE[2:])
    oak.end()
    assert now(oak, id_).state is State.DECIDED
    assert "objections_stop = 3" in result(oak, id_).rule


def test_votes_about_a_text_are_gone_with_it(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE)
    oak.council.change(id_, proposal(text="Something else."), ANNA)
    assert not oak.council.has_voted(now(oak, id_), BO)
    oak.end()
    assert now(oak, id_).state is State.NO_QUORUM


@pytest.mark.parametrize(
    ("rule", "days"),
    [({"change_begins_again": "false"}, 7), ({"days_most": "9"}, 9)],
    ids=["days that go on", "days at their limit"],
)
def test_a_few_cannot_put_another_text_before_the_rest_at_the_last_moment(
    oak: Community, rule: dict[str, str], days: int
) -> None:
    text = ruled(**rule)
    if "change_begins_again" in rule:
        text = "".join(line for line in text.splitlines(keepends=True) if not line.startswith("days_most"))
    id_ = oak.council.propose(proposal(rule=text), ANNA)
    agree(oak, id_, *PEOPLE[:6])
    other = proposal(text="The north bed becomes Anna's car park.")
    for _ in range(days - 3):
        oak.now_s += DAY_S
        if days == 9:
            oak.council.change(id_, proposal(text="The north bed, and the south bed."), ANNA)
    oak.now_s = BEGUN_S + (days - 1) * DAY_S + 1
    assert refused(oak.council.change, id_, other, ANNA) == "late_change"
    oak.now_s = BEGUN_S + (days - 1) * DAY_S
    oak.council.change(id_, other, ANNA)
    # A whole day is left in which anybody objects.
    oak.now_s += DAY_S - 60
    oak.council.raise_objection(id_, objection(), BO)


def test_of_a_share_never_fewer_are_enough_than_stop_a_proposal(oak: Community) -> None:
    id_ = begun(oak, quorum='"10 %"', objections_stop="4")
    agree(oak, id_, ANNA)
    for person in (BO, CEM):
        oak.council.raise_objection(id_, objection(), person)
    oak.end()
    # Of twelve, two are ten of a hundred: two who object and one who agrees would have decided it.
    assert result(oak, id_).quorum == 4
    assert now(oak, id_).state is State.NO_QUORUM


def test_only_who_made_it_changes_it_and_only_who_objects_lifts(oak: Community) -> None:
    id_ = begun(oak)
    oak.council.raise_objection(id_, objection(), BO)
    assert refused(oak.council.change, id_, proposal(), BO) == "not_proposer"
    assert refused(oak.council.lift, id_, Lifting(objection=2), ANNA) == "not_objector"
    assert refused(oak.council.lift, id_, Lifting(objection=3), BO) == "no_objection"
    assert refused(oak.council.comment, "0" * 32, Comment(text="?"), BO) == "closed"


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("raise_objection", objection(reason=" "), "reason"),
        ("raise_objection", objection(change=""), "change"),
        ("raise_objection", objection(change="x" * 5_001), "change"),
        ("comment", Comment(text="x" * 100_000), "text"),
        ("comment", Comment(text="a\x1b[2J"), "text"),
        ("comment", Comment(text="a", name="b" * 61), "name"),
        ("change", proposal(title=""), "title"),
        ("change", proposal(text="x" * 100_000), "text"),
        ("change", proposal(reasons=""), "reasons"),
    ],
)
def test_what_cannot_be_is_refused_at_its_field_and_nothing_is_kept(
    oak: Community, call: str, body: object, field: str
) -> None:
    id_ = begun(oak)
    with pytest.raises(InvalidStepError) as caught:
        getattr(oak.council, call)(id_, body, ANNA)
    assert caught.value.field == field
    assert len(now(oak, id_).steps) == 1


def test_a_rule_that_needs_more_persons_than_there_are_is_refused_at_the_start(oak: Community) -> None:
    with pytest.raises(InvalidStepError, match="13 persons, and 12"):
        begun(oak, quorum="13")
    assert oak.council.book.all() == []
    assert oak.ballots.begun() == []


def test_votes_of_few_are_told_as_too_few(oak: Community) -> None:
    few, many, split = (begun(oak, quorum="1") for _ in range(3))
    agree(oak, few, *PEOPLE[:4])
    agree(oak, many, *PEOPLE[:11])
    oak.council.vote(many, Choice.ASIDE, PEOPLE[11])
    agree(oak, split, *PEOPLE[:6])
    for person in PEOPLE[6:]:
        oak.council.vote(split, Choice.ASIDE, person)
    oak.end()
    sums = [
        (ended.took_part, ended.agree, ended.aside)
        for ended in (result(oak, id_) for id_ in (few, many, split))
    ]
    assert sums == [(None, None, None), (12, None, None), (12, 6, 6)]


def test_nothing_of_a_vote_is_in_any_file_when_its_decision_has_ended(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[:6])
    oak.council.vote(id_, Choice.ASIDE, PEOPLE[6])
    [(key,)] = oak.ballots._database.rows("SELECT key FROM open_decisions")
    voters = [voter for (voter,) in oak.ballots._database.rows("SELECT voter FROM ballots")]
    assert len(voters) == 7
    path = oak.ballots._database.path
    assert voters[0] in path.read_bytes()
    oak.end()
    content = b"".join(file.read_bytes() for file in oak.data.rglob("*") if file.is_file())
    for secret in (key, *voters):
        assert secret not in content
    # Who voted has no entry, whoever objected or proposed has.
    assert oak.chronicle.by_author(BO) == []


def test_a_vote_that_was_changed_is_in_no_file(oak: Community) -> None:
    id_ = begun(oak)
    oak.council.vote(id_, Choice.AGREE, BO)
    oak.council.vote(id_, Choice.ASIDE, BO)
    files = [file for file in oak.data.rglob("of-oak.sqlite*") if "shm" not in file.name]
    assert b"agree" not in b"".join(file.read_bytes() for file in files)


def test_the_chain_says_nothing_of_votes_and_verifies(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[:6])
    oak.end()
    kinds = [entry.kind for entry in map(oak.chronicle.entry, (1, 2)) if entry is not None]
    assert kinds == ["proposal", "result"]
    assert list(verify_chain(oak.chronicle.lines(), [])) == []
    assert list(verify_contents(oak.chronicle)) == []


def test_a_process_killed_between_result_and_forgetting_is_finished_by_the_next(
    oak: Community, monkeypatch: pytest.MonkeyPatch
) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE)

    def die(_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(oak.ballots, "forget", die)
        with pytest.raises(KeyboardInterrupt):
            oak.end()
    assert now(oak, id_).state is State.DECIDED
    assert oak.ballots.is_begun(id_)
    oak.reopened().close_due()
    assert not oak.ballots.is_begun(id_)


def test_two_processes_that_close_at_once_enter_one_result(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE)
    oak.now_s += 7 * DAY_S
    oak.council.close_due()
    oak.now_s += GRACE_S
    councils = [oak.reopened() for _ in range(4)]
    threads = [threading.Thread(target=council.close_due) for council in councils]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    entries = [oak.chronicle.entry(number) for number in oak.chronicle.versions(id_)]
    assert [entry.kind for entry in entries if entry is not None] == ["proposal", "result"]
    assert result(oak, id_).took_part == 12


def test_persons_who_act_at_the_same_second_are_all_heard(oak: Community) -> None:
    id_ = begun(oak)
    councils = {person: oak.reopened() for person in PEOPLE}

    def act(person: str) -> None:
        councils[person].comment(id_, Comment(text=f"From {person}"), person)
        councils[person].vote(id_, Choice.AGREE, person)

    threads = [threading.Thread(target=act, args=(person,)) for person in PEOPLE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(step.author for step in now(oak, id_).steps[1:]) == sorted(PEOPLE)
    assert oak.ballots.count(id_, PEOPLE, 1) == (12, 0)


def test_a_proposal_taken_back_has_ended_and_its_words_and_votes_are_gone(oak: Community) -> None:
    id_ = begun(oak)
    oak.council.change(id_, proposal(text="Another text."), ANNA)
    oak.council.comment(id_, Comment(text="A pity."), BO)
    agree(oak, id_, *PEOPLE)
    assert refused(oak.council.take_back, [1], BO) == "not_yours"
    oak.council.take_back([1], ANNA)
    decision = now(oak, id_)
    assert (decision.state, decision.text, decision.proposer) == (State.WITHDRAWN, None, "")
    assert [step.body for step in decision.steps] == [None, None, Comment(text="A pity.")]
    assert not oak.ballots.is_begun(id_)
    assert refused(oak.council.vote, id_, Choice.AGREE, BO) == "closed"
    content = b"".join(file.read_bytes() for file in oak.data.rglob("*") if file.is_file())
    for words in (b"north bed", b"Another text", b"Bumblebees"):
        assert words not in content


def test_what_was_decided_stays_the_communitys_when_its_author_takes_the_proposal_back(
    oak: Community,
) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE)
    oak.end()
    oak.council.take_back([1], ANNA)
    decision = now(oak, id_)
    assert (decision.state, decision.text, decision.proposer) == (State.DECIDED, None, "")
    assert result(oak, id_).text == proposal().text
    assert "Bumblebees" not in str(decision)


def test_an_objection_taken_back_stops_nothing_and_who_leaves_takes_all_along(oak: Community) -> None:
    id_ = begun(oak)
    oak.council.raise_objection(id_, objection(), BO)
    oak.council.take_back([2], BO)
    assert now(oak, id_).objectors == frozenset()
    oak.council.raise_objection(id_, objection(), BO)
    oak.council.lift(id_, Lifting(objection=3), BO)
    oak.council.comment(id_, Comment(text="Mine"), BO)
    agree(oak, id_, BO, CEM)
    assert [own.step.kind for own in oak.council.book.by_author(BO)] == [StepKind.COMMENT, StepKind.OBJECTION]
    assert [decision.id for decision in oak.council.votes_of(BO)] == [id_]
    oak.council.withdraw_all(BO)
    assert oak.chronicle.by_author(BO) == []
    assert oak.ballots.count(id_, PEOPLE, 1) == (1, 0)
    assert oak.council.votes_of(BO) == []


def test_after_a_restore_without_votes_people_are_asked_again(oak: Community) -> None:
    id_ = begun(oak)
    agree(oak, id_, *PEOPLE[:6])
    oak.ballots.forget(id_)
    assert not oak.council.has_voted(now(oak, id_), BO)
    assert oak.council.eligible(now(oak, id_)) == frozenset(PEOPLE)
    agree(oak, id_, *PEOPLE[:7])
    oak.end()
    assert now(oak, id_).state is State.DECIDED
    assert result(oak, id_).took_part == 7


def test_a_hidden_step_counts_as_before(oak: Community) -> None:
    id_ = begun(oak)
    oak.council.raise_objection(id_, objection(), BO)
    oak.council.hide(2, CEM, is_hidden=True)
    assert now(oak, id_).steps[1].is_hidden
    assert now(oak, id_).objectors == {BO}
    assert oak.reopened().book.find(id_) == now(oak, id_)
    oak.council.hide(2, CEM, is_hidden=False)
    assert not now(oak, id_).steps[1].is_hidden
