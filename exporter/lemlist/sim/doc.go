// Package sim is a simulated lemlist API: a made-up team whose inbox is served
// over real HTTP on loopback. Tests, `lemexport sim` and `simulate {}` in a
// configuration use it. It imports nothing of ours, so that it cannot share a
// mistake with what it tests.
//
// The zero Options are the behaviour lemlist documents; every point the
// documents leave open is a switch. The same Options give the same bytes: the
// rows come from a seed, their times from a clock that starts at Epoch and only
// moves with reads and movements, or from Options.Clock. Nothing served is real: names are made up,
// addresses end in example.com, the team's name says it is simulated and every
// answer carries HeaderSimulated.
//
// Teams are several such teams behind one address, told apart by their keys.
//
// The package is built in three layers. The world (world.go, view.go, list.go,
// drift.go) holds who stands where in which list, and how its clocks (stamp.go),
// replicas and caches disturb that; the content (generate.go, fixture.go)
// says what a row looks like; the server (server.go and the rest) speaks HTTP,
// limits, fails on demand and watches its caller.
package sim
