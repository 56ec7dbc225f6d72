package guide_test

import (
	"fmt"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type ProductEmbedding struct {
	ProductID gocql.UUID  `cql:"product_id,partition,default=uuid()"`
	Name      string      `cql:"name"`
	Embedding *[4]float32 `cql:"embedding,index=sai similarity_function=cosine"`
}

func (ProductEmbedding) TableName() string { return "product_embeddings" }

var (
	embeddingID = coodie.Col(func(p *ProductEmbedding) *gocql.UUID { return &p.ProductID })
	embedding   = coodie.NullCol(func(p *ProductEmbedding) **[4]float32 { return &p.Embedding })
)

// An array is a vector; its length is that of the column, so the compiler holds it.
func Example_vectorSearch() {
	db, _, stop := connect()
	defer stop()
	products := open[ProductEmbedding](db)
	for _, statement := range coodie.Schema(db, products).CQL() {
		fmt.Println(statement)
	}
	widget := products.New(ProductEmbedding{Name: "Widget", Embedding: &[4]float32{0.1, 0.1, 0.1, 0.1}})
	check(widget.Save(ctx))

	row := products.Find(embeddingID.Eq(widget.Value.ProductID))
	fmt.Println(coodie.Values(row, coodie.Cosine(embedding, [4]float32{7, 7, 7, 7})).First(ctx))
	// Output:
	// CREATE TABLE IF NOT EXISTS product_embeddings (product_id uuid, name text, embedding vector<float, 4>, PRIMARY KEY (product_id))
	// CREATE INDEX IF NOT EXISTS product_embeddings_embedding_idx ON product_embeddings (embedding) USING 'sai' WITH OPTIONS = {'similarity_function': 'cosine'}
	// 1 <nil>
}

// The nearest first: at most 1000, in one page. cqltest refuses ANN by name, so this Example
// is compiled only; on Cassandra 5.0 the suite of the project runs such queries.
func Example_vectorSearchANN() {
	db, _, stop := connect()
	defer stop()
	products := open[ProductEmbedding](db)
	type Match struct {
		Name       string
		Similarity float32
	}
	wanted := [4]float32{0.1, 0.2, 0.3, 0.4}
	nearest := products.Find().OrderBy(coodie.ANN(embedding, wanted)).Limit(10)
	for match, err := range coodie.Project[Match](nearest, coodie.As(coodie.Cosine(embedding, wanted), "similarity")).Iter(ctx) {
		check(err)
		fmt.Println(match.Name, match.Similarity)
	}
}

// What cannot be is refused when the table is opened, or before anything is sent.
func Example_vectorSearchRefused() {
	db, _, stop := connect()
	defer stop()
	type Text struct {
		ID   int       `cql:"id,partition"`
		Text []float32 `cql:"text,type=vector<float, 0>"`
	}
	_, err := coodie.Open[Text](db)
	fmt.Println(err)
	type Key struct {
		ID [2]float32 `cql:"id,partition,index=sai"`
	}
	_, err = coodie.Open[Key](db)
	fmt.Println(err)
	products := open[ProductEmbedding](db)
	_, err = products.Find().OrderBy(coodie.ANN(embedding, [4]float32{1})).All(ctx)
	fmt.Println(err)
	// Output:
	// coodie: guide_test.Text.Text: codec as CQL vector<float, 0>: not a CQL type: the length of a vector must be a positive number
	// coodie: guide_test.Key.ID: the only partition key column takes no index: it is found by itself
	// coodie: select product_embeddings: column embedding: ANN needs a Limit, of 1000 at most
}
