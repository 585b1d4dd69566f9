import json
import socket
from dataclasses import replace

from slo_service.domain.catalogue import Catalogue
from slo_service.domain.status import State
from tests.cli.conftest import Serve, run
from tests.show.fakes import COMPLETENESS, FRESHNESS, HEALTH, World, slo, status


def test_the_most_urgent_objective_is_the_first_line_and_burning_exits_1(serve: Serve) -> None:
    done = run("status", "--url", serve(World()))
    head, first, second = done.stdout.splitlines()
    assert head.startswith("STATE")
    assert first.split()[:2] == ["burning", "orders-freshness"]
    assert second.split()[:2] == ["healthy", "orders-completeness"]
    assert "95.9 %" in first
    assert "27.78×" in first
    assert done.exit_code == 1


def test_nothing_burning_exits_0(serve: Serve) -> None:
    quiet = World(judged={s.name: status(s, State.WARN) for s in (FRESHNESS, COMPLETENESS)})
    assert run("status", "--url", serve(quiet)).exit_code == 0


def test_what_is_not_known_is_a_dash_and_not_a_perfect_score(serve: Serve) -> None:
    done = run("status", "--url", serve(World(judged={})))
    assert "unknown" in done.stdout
    assert "100 %" not in done.stdout
    assert "–" in done.stdout


def test_one_objective_as_json_is_what_the_api_says(serve: Serve) -> None:
    done = run("status", "orders-freshness", "--url", serve(World()), "--json")
    body = json.loads(done.stdout)
    assert (body["name"], body["bad"], body["state"]) == ("orders-freshness", 600, "burning")
    assert done.exit_code == 1


def test_another_objectives_fire_is_not_this_ones(serve: Serve) -> None:
    assert run("status", "orders-completeness", "--url", serve(World())).exit_code == 0


def test_objectives_beyond_one_page_are_all_shown(serve: Serve) -> None:
    many = {f"slo-{number:04}": slo(f"slo-{number:04}") for number in range(501)}
    done = run("status", "--url", serve(World(definitions=Catalogue(slos=many), judged={})), "--json")
    assert [row["name"] for row in json.loads(done.stdout)["slos"]] == list(many)


def test_a_service_that_is_down_is_a_sentence_and_exit_2() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    done = run("status", "--url", f"http://127.0.0.1:{port}")
    assert (done.exit_code, done.stdout) == (2, "")
    assert "slo serve" in done.stderr
    assert "Traceback" not in done.stderr


def test_an_unknown_objective_is_answered_with_the_nearest_one(serve: Serve) -> None:
    done = run("status", "orders-freshnes", "--url", serve(World()))
    assert done.exit_code == 2
    assert "did you mean orders-freshness?" in done.stderr


def test_definitions_with_mistakes_are_mentioned_beside_the_data(serve: Serve) -> None:
    broken = World(service=replace(HEALTH, load=replace(HEALTH.load, ok=False)))
    done = run("status", "--url", serve(broken))
    assert "mistakes" in done.stderr
    assert "mistakes" not in done.stdout
