package main

func Example() {
	main()
	// Output:
	// gocql: true
	// coodie: false - held by ann
	// handed over: true
}
