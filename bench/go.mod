module github.com/coodie-go/coodie/bench

go 1.25.0

// This module is never installed by a user: it always measures the tree it stands in.
replace (
	github.com/coodie-go/coodie => ../
	github.com/coodie-go/coodie/apache => ../apache
)

require (
	github.com/apache/cassandra-gocql-driver/v2 v2.1.2
	github.com/coodie-go/coodie v0.0.0
	github.com/coodie-go/coodie/apache v0.0.0
	github.com/gocql/gocql v1.7.0
	github.com/scylladb/gocqlx/v2 v2.8.0
	github.com/stretchr/testify v1.12.1
	gopkg.in/inf.v0 v0.9.1
)

require (
	github.com/aclements/go-moremath v0.0.0-20210112150236-f10218a38794 // indirect
	github.com/datastax/go-cassandra-native-protocol v0.0.0-20260130100129-9d5b43677a33 // indirect
	github.com/golang/snappy v0.0.4 // indirect
	github.com/hailocab/go-hostpool v0.0.0-20160125115350-e80d13ce29ed // indirect
	github.com/kljensen/snowball v0.10.0 // indirect
	github.com/scylladb/go-reflectx v1.0.1 // indirect
	github.com/tidwall/btree v1.8.1 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/perf v0.0.0-20250813145418-2f7363a06fe1
	golang.org/x/sync v0.22.0
)
