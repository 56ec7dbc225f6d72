package main

func Example() {
	main()
	// Output:
	// 3 views <nil>
	// 1 sold
	// 2 sold
	// 3 sold
}
