package store

import "golang.org/x/sys/windows"

// roomIn is what this user may still write to the volume of a folder.
func roomIn(dir string) (bytes uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err
}
