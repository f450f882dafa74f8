package plugin

// closeUmask does nothing: Windows has none, and the plugin makes no socket file there.
func closeUmask() (restore func()) { return func() {} }
