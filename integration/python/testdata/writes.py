"""The writes of writes_test.go, by Python's coodie: HOST KEYSPACE."""

import sys
import warnings
from datetime import date, datetime, time, timezone
from decimal import Decimal
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Optional
from uuid import UUID

from coodie import fields as f
from coodie.sync import BatchQuery, CounterDocument, Document, init_coodie
from coodie.types import CqlDuration
from coodie.usertype import UserType

warnings.simplefilter("ignore")

host, keyspace = sys.argv[1:]
init_coodie(hosts=[host], keyspace=keyspace, driver_type="cassandra")

RANDOM = UUID("5ba2b3c4-0d6e-4f70-8a91-b2c3d4e5f607")
TIMED = UUID("50554d6e-29bb-11e5-b345-feff819cdc9f")


class Scalars(Document):
    id: Annotated[int, f.PrimaryKey()]
    c_text: Optional[str] = None
    c_ascii: Annotated[Optional[str], f.Ascii()] = None
    c_int: Optional[int] = None
    c_tiny: Annotated[Optional[int], f.TinyInt()] = None
    c_small: Annotated[Optional[int], f.SmallInt()] = None
    c_big: Annotated[Optional[int], f.BigInt()] = None
    c_varint: Annotated[Optional[int], f.VarInt()] = None
    c_float: Optional[float] = None
    c_double: Annotated[Optional[float], f.Double()] = None
    c_bool: Optional[bool] = None
    c_blob: Optional[bytes] = None
    c_uuid: Optional[UUID] = None
    c_timeuuid: Annotated[Optional[UUID], f.TimeUUID()] = None
    c_timestamp: Optional[datetime] = None
    c_date: Optional[date] = None
    c_time: Optional[time] = None
    c_decimal: Optional[Decimal] = None
    c_inet: Optional[IPv4Address] = None
    c_inet6: Optional[IPv6Address] = None
    c_duration: Annotated[Optional[CqlDuration], f.Duration()] = None
    c_vector: Optional[Annotated[list[float], f.Vector(3)]] = None
    c_tuple: Optional[tuple[str, int]] = None

    class Settings:
        name = "scalars"


def full(id: int) -> Scalars:
    return Scalars(
        id=id, c_text="füll ✓ 'quoted'", c_ascii="plain", c_int=-2147483648, c_tiny=-128, c_small=32767,
        c_big=2**63 - 1, c_varint=-(2**80), c_float=0.1, c_double=-1e300, c_bool=False, c_blob=b"\x00\xff",
        c_uuid=RANDOM, c_timeuuid=TIMED, c_timestamp=datetime(1969, 12, 31, 23, 59, 59, 123000, timezone.utc),
        c_date=date(1969, 12, 31), c_time=time(23, 59, 59, 123456), c_decimal=Decimal("-12.3400"),
        c_inet=IPv4Address("10.1.2.3"), c_inet6=IPv6Address("2001:db8::1"),
        c_duration=CqlDuration(14, 3, 4_000_000_001), c_vector=[1.0, -2.5, 0.125], c_tuple=("a", 1),
    )


class Collections(Document):
    id: Annotated[str, f.PrimaryKey()]
    names: list[str] = []
    tags: set[str] = set()
    counts: dict[str, int] = {}
    fixed: Annotated[list[int], f.Frozen()] = []
    nested: dict[str, Annotated[list[int], f.Frozen()]] = {}

    class Settings:
        name = "collections"


class Place(UserType):
    city: Optional[str] = None
    zip: Optional[int] = None


class Person(UserType):
    name: Optional[str] = None
    home: Optional[Place] = None
    phones: Optional[Annotated[list[str], f.Frozen()]] = None


class People(Document):
    id: Annotated[int, f.PrimaryKey()]
    person: Optional[Person] = None
    places: list[Place] = []
    by_name: dict[str, Place] = {}

    class Settings:
        name = "people"


class Feed(Document):
    owner: Annotated[str, f.PrimaryKey(partition_key_index=0)]
    year: Annotated[int, f.PrimaryKey(partition_key_index=1)]
    day: Annotated[int, f.ClusteringKey(order="DESC", clustering_key_index=0)]
    slot: Annotated[str, f.ClusteringKey(clustering_key_index=1)]
    title: Annotated[Optional[str], f.Static()] = None
    body: Optional[str] = None
    likes: Optional[int] = None

    class Settings:
        name = "feed"


class Config(Document):
    key: Annotated[str, f.PrimaryKey()]
    value: Optional[str] = None
    version: Optional[int] = None

    class Settings:
        name = "config"


class Views(CounterDocument):
    page: Annotated[str, f.PrimaryKey()]
    day: Annotated[int, f.ClusteringKey()]
    hits: Annotated[int, f.Counter()] = 0
    users: Annotated[int, f.Counter()] = 0

    class Settings:
        name = "views"


for model in (Scalars, Collections, People, Feed, Config, Views):
    model.sync_table()

# scalars
full(1).save()
Scalars(id=2).save()
full(3).insert()
full(4).save()
Scalars(id=4).save()
full(5).save(ttl=3600, timestamp=1_000_000)
full(6).save(timestamp=2_000_000)
Scalars(id=6).delete(timestamp=1_500_000)
full(7).save(timestamp=2_000_000)
Scalars(id=7).delete(timestamp=2_000_000)
full(8).save()
full(8).delete_columns("c_text", "c_tuple")

# collections
a = dict(names=["b", "c"], tags={"x", "y"}, counts={"one": 1, "two": 2}, fixed=[3, 1], nested={"k": [2, 1]})
Collections(id="whole", **a).save()
Collections(id="empty").save()
Collections(id="emptied", **a).save()
Collections(id="emptied").save()
Collections(id="changed", **a).save()
changed = Collections.find(id="changed")
changed.update(names__append=["d", "e"])
changed.update(names__prepend=["a"])
changed.update(names__remove=["c"])
changed.update(names__setindex=(0, "A"))
changed.update(tags__add={"z"}, counts__add={"three": 3})
changed.update(tags__remove={"x"}, counts__remove={"one"})
changed.update(counts__put=("two", 22))
changed.update(nested__put=("n", [9]))
Collections(id="element", **a).save()
Collections(id="element").delete_columns(collection_elements=[("counts", "one")])
Collections(id="created").update(tags__add={"only"})

# user-defined types
People(
    id=1,
    person=Person(name="Ann", home=Place(city="Oslo", zip=150), phones=["1", "2"]),
    places=[Place(city="Rome"), Place(zip=7)],
    by_name={"x": Place(city="Bonn", zip=53)},
).save()
People(id=2, person=Person(name="Bob")).save()
People(id=3).save()

# clustering columns and statics
for day in range(1, 6):
    for slot in ("a", "b"):
        Feed(owner="ann", year=2026, day=day, slot=slot, title=f"t{day}{slot}", body=f"{day}{slot}", likes=day).save()
Feed(owner="ann", year=2026, day=1, slot="a").delete()
Feed.find(owner="ann", year=2026, day=2).delete()
Feed.find(owner="ann", year=2026, day__gt=4).delete()
Feed.find(owner="ann", year=2026, day=3, slot="a").update(body="new", likes=None)
Feed.find(owner="ann", year=2026, day=9, slot="z").update(ttl=3600, body="mortal")
Feed.find(owner="ann", year=2026).update(title="static")
Feed(owner="bob", year=2025, day=1, slot="a", title="alone").save()
Feed.find(owner="bob", year=2025).delete()
Feed.find().create(owner="eve", year=2024, day=1, slot="a", likes=1)

# lightweight transactions
results = []
results.append(Config(key="a", value="1", version=1).insert())
results.append(Config(key="a", value="2", version=2).insert())
results.append(Config(key="a").update(value="3", version=2, if_conditions={"version": 1}))
results.append(Config(key="a").update(value="4", if_conditions={"version": 1}))
results.append(Config(key="b").update(value="5", if_exists=True))
results.append(Config(key="a").update(value="6", if_exists=True))
Config(key="c", value="c", version=1).save()
results.append(Config(key="c").delete(if_conditions={"version__gt": 5}))
results.append(Config(key="c").delete(if_conditions={"version": 1}))
results.append(Config(key="d").delete(if_exists=True))
Config(key="e", value="e", version=1).save()
results.append(Config(key="e").delete(if_exists=True))
results.append(Config.find().if_not_exists().ttl(3600).create(key="f", value="f", version=1))
results.append(Config.find(key="f").update(value="ff", if_conditions={"version__in": [1, 2]}))

# batches
with BatchQuery() as batch:
    Config(key="g", value="g", version=1).save(batch=batch)
    Config(key="h", value="h", version=1).save(batch=batch)
    Config(key="f").delete(batch=batch)
with BatchQuery(logged=False) as batch:
    Feed(owner="bat", year=1, day=1, slot="a", likes=1).save(batch=batch)
    Feed(owner="bat", year=1, day=2, slot="a", likes=2).save(batch=batch)
with BatchQuery() as batch:
    Feed(owner="bat", year=1, day=3, slot="a", likes=3).insert(batch=batch)
    Feed(owner="bat", year=1, day=4, slot="a", likes=4).insert(batch=batch)
results.append(batch.result)
with BatchQuery() as batch:
    Feed(owner="bat", year=1, day=4, slot="a", likes=44).insert(batch=batch)
    Feed(owner="bat", year=1, day=5, slot="a", likes=55).insert(batch=batch)
results.append(batch.result)

# counters
page = Views(page="home", day=1)
page.increment(hits=3, users=1)
page.decrement(hits=1)
Views(page="home", day=2).increment(hits=-5)

print("".join("01"[r.applied] for r in results))
