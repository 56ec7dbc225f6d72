package main

func Example() {
	main()
	// Output:
	// host-1 works, with token 1
	// host-2 waits for host-1
	// host-2 works, with token 2
}
