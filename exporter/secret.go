package exporter

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
)

// Redacted stands where a text held a secret.
const Redacted = "(sensitive)"

// Secret is a string that no formatting verb, JSON encoder or logger prints.
// Only [Secret.Reveal] gives the value, so every use can be found by its name.
type Secret struct{ value string }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value: value} }

// Reveal returns the wrapped value. Pass it on to what needs it and nowhere else.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether the secret is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// String hides the value.
func (s Secret) String() string { return Redacted }

// Format hides the value from every verb, %#v and %x included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// MarshalJSON hides the value.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(Redacted) }

// LogValue hides the value.
func (s Secret) LogValue() slog.Value { return slog.StringValue(Redacted) }
