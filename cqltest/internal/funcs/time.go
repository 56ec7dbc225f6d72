package funcs

import (
	"math"
	"strings"
	"time"

	"github.com/coodie-go/coodie/cqltest/internal/types"
)

func timeFunctions() []*Function {
	var out []*Function
	// both adds a function under its name and under the older one without _.
	both := func(f *Function) {
		old := *f
		old.Name = strings.ReplaceAll(f.Name, "_", "")
		out = append(out, f, &old)
	}
	current := func(name string, t *types.Type, value func(env *Env) []byte) *Function {
		return &Function{Name: name, Result: t, Impure: true, Call: func(env *Env, _ [][]byte) ([]byte, error) { return value(env), nil }}
	}
	timeUUID := func(env *Env) []byte {
		ids := env.TimeUUIDs
		if ids == nil {
			ids = &sharedTimeUUIDs
		}
		return ids.Next(env.Now)
	}
	out = append(out, current("now", types.TimeUUID, timeUUID))
	both(current("current_timeuuid", types.TimeUUID, timeUUID))
	both(current("current_timestamp", types.Timestamp, func(env *Env) []byte { return types.EncodeBigint(env.Now.UnixMilli()) }))
	both(current("current_date", types.Date, func(env *Env) []byte { return types.DateFromMillis(env.Now.UnixMilli()) }))
	both(current("current_time", types.Time, func(env *Env) []byte {
		now := env.Now.UTC()
		return types.EncodeBigint(now.Sub(now.Truncate(24 * time.Hour)).Nanoseconds())
	}))

	convert := func(name string, to, from *types.Type, f func(millis int64) []byte) {
		both(scalar(name, to, func(args [][]byte) ([]byte, error) { return f(millisOf(from, args[0])), nil }, from))
	}
	convert("min_timeuuid", types.TimeUUID, types.Timestamp, minTimeUUID)
	convert("max_timeuuid", types.TimeUUID, types.Timestamp, maxTimeUUID)
	for _, from := range []*types.Type{types.TimeUUID, types.Timestamp} {
		convert("to_date", types.Date, from, types.DateFromMillis)
	}
	for _, from := range []*types.Type{types.TimeUUID, types.Date} {
		convert("to_timestamp", types.Timestamp, from, types.EncodeBigint)
	}
	for _, from := range []*types.Type{types.TimeUUID, types.Timestamp, types.Date} {
		convert("to_unix_timestamp", types.Bigint, from, types.EncodeBigint)
	}
	return append(out, floorFunctions()...)
}

// millisOf returns a point in time in milliseconds since 1970.
func millisOf(t *types.Type, b []byte) int64 {
	switch t.Kind {
	case types.KindTimeUUID:
		return TimeUUIDMillis(b)
	case types.KindDate:
		return types.DecodeDate(b) * millisPerDay
	}
	return types.DecodeInteger(b)
}

const millisPerDay = 24 * 60 * 60 * 1000

func floorFunctions() []*Function {
	var out []*Function
	for _, from := range []*types.Type{types.Timestamp, types.TimeUUID, types.Date} {
		to := types.Timestamp
		if from == types.Date {
			to = types.Date
		}
		call := func(args [][]byte) ([]byte, error) {
			d := types.DecodeDuration(args[1])
			var start int64
			if len(args) == 3 {
				start = millisOf(to, args[2])
			}
			if from == types.Date && d.Nanos != 0 {
				return nil, types.Invalidf("The floor on date values cannot be computed for the %s duration as precision is below 1 day", d)
			}
			if d.Nanos%int64(time.Millisecond) != 0 {
				return nil, types.Invalidf("The floor cannot be computed for the %s duration as precision is below 1 millisecond", d)
			}
			floor, err := floorTimestamp(millisOf(from, args[0]), d, start)
			if err != nil {
				return nil, err
			}
			if to == types.Date {
				return types.DateFromMillis(floor), nil
			}
			return types.EncodeBigint(floor), nil
		}
		out = append(out, scalar("floor", to, call, from, types.Duration), scalar("floor", to, call, from, types.Duration, to))
	}
	return append(out, scalar("floor", types.Time, func(args [][]byte) ([]byte, error) {
		t, d := types.DecodeInteger(args[0]), types.DecodeDuration(args[1])
		if d.IsNegative() {
			return nil, types.Invalidf("Negative durations are not supported by the floor function")
		}
		if d.Months != 0 || d.Days != 0 || d.Nanos > int64(24*time.Hour) {
			return nil, types.Invalidf("For time values, the floor can only be computed for durations smaller that a day")
		}
		if d.Nanos != 0 {
			t -= t % d.Nanos
		}
		return types.EncodeBigint(t), nil
	}, types.Time, types.Duration))
}

// floorTimestamp returns the last of start, start+d, start+2d, … that is not
// after t.
func floorTimestamp(t int64, d types.Span, start int64) (int64, error) {
	if start > t {
		return 0, types.Invalidf("The floor function starting time is greater than the provided time")
	}
	if d.IsNegative() {
		return 0, types.Invalidf("Negative durations are not supported by the floor function")
	}
	step := int64(d.Days)*millisPerDay + d.Nanos/int64(time.Millisecond)
	if d.Months == 0 {
		if step == 0 {
			return t, nil
		}
		return t - (t-start)%step, nil
	}
	from, to := time.UnixMilli(start).UTC(), time.UnixMilli(t).UTC()
	months := int64(to.Year()-from.Year())*12 + int64(to.Month()-from.Month())
	n := months / int64(d.Months)
	floor := func() int64 {
		return types.Span{Months: int32(min(n*int64(d.Months), math.MaxInt32))}.AddTo(start) + n*step
	}
	if step == 0 {
		return floor(), nil
	}
	for n > 0 && floor() > t {
		// Each step covers the days too; jump close, then walk.
		n -= max(1, (floor()-t)/(int64(d.Months)*31*millisPerDay+step))
	}
	return max(start, floor()), nil
}
