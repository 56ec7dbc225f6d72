package coodie_test

import (
	"context"
	"fmt"

	"github.com/coodie-go/coodie"
)

// Photo has a vector, which the index makes searchable.
type Photo struct {
	Name string      `cql:"name,partition"`
	Face *[3]float32 `cql:"face,index=sai similarity_function=cosine"`
}

var face = coodie.NullCol(func(p *Photo) **[3]float32 { return &p.Face })

// How like a vector is to another, from 0 to 1.
func ExampleCosine() {
	ctx := context.Background()
	session, _, stop := exampleSession()
	defer stop()
	db := coodie.New(session)
	photos, err := coodie.Open[Photo](db)
	must(err)
	must(coodie.Schema(db, photos).Create(ctx))
	must(photos.New(Photo{Name: "ada", Face: &[3]float32{0, 3, 4}}).Save(ctx))

	ada := photos.Find(coodie.AnyCol(photos, "name").Eq("ada"))
	fmt.Println(coodie.Values(ada, coodie.Cosine(face, [3]float32{0, 6, 8})).First(ctx))
	fmt.Println(coodie.Values(ada, coodie.Cosine(face, [3]float32{0, -3, -4})).First(ctx))
	fmt.Println(coodie.Values(ada, coodie.Euclidean(face, [3]float32{0, 3, 5})).First(ctx))
	fmt.Println(coodie.Values(ada, coodie.DotProduct(face, [3]float32{1, 0, 0})).First(ctx))
	_, err = coodie.Values(ada, coodie.Cosine(coodie.AnyCol(photos, "face"), any([]float32{1, 2}))).First(ctx)
	fmt.Println(err)
	// Output:
	// 1 <nil>
	// 0 <nil>
	// 0.5 <nil>
	// 0.5 <nil>
	// coodie: select photo (name): column face: Go []float32 as CQL vector<float, 3>: the slice has 2 elements, the vector 3
}

// The most like first, and how like they are. cqltest refuses ANN by name, so this
// Example is compiled only; integration/mapper runs such queries (TestANN).
func ExampleANN() {
	type Match struct {
		Name string
		How  float32
	}
	ctx := context.Background()
	session, _, stop := exampleSession() // a session on Cassandra 5.0
	defer stop()
	db := coodie.New(session)
	photos, err := coodie.Open[Photo](db)
	must(err)
	must(coodie.Schema(db, photos).Create(ctx)) // the index, too

	wanted := [3]float32{0.1, 0.2, 0.7}
	nearest := photos.Find().OrderBy(coodie.ANN(face, wanted)).Limit(10)
	for match, err := range coodie.Project[Match](nearest, coodie.As(coodie.Cosine(face, wanted), "how")).Iter(ctx) {
		must(err)
		fmt.Println(match.Name, match.How)
	}
}
