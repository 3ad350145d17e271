"""Meters and plans, in versions that never change (INV-08)."""

from collections.abc import Mapping
from datetime import date, datetime

from farthing.core.metering.meter import Meter
from farthing.core.metering.rule import EventRule, rule_from, rule_terms
from farthing.core.pricing.plan import AddOn, Plan
from farthing.core.pricing.terms import (
    addon_from,
    addon_terms,
    frozen_meter,
    meter_from,
    meter_terms,
    plan_from,
    plan_terms,
)
from farthing.postgres.session import Session
from farthing.postgres.written import is_storable, write_json


class Catalogue(Session):
    """What is measured and what it costs."""

    def lock_catalogue(self) -> None:
        """Until the transaction ends nobody else changes meters or plans, or relies on them as they are."""
        self._lock_name("catalogue")

    def hold_catalogue(self) -> None:
        """Until the transaction ends nobody changes meters or plans; any number may hold it side by side."""
        self._lock_name("catalogue", shared=True)

    def catalogue_revision(self) -> int:
        """Rises whenever what events are screened against may have changed, and with the seller's clock."""
        row = self._row("SELECT revision FROM farthing.catalogue_revision")
        return 0 if row is None else int(row.revision)

    def meters(self) -> Mapping[str, Meter]:
        """The newest version of each meter by key."""
        rows = self._rows(
            """
            SELECT DISTINCT ON (meter_key) meter_key, version, terms FROM farthing.meter_version
            ORDER BY meter_key, version DESC
            """
        )
        return {row.meter_key: meter_from(row.meter_key, row.terms, version=row.version) for row in rows}

    def meters_in_use(self) -> list[Meter]:
        """The meters in the newest version of a plan or add-on, or in one of which something is still to be billed."""
        rows = self._rows(
            """
            SELECT DISTINCT frozen.key, frozen.value AS terms
            FROM farthing.plan_version AS plan
            CROSS JOIN LATERAL jsonb_each(plan.terms -> 'meters') AS frozen
            WHERE NOT EXISTS (SELECT FROM farthing.plan_version AS newer
                              WHERE newer.plan_key = plan.plan_key AND newer.version > plan.version)
               OR EXISTS (SELECT FROM farthing.subscription
                          WHERE subscription.plan_key = plan.plan_key AND subscription.plan_version = plan.version
                            AND subscription.due_at IS NOT NULL)
               OR EXISTS (SELECT FROM farthing.agreed_version AS agreed JOIN farthing.subscription
                              USING (seller_id, subscription_id)
                          WHERE agreed.plan_key = plan.plan_key AND agreed.plan_version = plan.version
                            AND subscription.due_at IS NOT NULL)
            UNION
            SELECT DISTINCT frozen.key, frozen.value
            FROM farthing.add_on_version AS add_on
            CROSS JOIN LATERAL jsonb_each(add_on.terms -> 'meters') AS frozen
            WHERE NOT EXISTS (SELECT FROM farthing.add_on_version AS newer
                              WHERE newer.add_on_key = add_on.add_on_key AND newer.version > add_on.version)
               OR EXISTS (SELECT FROM farthing.agreed_add_on AS agreed JOIN farthing.subscription
                              USING (seller_id, subscription_id)
                          WHERE agreed.add_on_key = add_on.add_on_key AND agreed.version = add_on.version
                            AND subscription.due_at IS NOT NULL)
            """
        )
        return [frozen_meter(row.key, row.terms) for row in rows]

    def keep_meter(self, meter: Meter, *, created_at: datetime) -> None:
        """Keep a new version of a meter."""
        self._run(
            """
            INSERT INTO farthing.meter_version (meter_key, version, terms, created_at)
            VALUES (%(key)s, %(version)s, %(terms)s, %(created_at)s)
            """,
            {
                "key": meter.key,
                "version": meter.version,
                "terms": write_json(meter_terms(meter)),
                "created_at": created_at,
            },
        )

    def event_rules(self) -> Mapping[str, EventRule]:
        """The newest version of each rule by the type of the events it is for."""
        rows = self._rows(
            """
            SELECT DISTINCT ON (event_type) event_type, version, terms FROM farthing.event_rule_version
            ORDER BY event_type, version DESC
            """
        )
        return {row.event_type: rule_from(row.event_type, row.terms, version=row.version) for row in rows}

    def keep_event_rule(self, rule: EventRule, *, created_at: datetime) -> None:
        """Keep a new version of the rule for a type of events."""
        self._run(
            """
            INSERT INTO farthing.event_rule_version (event_type, version, terms, created_at)
            VALUES (%(event_type)s, %(version)s, %(terms)s, %(created_at)s)
            """,
            {
                "event_type": rule.event_type,
                "version": rule.version,
                "terms": write_json(rule_terms(rule)),
                "created_at": created_at,
            },
        )

    def plan(self, key: str, version: int | None = None, *, for_start: date | None = None) -> Plan | None:
        """This version of a plan, or its newest; of those for who starts on a day, if one is given."""
        if not is_storable(key):
            return None
        row = self._row(
            """
            SELECT plan_key, version, terms FROM farthing.plan_version
            WHERE plan_key = %(key)s AND (%(version)s::integer IS NULL OR version = %(version)s)
              AND (%(for_start)s::date IS NULL OR starts_from IS NULL OR starts_from <= %(for_start)s)
            ORDER BY version DESC LIMIT 1
            """,
            {"key": key, "version": version, "for_start": for_start},
        )
        return None if row is None else plan_from(row.plan_key, row.terms, version=row.version)

    def plans(self) -> list[Plan]:
        """The newest version of each plan, by key."""
        rows = self._rows(
            """
            SELECT DISTINCT ON (plan_key COLLATE "C") plan_key, version, terms FROM farthing.plan_version
            ORDER BY plan_key COLLATE "C", version DESC
            """
        )
        return [plan_from(row.plan_key, row.terms, version=row.version) for row in rows]

    def keep_plan(self, plan: Plan, *, created_at: datetime, starts_from: date | None = None) -> None:
        """Keep a new version of a plan, with the meters it freezes."""
        self._run(
            """
            INSERT INTO farthing.plan_version (plan_key, version, terms, created_at, starts_from)
            VALUES (%(key)s, %(version)s, %(terms)s, %(created_at)s, %(starts_from)s)
            """,
            {
                "key": plan.key,
                "version": plan.version,
                "terms": write_json(plan_terms(plan)),
                "created_at": created_at,
                "starts_from": starts_from,
            },
        )

    def plan_starts_from(self, key: str, version: int) -> date | None:
        """The day from which on a version is for new subscriptions; None for all."""
        row = self._row(
            "SELECT starts_from FROM farthing.plan_version WHERE plan_key = %(key)s AND version = %(version)s",
            {"key": key, "version": version},
        )
        return None if row is None else row.starts_from

    def add_on(self, key: str, version: int | None = None) -> AddOn | None:
        """This version of an add-on, or its newest."""
        if not is_storable(key):
            return None
        row = self._row(
            """
            SELECT add_on_key, version, terms FROM farthing.add_on_version
            WHERE add_on_key = %(key)s AND (%(version)s::integer IS NULL OR version = %(version)s)
            ORDER BY version DESC LIMIT 1
            """,
            {"key": key, "version": version},
        )
        return None if row is None else addon_from(row.add_on_key, row.terms, version=row.version)

    def add_ons(self) -> list[AddOn]:
        """The newest version of each add-on, by key."""
        rows = self._rows(
            """
            SELECT DISTINCT ON (add_on_key COLLATE "C") add_on_key, version, terms FROM farthing.add_on_version
            ORDER BY add_on_key COLLATE "C", version DESC
            """
        )
        return [addon_from(row.add_on_key, row.terms, version=row.version) for row in rows]

    def keep_add_on(self, add_on: AddOn, *, created_at: datetime) -> None:
        """Keep a new version of an add-on, with the meters it freezes."""
        self._run(
            """
            INSERT INTO farthing.add_on_version (add_on_key, version, terms, created_at)
            VALUES (%(key)s, %(version)s, %(terms)s, %(created_at)s)
            """,
            {
                "key": add_on.key,
                "version": add_on.version,
                "terms": write_json(addon_terms(add_on)),
                "created_at": created_at,
            },
        )
