package folder

import (
	"iter"
	"strings"

	"golang.org/x/sys/unix"
)

// appearances yields the name of every file that is made or changed in a folder.
func appearances(dir string) (iter.Seq[string], error) {
	events, err := unix.InotifyInit1(unix.IN_CLOEXEC)
	if err != nil {
		return nil, err
	}
	if _, err := unix.InotifyAddWatch(events, dir, unix.IN_CREATE|unix.IN_MOVED_TO|unix.IN_ATTRIB); err != nil {
		return nil, err
	}
	return func(yield func(string) bool) {
		buffer := make([]byte, 64<<10)
		for {
			n, err := unix.Read(events, buffer)
			if err != nil {
				return
			}
			for rest := buffer[:n]; len(rest) >= unix.SizeofInotifyEvent; {
				length := int(rest[12]) | int(rest[13])<<8
				name := string(rest[unix.SizeofInotifyEvent : unix.SizeofInotifyEvent+length])
				rest = rest[unix.SizeofInotifyEvent+length:]
				if !yield(strings.TrimRight(name, "\x00")) {
					return
				}
			}
		}
	}, nil
}
