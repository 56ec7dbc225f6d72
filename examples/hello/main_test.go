package main

func Example() {
	main()
	// Output:
	// ann holds the lock
	// bob waits for ann
	// released: true
	// bob may hold the lock
	// bob holds the lock
}
