"""Exercises the server at argv[1] (host:port) with the DataStax Python driver."""

import logging
import sys
import time
import uuid

from cassandra import ConsistencyLevel, InvalidRequest, WriteTimeout
from cassandra.auth import PlainTextAuthProvider
from cassandra.cluster import Cluster
from cassandra.query import BatchStatement, SimpleStatement, dict_factory, named_tuple_factory, tuple_factory

logging.basicConfig(level=logging.WARNING)

host, port = sys.argv[1].rsplit(":", 1)
options = dict(arg.split("=") for arg in sys.argv[2:])


def connect(**more):
    if "user" in options:
        more["auth_provider"] = PlainTextAuthProvider(options["user"], options["password"])
    if "compression" in options:
        more["compression"] = options["compression"]
    if "version" in options:
        more["protocol_version"] = int(options["version"])
    cluster = Cluster([host], port=int(port), **more)
    return cluster, cluster.connect()


cluster, session = connect()
assert cluster.protocol_version == int(options.get("version", options.get("expected", 5))), cluster.protocol_version

session.execute("CREATE KEYSPACE py WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}")
session.set_keyspace("py")
session.execute("CREATE TYPE address (street text, no int)")
session.execute(
    "CREATE TABLE items (k int, c int, v text, tags set<text>, home frozen<address>, id uuid, d date, dur duration,"
    " small smallint, s text static, PRIMARY KEY (k, c)) WITH CLUSTERING ORDER BY (c DESC)"
)

# The driver's own picture of the schema.
table = cluster.metadata.keyspaces["py"].tables["items"]
assert [c.name for c in table.partition_key] == ["k"]
assert [c.name for c in table.clustering_key] == ["c"]
assert table.columns["c"].is_reversed
assert table.columns["s"].is_static
assert table.columns["tags"].cql_type == "set<text>"
assert "address" in cluster.metadata.keyspaces["py"].user_types
assert "CREATE TABLE py.items" in table.export_as_string()

# Prepared, with nulls, types and paging.
insert = session.prepare("INSERT INTO items (k, c, v, tags, id, d, dur, small) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
assert insert.routing_key_indexes == [0], insert.routing_key_indexes
row_id = uuid.uuid4()
from cassandra.util import Date, Duration

for c in range(25):
    session.execute(insert, (1, c, None if c == 3 else "v%d" % c, {"a", "b"}, row_id, Date(-1), Duration(1, 2, 3), -5))
select = session.prepare("SELECT c, v, tags, id, d, dur, small FROM items WHERE k = ?")
select.fetch_size = 7
rows = list(session.execute(select, (1,)))
assert [r.c for r in rows] == list(range(24, -1, -1)), rows
assert rows[21].v is None and rows[0].v == "v24"
assert rows[0].tags == {"a", "b"} and rows[0].id == row_id and rows[0].d == Date(-1)
assert rows[0].dur == Duration(1, 2, 3) and rows[0].small == -5
simple = SimpleStatement("SELECT * FROM items", fetch_size=10)
assert len(list(session.execute(simple))) == 25

# Named values, and unset ones by leaving them out.
update = session.prepare("UPDATE items SET v = :v, s = :s WHERE k = :k AND c = :c")
session.execute(update, {"c": 1, "k": 1, "v": "named"} if cluster.protocol_version >= 4 else {"c": 1, "k": 1, "v": "named", "s": None})
assert session.execute("SELECT v FROM items WHERE k = 1 AND c = 1").one().v == "named"
session.execute("UPDATE items SET v = %(v)s WHERE k = %(k)s AND c = 2", {"k": 1, "v": "it's"})
assert session.execute("SELECT v FROM items WHERE k = 1 AND c = 2").one().v == "it's"

# Lightweight transactions, in the driver's three row forms.
session.execute("CREATE TABLE t (k int PRIMARY KEY, v int, x int)")
for factory, seen in (
    (named_tuple_factory, lambda r: (r[0], r.v, r.x)),
    (tuple_factory, lambda r: r),
    (dict_factory, lambda r: (r["[applied]"], r["v"], r["x"])),
):
    session.row_factory = factory
    session.execute("TRUNCATE t")
    assert session.execute("INSERT INTO t (k, v) VALUES (0, 0) IF NOT EXISTS").was_applied
    again = session.execute("INSERT INTO t (k, v) VALUES (0, 0) IF NOT EXISTS")
    assert not again.was_applied
    cas = session.prepare("UPDATE t SET v = ?, x = ? WHERE k = 0 IF v = ?")
    cas.serial_consistency_level = ConsistencyLevel.LOCAL_SERIAL
    assert session.execute(cas, (1, 2, 0)).was_applied
    refused = session.execute("UPDATE t SET v = 9 WHERE k = 0 IF v = 0 AND x = 1")
    assert not refused.was_applied
    assert seen(refused.one()) == (False, 1, 2)
session.row_factory = named_tuple_factory

batch = BatchStatement()
batch.add(insert, (2, 1, "a", set(), None, None, None, None))
batch.add("UPDATE items SET v = 'x' WHERE k = 2 AND c = 2 IF v = null")
assert session.execute(batch).was_applied

# A user-defined type as a class of its own.
class Address:
    def __init__(self, street, no):
        self.street, self.no = street, no


cluster.register_user_type("py", "address", Address)
session.execute(session.prepare("INSERT INTO items (k, c, home) VALUES (?, ?, ?)"), (3, 1, Address("Elm", 5)))
assert session.execute("SELECT home FROM items WHERE k = 3").one().home.no == 5

# Errors and events.
try:
    session.execute("SELECT * FROM nowhere")
    raise AssertionError("no error")
except InvalidRequest as e:
    assert "nowhere" in str(e), e
other, heard = connect()
session.execute("CREATE TABLE later (k int PRIMARY KEY)")
for _ in range(100):
    if "later" in other.metadata.keyspaces["py"].tables:
        break
    time.sleep(0.1)
else:
    raise AssertionError("no schema event")
session.execute("ALTER TABLE t ADD y int")
assert "y" in cluster.metadata.keyspaces["py"].tables["t"].columns

other.shutdown()
cluster.shutdown()
print("ok")
