package folder

// mayWrite knows nothing: only an attempt tells, and a plan changes nothing.
func mayWrite(string) error { return nil }
