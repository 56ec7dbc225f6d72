module github.com/coodie-go/coodie/linear

go 1.25.0

require (
	github.com/anishathalye/porcupine v1.3.1
	github.com/coodie-go/coodie v0.0.0
	github.com/gocql/gocql v1.7.0
	github.com/stretchr/testify v1.12.1
)

require (
	github.com/datastax/go-cassandra-native-protocol v0.0.0-20260130100129-9d5b43677a33 // indirect
	github.com/golang/snappy v0.0.4 // indirect
	github.com/hailocab/go-hostpool v0.0.0-20160125115350-e80d13ce29ed // indirect
	github.com/kljensen/snowball v0.10.0 // indirect
	github.com/scylladb/go-reflectx v1.0.1 // indirect
	github.com/scylladb/gocqlx/v2 v2.8.0 // indirect
	github.com/tidwall/btree v1.8.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
)

replace github.com/coodie-go/coodie => ../
