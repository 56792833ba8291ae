"""The desk's use cases: intake, reports, the watch list, the queue, hash lists, people, audit."""
