package main

import (
	"context"
	"runtime"
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
	for i, c := range contenders {
		const warmUp = 50
		first, err := measure(warmUp, func() error { return o.run(ctx, c, i) })
		if err != nil {
			return nil, err
		}
		n[i] = max(1, int(float64(span)/max(first.cpu, 1)))
	}
	for round := range rounds {
		for turn := range contenders {
			i := turn
			if round%2 == 1 {
				i = len(contenders) - 1 - turn
			}
			m, err := measure(n[i], func() error { return o.run(ctx, contenders[i], i) })
			if err != nil {
				return nil, err
			}
			out[i] = append(out[i], m)
		}
	}
	return out, nil
}
