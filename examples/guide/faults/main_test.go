package main

func Example() {
	main()
	// Output:
	// unknown: true
	// applied: true - still unknown: false
	// the fault struck 1 time
	// unknown: true
	// applied: false - still unknown: true
}
