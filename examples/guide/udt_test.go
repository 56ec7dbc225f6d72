package guide_test

import (
	"fmt"

	"github.com/gocql/gocql"

	"github.com/coodie-go/coodie"
)

type Address struct {
	Street  string
	City    string
	Zipcode int
}

type Customer struct {
	UserID   gocql.UUID         `cql:"user_id,partition"`
	Home     *Address           `cql:"home"`
	Offices  []Address          `cql:"offices"`
	Contacts map[string]Address `cql:"contacts"`
}

var (
	home = coodie.NullCol(func(c *Customer) **Address { return &c.Home })
	city = coodie.Field(home, func(a *Address) *string { return &a.City })
)

// A struct in a struct is a user-defined type. Create makes the types first, those that
// others hold before them.
func Example_userDefinedTypes() {
	db, _, stop := connect()
	defer stop()
	customers := open[Customer](db)
	for _, statement := range coodie.Schema(db, customers).CQL() {
		fmt.Println(statement)
	}

	customer := customers.New(Customer{
		UserID:   gocql.MustRandomUUID(),
		Home:     &Address{"1 Main St", "Springfield", 12345},
		Offices:  []Address{{"2 Side St", "Shelbyville", 54321}},
		Contacts: map[string]Address{"mum": {"3 High St", "Ogdenville", 11111}},
	})
	check(customer.Save(ctx))

	res, err := customer.If(city.Eq("Springfield")).Update(ctx, city.Set("Capital City"))
	answer("move", res, err)
	read, err := customers.Find(coodie.AnyCol(customers, "user_id").Eq(customer.Value.UserID)).Get(ctx)
	check(err)
	fmt.Println(*read.Home, read.Offices, read.Contacts)
	// Output:
	// CREATE TYPE IF NOT EXISTS address (street text, city text, zipcode int)
	// CREATE TABLE IF NOT EXISTS customer (user_id uuid, home address, offices list<frozen<address>>, contacts map<text, frozen<address>>, PRIMARY KEY (user_id))
	// move applied
	// {1 Main St Capital City 12345} [{2 Side St Shelbyville 54321}] map[mum:{3 High St Ogdenville 11111}]
}
