package main

func Example() {
	main()
	// Output:
	// true [holder = ?: held]
	// true [holder = ?: held]
	// false [holder = ?: not held]
	// false [holder = ?: held]
}
