module github.com/coodie-go/coodie

go 1.25.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/datastax/go-cassandra-native-protocol v0.0.0-20260130100129-9d5b43677a33
	github.com/gocql/gocql v1.7.0
	github.com/golang/snappy v0.0.4
	github.com/google/uuid v1.6.0
	github.com/kljensen/snowball v0.10.0
	github.com/scylladb/gocqlx/v2 v2.8.0
	github.com/stretchr/testify v1.12.1
	github.com/tidwall/btree v1.8.1
	go.uber.org/goleak v1.3.0
	golang.org/x/sync v0.22.0
	gopkg.in/inf.v0 v0.9.1
	pgregory.net/rapid v1.2.0
)

require (
	github.com/hailocab/go-hostpool v0.0.0-20160125115350-e80d13ce29ed // indirect
	github.com/scylladb/go-reflectx v1.0.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
