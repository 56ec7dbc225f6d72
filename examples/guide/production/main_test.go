package main

func Example() {
	main()
	// Output:
	// migration steps: 2
	// ann has the lock: true
	// bob has the lock: false
	// lock: 2 LWTs, 1 refused, 1 unknown, 1 settled
}
