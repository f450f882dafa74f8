package scratch

import "golang.org/x/sys/windows"

// freeSpace is how many bytes this user can write to the volume of a folder.
func freeSpace(dir string) (bytes uint64, err error) {
	name, err := windows.UTF16PtrFromString(dir)
	if err != nil {
		return 0, err
	}
	err = windows.GetDiskFreeSpaceEx(name, &bytes, nil, nil)
	return bytes, err
}
