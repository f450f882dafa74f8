package config

import (
	"fmt"
	"slices"
	"strings"

	"github.com/zclconf/go-cty/cty"
)

// secretPlace is where one kind of secret belongs.
type secretPlace struct {
	// block and attributes are its only places.
	block      string
	attributes []string
	// summary and name are for people.
	summary, name string
	// variable is the one that the documentation uses for it.
	variable string
}

func secretPlaces() []secretPlace {
	return []secretPlace{
		{"source", []string{"api_key"}, "API key outside api_key", "the API key", keyVariable},
		{columnsName, []string{"hash_key"}, "Hash key outside hash_key", "the hash key", "LEMEXPORT_HASH_KEY"},
		{heartbeatName, []string{onSuccessName, onFailureName}, "Heartbeat URL outside heartbeat", "the URL of the heartbeat", heartbeatVariable},
	}
}

func (s secretPlace) is(parent *block, a *attribute) bool {
	return parent.kind == s.block && slices.Contains(s.attributes, a.name)
}

// check reports a secret where it does not belong: every other value is
// printed, logged and stored. It goes by the variable that a value came from,
// and by the text itself.
func (s secretPlace) check(r *report, blocks []*block) {
	origins := map[origin]bool{{kind: ofEnv, name: s.variable}: true}
	var keys []string
	each(blocks, func(parent *block, a *attribute) {
		if !s.is(parent, a) || a.failed {
			return
		}
		for one := range a.origins() {
			origins[one] = true
		}
		if value := a.bare(); !value.IsNull() && value.Type() == cty.String && value.AsString() != "" {
			keys = append(keys, value.AsString())
			r.secret(value.AsString())
		}
	})
	each(blocks, func(parent *block, a *attribute) {
		if s.is(parent, a) || a.failed || !holdsKey(a, origins, keys) {
			return
		}
		r.hide(a.at)
		r.fail(a.at, a.address, s.summary,
			fmt.Sprintf("The value of %s contains %s, which must not be used anywhere else. Use another variable or text here.", a.name, s.name))
		a.failed = true
	})
}

// shortestPart is the length from which a key is searched for inside other values. A shorter
// one may be a part of a word.
const shortestPart = 8

// holdsKey reports whether a value comes from one of the origins, is one of the keys, or
// contains one.
func holdsKey(a *attribute, origins map[origin]bool, keys []string) bool {
	for one := range a.origins() {
		if origins[one] {
			return true
		}
	}
	found := false
	_ = cty.Walk(a.bare(), func(_ cty.Path, value cty.Value) (bool, error) {
		if value.Type() == cty.String && value.IsKnown() && !value.IsNull() {
			for _, key := range keys {
				found = found || value.AsString() == key || len(key) >= shortestPart && strings.Contains(value.AsString(), key)
			}
		}
		return true, nil
	})
	return found
}
