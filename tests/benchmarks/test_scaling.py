"""The simulation of many workers comes out where arithmetic says it must."""

from __future__ import annotations

import pytest

from benchmarks.scaling import Clock, Costs, Lane, Scene, Station, capacity, knee, measured

COSTS = Costs(news=0)
SCENE = Scene(targets=5_000, interval=60.0, hosts=5_000, cores=2, costs=COSTS)
SERVER_S = COSTS.look + COSTS.end + COSTS.seat


def test_a_station_serves_so_many_at_once_and_a_lane_one() -> None:
    clock, ended = Clock(), list[float]()
    station = Station(clock, servers=2)
    for _ in range(3):
        station.serve(1.0, lambda: ended.append(clock.now))
    clock.run(10)
    assert (ended, station.busy) == ([1, 1, 2], 3)
    lane = Lane(Station(clock, servers=2), rest=0.5)
    start = clock.now
    for _ in range(2):
        lane.serve(1.0, lambda: ended.append(clock.now - start))
    clock.run(20)
    assert ended[3:] == [1.5, 3.0]


def test_one_worker_is_held_by_its_loop() -> None:
    one = capacity(SCENE, 1)
    busiest = 1 / COSTS.work
    waits = SCENE.at_once / (COSTS.answer + COSTS.work + COSTS.flush + SERVER_S)
    assert 0.85 * min(busiest, waits) < one["visits_s"] <= min(busiest, waits) * 1.01


def test_many_workers_are_held_by_the_server() -> None:
    many = capacity(SCENE, 24)
    assert many["visits_s"] == pytest.approx(SCENE.cores / SERVER_S, rel=0.03)
    assert many["server_busy"] == pytest.approx(1, abs=0.02)
    assert many["loops_busy"] < 0.6


def test_workers_beside_the_server_share_its_cores() -> None:
    beside = Scene(targets=5_000, interval=60.0, hosts=5_000, cores=2, together=True, costs=COSTS)
    assert capacity(beside, 8)["visits_s"] == pytest.approx(2 / (SERVER_S + COSTS.work), rel=0.03)


def test_a_host_is_asked_no_more_often_than_it_may_be() -> None:
    one_host = Scene(targets=500, interval=0.0, hosts=1, host_delay=0.25, costs=COSTS)
    assert measured(one_host, 4)["visits_s"] == pytest.approx(4, abs=0.3)


def test_what_can_be_done_is_done_in_time_and_what_cannot_is_late() -> None:
    assert measured(SCENE, 1)["late_p95"] < 0.1
    too_much = Scene(targets=40_000, interval=60.0, hosts=40_000, cores=2, costs=COSTS)
    assert measured(too_much, 1)["late_p50"] > 5


def test_the_knee_is_where_a_further_worker_adds_little() -> None:
    assert knee({1: 100, 2: 200, 4: 390, 8: 420, 16: 425}) == 4
    assert knee({1: 100, 2: 200}) is None
