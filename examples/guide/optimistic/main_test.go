package main

func Example() {
	main()
	// Output:
	// balance 30
	// refused: too little money
	// applied: false balance is 30
}
