package main

func Example() {
	main()
	// Output:
	// 200
	// 200
	// 2 1 true
	// 400
}
