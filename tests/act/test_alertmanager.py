import asyncio
import json
from dataclasses import dataclass, field, replace
from fractions import Fraction

import httpx
import pytest

from slo_service.act.alertmanager import Mirror
from slo_service.domain.catalogue import Catalogue
from slo_service.domain.instant import HOUR, MINUTE, SECOND, from_rfc3339
from slo_service.domain.signals import Signals
from slo_service.domain.slo import Alerting, Kind
from slo_service.domain.status import Status, TierState
from slo_service.evaluate.statuses import Given
from tests.decide.situation import NOON, a_catalogue, a_reading, a_sign, a_status, a_tier, an_slo

FIRING = a_status(a_tier(firing=True))
QUIET = a_status(a_tier(quiet_ns=15 * MINUTE))
FROZEN = a_status(a_tier(firing=True, frozen=True))
UP, DOWN = "http://127.0.0.1:9093", "http://127.0.0.1:9094/am/"


@dataclass
class Peers:
    """Alertmanagers that remember what they were sent, and a mirror with a clock moved by hand."""

    down: set[str] = field(default_factory=set)
    hangs_seconds: float = 0.01
    status: int = 200
    posts: list[tuple[str, list[dict[str, object]]]] = field(default_factory=list)
    now_ns: int = NOON
    catalogue: Catalogue = field(default_factory=a_catalogue)

    def __post_init__(self) -> None:
        client = httpx.AsyncClient(transport=httpx.MockTransport(self.answer))
        self.mirror = Mirror([UP, DOWN], client, "http://slo.example", lambda: self.now_ns)

    async def answer(self, request: httpx.Request) -> httpx.Response:
        if str(request.url.port) in self.down:
            await asyncio.sleep(self.hangs_seconds)
            raise httpx.ConnectTimeout("away", request=request)
        self.posts.append((str(request.url), json.loads(request.content)))
        return httpx.Response(self.status)

    async def push(self, *statuses: Status, after_ns: int = SECOND) -> list[dict[str, object]]:
        """What the first peer is sent by one push."""
        self.now_ns += after_ns
        before = len(self.posts)
        await self.mirror.push(self.catalogue, {status.slo: status for status in statuses})
        await self.mirror.settle()
        return [alert for url, alerts in self.posts[before:] if url.startswith(UP) for alert in alerts]


def ends_in(alert: dict[str, object], now_ns: int) -> int:
    return from_rfc3339(str(alert["endsAt"])) - now_ns


async def test_a_firing_tier_is_posted_to_every_peer_as_the_v2_api_wants_it() -> None:
    peers = Peers()
    (alert,) = await peers.push(FIRING)
    assert [url for url, _ in peers.posts] == [f"{UP}/api/v2/alerts", f"{DOWN}api/v2/alerts"]
    assert alert["labels"] == {
        "alertname": "SloBurning",
        "slo": "orders-freshness",
        "service": "orders",
        "tier": "page-1h",
        "severity": "page",
        "pipeline": "orders",
        "importance": "1",
    }
    assert from_rfc3339(str(alert["startsAt"])) == FIRING.tiers[0].since_ns
    assert ends_in(alert, peers.now_ns) == 4 * MINUTE
    assert alert["generatorURL"] == "http://slo.example/slos/orders-freshness"


async def test_the_annotation_is_a_sentence_with_numbers_and_links() -> None:
    peers = Peers(catalogue=a_catalogue(slos=[an_slo(runbook_url="http://runbooks/orders")]))
    (alert,) = await peers.push(FIRING)
    notes = alert["annotations"]
    assert isinstance(notes, dict)
    assert "1000× over 1h (360 of 360 bad" in notes["summary"]
    assert (notes["runbook_url"], notes["page"]) == (
        "http://runbooks/orders",
        "http://slo.example/slos/orders-freshness",
    )


async def test_reserved_labels_win_and_others_are_written_as_alertmanager_takes_them() -> None:
    own = {"severity": "none", "alertname": "x", "team.io/name": "pay", "1st": "a", "empty": ""}
    peers = Peers(catalogue=a_catalogue(slos=[an_slo(labels=own)]))
    (alert,) = await peers.push(FIRING)
    labels = alert["labels"]
    assert isinstance(labels, dict)
    assert (labels["severity"], labels["alertname"]) == ("page", "SloBurning")
    assert (labels["team_io_name"], labels["_1st"]) == ("pay", "a")
    assert "empty" not in labels


async def test_a_firing_alert_is_sent_again_each_minute_and_not_between() -> None:
    peers = Peers()
    await peers.push(FIRING)
    assert await peers.push(FIRING, after_ns=59 * SECOND) == []
    (alert,) = await peers.push(FIRING, after_ns=SECOND)
    assert ends_in(alert, peers.now_ns) == 4 * MINUTE


async def test_a_resolved_alert_is_sent_at_once_and_again_for_fifteen_minutes() -> None:
    peers = Peers()
    await peers.push(FIRING)
    (resolved,) = await peers.push(QUIET)
    end = resolved["endsAt"]
    assert ends_in(resolved, peers.now_ns) == 0
    later = [await peers.push(QUIET, after_ns=MINUTE) for _ in range(14)]
    assert [[alert["endsAt"] for alert in alerts] for alerts in later] == [[end]] * 14
    assert await peers.push(QUIET, after_ns=MINUTE) == []


async def test_after_a_restart_what_became_quiet_lately_is_still_resolved() -> None:
    (resolved,) = await Peers().push(QUIET)
    assert from_rfc3339(str(resolved["endsAt"])) == QUIET.tiers[0].since_ns
    assert "startsAt" not in resolved
    assert await Peers().push(a_status(a_tier())) == []


async def test_a_frozen_alert_keeps_firing_and_says_since_when_it_is_frozen() -> None:
    peers = Peers()
    await peers.push(FIRING)
    (alert,) = await peers.push(FROZEN)
    assert ends_in(alert, peers.now_ns) == 4 * MINUTE
    notes = alert["annotations"]
    assert isinstance(notes, dict)
    assert from_rfc3339(notes["frozen_since"]) == FROZEN.tiers[0].frozen_since_ns


async def test_a_tier_without_a_status_is_not_called_resolved() -> None:
    peers = Peers()
    await peers.push(FIRING)
    assert await peers.push(after_ns=2 * MINUTE) == []


async def test_a_removed_objective_resolves_its_alert() -> None:
    peers = Peers()
    await peers.push(FIRING)
    peers.catalogue = a_catalogue(slos=[])
    (alert,) = await peers.push()
    assert ends_in(alert, peers.now_ns) == 0


async def test_a_peer_that_is_down_delays_no_other_and_gets_the_newest_word_when_it_is_back() -> None:
    peers = Peers(down={"9094"})
    assert len(await peers.push(FIRING)) == 1
    assert len(await peers.push(QUIET)) == 1
    peers.down.clear()
    peers.posts.clear()
    await peers.push(QUIET, after_ns=10 * SECOND)
    ((url, alerts),) = peers.posts
    assert url.startswith(DOWN)
    assert len(alerts) == 1
    assert ends_in(alerts[0], peers.now_ns) < 0


async def test_what_comes_while_a_post_fails_is_newer_and_wins() -> None:
    peers = Peers(down={"9094"})
    peers.mirror._peers.pop(0)
    await peers.mirror.push(peers.catalogue, {FIRING.slo: FIRING})
    await asyncio.sleep(0)
    await peers.push(QUIET)
    peers.down.clear()
    await peers.push(QUIET, after_ns=10 * SECOND)
    ((_, (alert,)),) = peers.posts
    assert ends_in(alert, peers.now_ns) < 0


async def test_push_itself_never_waits_for_a_peer() -> None:
    peers = Peers(down={"9093", "9094"}, hangs_seconds=60)
    async with asyncio.timeout(5):
        await peers.mirror.push(peers.catalogue, {FIRING.slo: FIRING})
    await peers.mirror.close()


async def test_a_queue_is_bounded_and_what_falls_out_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("slo_service.act.alertmanager.QUEUE", 3)
    peers = Peers(down={"9093", "9094"}, catalogue=a_catalogue(slos=[an_slo(f"s-{n}") for n in range(5)]))
    assert set(peers.mirror.counters().values()) == {0}
    await peers.push(*(replace(FIRING, slo=f"s-{n}") for n in range(5)))
    assert peers.mirror.counters()["alertmanager_dropped"] == 4


@pytest.mark.parametrize(("status", "dropped", "posts"), [(400, 2, 0), (503, 0, 2)], ids=["for good", "for now"])
async def test_a_refusal_for_good_is_dropped_and_counted(status: int, dropped: int, posts: int) -> None:
    peers = Peers(status=status)
    await peers.push(FIRING)
    assert peers.mirror.counters()["alertmanager_dropped"] == dropped
    peers.posts.clear()
    await peers.push(FIRING, after_ns=10 * SECOND)
    assert len(peers.posts) == posts


def part(alert: dict[str, object], name: str) -> dict[str, str]:
    found = alert[name]
    assert isinstance(found, dict)
    return found


def signalled(*signals: TierState, progress_ns: int | None = -1) -> Status:
    return a_status(a_tier(), signals=signals, progress_ns=progress_ns)


async def test_a_burning_partition_is_told_by_name() -> None:
    sign = a_sign(Kind.PARTITION, firing=True, sources=("orders-canary/main/7", "orders-canary/main/9"))
    (alert,) = await Peers().push(signalled(sign))
    labels, notes = part(alert, "labels"), part(alert, "annotations")
    assert (labels["alertname"], labels["tier"], labels["severity"]) == ("SloBurning", "page-partition", "page")
    assert notes["partitions"] == "orders-canary/main/7 and orders-canary/main/9"


async def test_another_partition_that_burns_is_told_at_once() -> None:
    peers, one = Peers(), a_sign(Kind.PARTITION, firing=True, sources=("7",))
    await peers.push(signalled(one))
    assert await peers.push(signalled(one)) == []
    (alert,) = await peers.push(signalled(replace(one, sources=("7", "9"))))
    assert part(alert, "annotations")["partitions"] == "7 and 9"


async def test_silence_is_an_alert_of_its_own_name_and_says_since_when() -> None:
    (alert,) = await Peers().push(signalled(a_sign(Kind.NO_DATA, firing=True), progress_ns=NOON - MINUTE))
    assert part(alert, "labels")["alertname"] == "SloNoData"
    assert from_rfc3339(part(alert, "annotations")["silent_since"]) == NOON - MINUTE


async def test_collectors_that_never_spoke_are_silent_since_no_known_time() -> None:
    (alert,) = await Peers().push(signalled(a_sign(Kind.NO_DATA, firing=True), progress_ns=None))
    assert "silent_since" not in part(alert, "annotations")


async def test_too_little_coverage_is_told_with_its_share() -> None:
    sign = a_sign(Kind.COVERAGE, firing=True)
    (alert,) = await Peers().push(signalled(replace(sign, long=a_reading(HOUR, 0, 300, Fraction(3, 4)))))
    assert (part(alert, "labels")["alertname"], part(alert, "annotations")["coverage"]) == ("SloLowCoverage", "75 %")


async def test_the_early_detector_warns_under_its_own_name() -> None:
    (alert,) = await Peers().push(signalled(a_sign(Kind.EARLY, firing=True)))
    assert (part(alert, "labels")["alertname"], part(alert, "labels")["severity"]) == ("SloEarlyWarning", "early")


async def test_a_sign_that_is_gone_is_resolved() -> None:
    peers = Peers()
    await peers.push(signalled(a_sign(Kind.NO_DATA, firing=True)))
    (alert,) = await peers.push(signalled(replace(a_sign(Kind.NO_DATA, quiet_ns=0), since_ns=peers.now_ns)))
    assert ends_in(alert, peers.now_ns) <= 0


async def test_a_sign_that_says_nothing_for_a_while_is_not_taken_for_removed() -> None:
    peers = Peers()
    await peers.push(signalled(a_sign(Kind.COVERAGE, firing=True)))
    assert await peers.push(signalled(), after_ns=2 * MINUTE) == []


async def test_a_sign_that_is_switched_off_is_closed() -> None:
    peers = Peers()
    await peers.push(signalled(a_sign(Kind.EARLY, firing=True)))
    deaf = replace(an_slo(), alerting=Alerting(signals=Signals(early=None)))
    peers.catalogue = a_catalogue(slos=[deaf])
    (alert,) = await peers.push(signalled())
    assert "was removed or changed" in part(alert, "annotations")["summary"]


async def test_objectives_that_have_nothing_to_tell_are_not_looked_at() -> None:
    class Unmade(Given):
        def __getitem__(self, name: str) -> Status:
            raise AssertionError(f"{name} was looked at")

    peers = Peers()
    never = a_status(a_tier(), a_tier(1, quiet_ns=HOUR))
    long_ago = replace(never, tiers=tuple(replace(t, since_ns=NOON - HOUR) for t in never.tiers))
    await peers.mirror.push(peers.catalogue, Unmade({long_ago.slo: long_ago}))
    assert peers.posts == []
