"""Whatever changes something leaves a trace: a table of all flows, walked."""

import importlib
import pkgutil
from types import ModuleType

import pytest

from tests.flows.changes import MORE, TABLE, WALKED, Prepare
from tests.world import Organisation
from twofold import flows
from twofold.core.events import EventKind

UNDER_OTHERS = (
    "alarms", "clock", "deliver", "diagnose", "guard", "housekeeping", "outbox", "proofs", "radar",
    "radar_watch", "restore",
)  # fmt: skip
"""Modules that other flows stand on, or that only the worker and the console call: each with tests
of its own for what it writes."""
ELSEWHERE = {
    # Read only.
    "addresses.look", "addresses.own",
    "audit.accounts", "audit.list_entries", "audit.verify", "audit.whom",
    "app_people.own", "app_people.status",
    "applications.admitted", "applications.list_applications", "applications.who",
    "browsers.code_link_trouble", "browsers.current_factors", "browsers.is_open",
    "authenticators.own", "authenticators.is_check_up_due", "browsers.look_at_link",
    "browsers.may_skip_code", "console.choose_account", "console.list_people", "console.as_admin",
    "console.person_of",
    "console.list_mails", "enrol_link.wait_for_link", "enrol.waits_until",
    "exchange.running", "groups.list_groups", "groups.look", "groups.of_account", "groups.why_not",
    "guard_policy.meaning", "passkeys.own", "enrol.link_is_theirs",
    "desk.accepted_proofs", "desk.look", "second_admin.look", "second_admin.matters",
    "second_admin.not_possible", "second_admin.others", "second_admin.waiting_for",
    "stand_ins.digests", "stand_ins.is_spent",
    "listing.show", "listing.stretch", "listing.ids", "listing.of_ids", "listing.shut_by",
    "listing.saved_filter", "bulk.foresee", "bulk.grounds_problems", "reminders.may_remind",
    "deadlines.may_extend",
    "links.find", "links.look", "waits.latest", "waits.look", "waits.look_stop", "waits.running",
    "wait_stops.told", "mails.list_mails",
    "mail_texts.own_texts", "mail_texts.last_test", "mail_texts.text_for",
    "passwords.own_hash", "people.everybody",
    "recovery.own",
    "recovery_link.issue", "recovery_link.look",
    "people.list_people", "roster.kept", "roster.preview", "progress.look",
    "rehearsal.preview", "rollout.standing", "rollout_look.can_take_back",
    "rollout_look.group_names", "rollout_look.near_stops", "rollout_look.person",
    "rollout_look.waves",
    "second_step.code_page", "sites.list_sites", "sites.preview", "sites.read_text",
    # A ticket is written down when it is used.
    "sites.hand_over",
    "second_step.takes_passkeys_only", "sessions.places",
    "setup.needs_first_admin", "sign_in.whose_expired", "step_up.code_answer",
    "compare.with_others", "compare.with_person", "troubleshoot.case_by_email",
    "troubleshoot.case_of", "troubleshoot.history", "troubleshoot.look",
    # A try is charged here; its entry comes when it is settled.
    "sign_in.look_up_password", "step_up.look_up_own_password",
    # A question to a browser: its answer is what is written down.
    "ceremonies.ask", "ceremonies.ask_to_make", "passkey_proofs.ask_fresh",
    "passkey_proofs.ask_second_step", "passkey_proofs.ask_whole", "passkeys.begin",
    "passkeys.begin_demanded", "ceremonies.prove", "ceremonies.prove_made",
    "second_step.complete",
    # Parts of the flows in the table, and what is seen in their entries.
    "browsers.add", "browsers.remember",
    "enrol.begin", "enrol.make_it_count", "enrol.prove_pending", "links.mint",
    "links.use", "sessions.begin",
    "authenticators.other_admins_enrolled", "addresses.ask_for", "exchange.first_page",
    "people.give_role", "people.new_person", "people.record_added", "people.send_invitation",
    "people.suspend", "groups.found", "groups.put",
    "enrol.with_codes", "recovery.make_for", "authenticators.take_off",
    "recovery.first_set", "recovery.tell_used", "sessions.end_others",
    "sessions.renew", "sign_in.finish", "step_up.own_password_is_right",
    "desk_acts.perform", "passes.end_all", "passes.make", "passes.tell_used", "second_admin.ask",
    "stand_ins.use",
    "verify.prove_code", "wait_stops.expire", "wait_stops.saved", "wait_stops.stop",
    # Before there is an account, there is no log; the making of one is tested with the set-up.
    "setup.first_admin_link", "setup.found", "setup.found_by_link",
    # What the worker does for each person; the entries are of the act that asked for it.
    "deadlines.extend_by_address", "deadlines.tick", "digests.tick",
    "expansion.advance", "expansion.begin", "expansion.begin_waiting",
    "expansion.cover", "expansion.step", "expansion.tell", "expansion.welcome",
    "expansion.welcome_by_mail",
    "expansion.told_by", "notices.expect", "notices.move", "notices.note", "notices.remind_from",
    "notices.row_of", "notices.set_due", "notices.write", "reminders.remind", "reminders.tick",
    "rollout.ask_anew", "rollout.expand", "rollout.note",
    "progress.opened",
    # Bookkeeping that nobody asks about: that somebody was asked, the idle limit,
    # a file that waits for its button.
    "listing.delete_filter", "listing.save_filter",
    "authenticators.check_up_later", "sessions.touch", "roster.keep", "roster.drop",
    # Each is a flow of the help desk.
    "bulk.help_one",
    # A mail to oneself.
    "mail_texts.send_test",
}  # fmt: skip


@pytest.mark.parametrize(("kind", "act"), WALKED, ids=lambda value: getattr(value, "name", ""))
def test_a_change_writes_its_event(acme: Organisation, kind: EventKind, act: Prepare) -> None:
    """In the transaction of the change, numbered without a gap, about a person of the account."""
    change = act(acme)
    before = len(acme.events())
    change()
    events = acme.events()
    assert [event.seq for event in reversed(events)] == list(range(1, len(events) + 1))
    fresh = events[: len(events) - before]
    assert [event.kind for event in fresh].count(kind) == 1
    assert {event.at for event in fresh} == {acme.now}


def test_the_table_knows_every_flow() -> None:
    """A new flow writes an event and stands in the table, or is named as one that need not."""
    modules = [
        importlib.import_module(f"twofold.flows.{found.name}")
        for found in pkgutil.iter_modules(flows.__path__)
        if found.name not in UNDER_OTHERS
    ]
    walked = {name for name, _ in TABLE.values()} | set(MORE)
    known = {name for module in modules for name in flows_of(module)}
    assert known == walked | ELSEWHERE
    assert walked & ELSEWHERE == set()


def flows_of(module: ModuleType) -> set[str]:
    """The public functions of a module that work on a transaction."""
    short = module.__name__.rsplit(".", 1)[1]
    return {
        f"{short}.{name}"
        for name, value in vars(module).items()
        if not name.startswith("_")
        and getattr(value, "__module__", "") == module.__name__
        and "tx" in getattr(value, "__annotations__", {})
    }


def test_every_kind_of_event_is_written_by_some_flow() -> None:
    """The vocabulary has no word that nothing says."""
    seen_elsewhere = {
        EventKind.ACCOUNT_CREATED,  # test_setup.py
        EventKind.POLICY_REFUSED,  # test_rollout.py
        EventKind.REPLACED,  # test_enrol.py
        EventKind.AUTHENTICATOR_ADDED,  # test_several.py
        EventKind.CLOCK_REPAIRED,  # test_clock.py
        EventKind.PAIR_MODE,  # test_ladder.py, and the next three
        EventKind.PASSWORD_STOLEN,
        EventKind.AUTHENTICATOR_DISABLED,
        EventKind.BREAKER_ON,
        EventKind.SPRAY,  # test_password_guard.py, and the next one
        EventKind.FLOOD,
        EventKind.CLOCK_REPAIRED,  # test_clock.py
        EventKind.LOG_SEALED,  # tests/storage/test_events.py
        EventKind.RESTORED,  # test_restore.py, and the next two
        EventKind.RECOVERY_ENDED,
        EventKind.MAIL_RELEASED,
    }
    assert set(TABLE) | seen_elsewhere == set(EventKind)
