// Package apache tests the embedded server with Apache's driver, and has the program of a
// new user of that driver.
package apache
