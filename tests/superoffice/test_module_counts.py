"""The seats of a license as this face counts them, without a server (decision 15)."""

from hypothesis import given
from hypothesis import strategies as st

from seatkeeper.licensing.entities import Pool
from seatkeeper.superoffice.module_rows import counted

numbers = st.integers(0, 2**31 - 1)


@given(seats=numbers, concurrent=numbers, users=numbers, stations=numbers, in_use=numbers, unrestricted=st.booleans())
def test_total_is_free_plus_in_use_always(
    *, seats: int, concurrent: int, users: int, stations: int, in_use: int, unrestricted: bool
) -> None:
    pool = Pool(
        license_id=1,
        assignable_seats=seats,
        concurrent_seats=concurrent,
        unrestricted=unrestricted,
        assigned_users=users,
        assigned_stations=stations,
        concurrent_in_use=in_use,
    )
    total, free, taken = counted(pool)
    assert total == free + taken
    assert taken == users + stations, "concurrent use does not count here"
    assert total == (max(seats, taken) if unrestricted else seats)
    assert free >= 0 or (not unrestricted and taken > seats)
