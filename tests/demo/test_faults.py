from slo_service.demo.faults import Fault, Injection, Switches


def test_a_listener_hears_what_is_on_at_once_and_every_change():
    switches = Switches()
    heard: list[frozenset[Fault]] = []
    switches.turn(Fault.STALL, True)
    switches.listen(heard.append)
    switches.turn(Fault.DROP, True)
    switches.turn(Fault.STALL, False)
    assert heard == [{Fault.STALL}, {Fault.STALL, Fault.DROP}, {Fault.DROP}]


def test_turning_on_what_is_on_changes_nothing():
    switches = Switches()
    heard: list[frozenset[Fault]] = []
    switches.turn(Fault.STALL, True)
    switches.listen(heard.append)
    switches.turn(Fault.STALL, True)
    assert len(heard) == 1


def test_what_a_fault_hit_is_kept_by_fault_and_in_order():
    switches = Switches()
    hits = [Injection(Fault.DROP, f"e{number}", 0, canary=False) for number in range(3)]
    for hit in (*hits, Injection(Fault.DUPLICATE, "e9", 1, canary=True)):
        switches.record(hit)
    assert switches.injected(Fault.DROP) == tuple(hits)
    assert switches.count(Fault.DUPLICATE) == 1
