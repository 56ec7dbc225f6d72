module github.com/coodie-go/coodie/integration

go 1.25.0

require github.com/coodie-go/coodie v0.0.0

// This module is never installed by a user: it always tests the tree it stands in.
replace github.com/coodie-go/coodie => ../
