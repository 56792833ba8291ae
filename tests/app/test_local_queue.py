"""The queue within one process keeps the contract of queues."""

from __future__ import annotations

import pytest

from app.jobs.local import LocalQueue
from tests.contracts.job_queue import JobQueueContract


class TestLocalQueue(JobQueueContract):
    """A queue of eight places."""

    @pytest.fixture
    def places(self) -> int:
        return 8

    @pytest.fixture
    def dispatcher(self, places: int) -> LocalQueue:
        return LocalQueue(places)

    @pytest.fixture
    def worker(self, dispatcher: LocalQueue) -> LocalQueue:
        return dispatcher
