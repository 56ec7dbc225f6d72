module github.com/coodie-go/coodie/integration

go 1.25.0

require github.com/coodie-go/coodie v0.0.0

require (
	github.com/gocql/gocql v1.7.0 // indirect
	github.com/golang/snappy v0.0.4 // indirect
	github.com/hailocab/go-hostpool v0.0.0-20160125115350-e80d13ce29ed // indirect
	github.com/stretchr/testify v1.12.1 // indirect
	golang.org/x/sync v0.22.0 // indirect
	gopkg.in/inf.v0 v0.9.1 // indirect
)

// This module is never installed by a user: it always tests the tree it stands in.
replace github.com/coodie-go/coodie => ../
