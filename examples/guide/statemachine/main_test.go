package main

func Example() {
	main()
	// Output:
	// pay led from placed to paid
	// ship led from paid to shipped
	// cancel is not allowed: the order is shipped
}
