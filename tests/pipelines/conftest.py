"""A cluster of two workers on this machine, for what is given to one."""

import pytest


@pytest.fixture(scope="module")
def address():
    distributed = pytest.importorskip("distributed")
    # Dask leaves connections of its own for the collector of garbage.
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=":0", silence_logs=50
    ) as cluster:
        yield cluster.scheduler_address
