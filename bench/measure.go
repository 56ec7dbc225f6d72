package main

import (
	"context"
	"errors"
	"runtime"
	"runtime/debug"
	"syscall"
	"time"
)

// cost is what an operation costs: allocations, bytes allocated, and nanoseconds of CPU
// that the process spent, in the kernel too.
type cost[V any] struct{ allocs, bytes, cpu V }

func (c cost[V]) each() [3]V { return [3]V{c.allocs, c.bytes, c.cpu} }

// measure runs f n times.
func measure(n int, f func() error) (cost[float64], error) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := cpuTime()
	for range n {
		if err := f(); err != nil {
			return cost[float64]{}, err
		}
	}
	spent := cpuTime() - start
	runtime.ReadMemStats(&after)
	return cost[float64]{
		allocs: float64(after.Mallocs-before.Mallocs) / float64(n),
		bytes:  float64(after.TotalAlloc-before.TotalAlloc) / float64(n),
		cpu:    float64(spent) / float64(n),
	}, nil
}

// crowd is how many calls are under way at once where each has a goroutine of its own.
const crowd = 200

// inCrowd has each of crowd goroutines that have just begun call f once. They stay until until is closed.
func inCrowd(f func() error, until <-chan struct{}) error {
	ended := make(chan error, crowd)
	for range crowd {
		go func() {
			ended <- f()
			<-until
		}()
	}
	var errs []error
	for range crowd {
		errs = append(errs, <-ended)
	}
	return errors.Join(errs...)
}

// stack is the size to which the stack of a new goroutine grows that calls f.
func stack(f func() error) (bytes float64, err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(-1)) // the collector shrinks stacks
	var before, after runtime.MemStats
	until := make(chan struct{})
	defer close(until)
	runtime.GC() // also frees the stacks of goroutines that have ended
	runtime.ReadMemStats(&before)
	err = inCrowd(f, until)
	runtime.ReadMemStats(&after)
	return (float64(after.StackInuse) - float64(before.StackInuse)) / crowd, err
}

// cpuTime is the time that this process has spent on a CPU.
func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err) // cannot be: the arguments are constant
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// samples are the costs of one operation for each contender.
type samples [][]cost[float64]

// sample measures the operation: rounds rounds, in each of which the contenders take turns,
// so that what disturbs the machine disturbs all of them: the shorter the turns, the more so. Every
// other round goes the opposite way.
func sample(ctx context.Context, o operation, contenders []contender, rounds int, span time.Duration) (samples, error) {
	out := make(samples, len(contenders))
	n := make([]int, len(contenders))
	stacks := make([]float64, len(contenders))
	turn := func(i, n int) (cost[float64], error) {
		call, calls := func() error { return o.run(ctx, contenders[i], i) }, 1
		if o.apart {
			none := make(chan struct{})
			close(none)
			one := call
			call, calls = func() error { return inCrowd(one, none) }, crowd
		}
		// In the others' turns the garbage collector has taken what is kept for the next call.
		if err := call(); err != nil {
			return cost[float64]{}, err
		}
		m, err := measure(max(1, n/calls), call)
		by := float64(calls)
		return cost[float64]{m.allocs / by, m.bytes/by + stacks[i], m.cpu / by}, err
	}
	for i, c := range contenders {
		const warmUp = 50
		first, err := turn(i, warmUp)
		if err != nil {
			return nil, err
		}
		n[i] = max(1, int(float64(span)/max(first.cpu, 1)))
		if o.apart {
			if stacks[i], err = stack(func() error { return o.run(ctx, c, i) }); err != nil {
				return nil, err
			}
		}
	}
	for round := range rounds {
		for place := range contenders {
			i := place
			if round%2 == 1 {
				i = len(contenders) - 1 - place
			}
			m, err := turn(i, n[i])
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], m)
		}
	}
	return out, nil
}
