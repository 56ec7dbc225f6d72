package main

func Example() {
	main()
	// Output:
	// u1 is ann@example.org
	// u2 must choose another address
	// u1 is ann@example.org
}
